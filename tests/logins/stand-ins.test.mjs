// Servers that stand in for a real issuer during development.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OAuth2Server } from 'oauth2-mock-server'
import { ask, check, serve } from './lkt.mjs'

test('oauth2-mock-server: RS256, ES512 and EdDSA, and its unsigned kind of claims', async () => {
  const provider = new OAuth2Server()
  for (const algorithm of ['RS256', 'ES512', 'EdDSA']) await provider.issuer.keys.generate(algorithm)
  await provider.start(0, '127.0.0.1')
  const { url } = provider.issuer
  const flags = ['--auth-audience', 'lkt', '--auth-claim', 'scope=call']
  const server = await serve('--auth-issuer', url, ...flags)
  // Its keys take turns.
  for (let turn = 0; turn < 3; turn += 1) {
    const token = await provider.issuer.buildToken({
      scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: 'ada', aud: 'lkt', scope: 'openid call' }),
    })
    const good = await ask(server, token)
    assert.equal(good.claims?.sub, 'ada', good.error)
    assert.equal((await check(url, token, ...flags)).exit, 0)
  }
  const other = await provider.issuer.buildToken({
    scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: 'ada', aud: 'lkt', scope: 'recall' }),
  })
  assert.equal((await ask(server, other)).code, 'claim_denied')
  server.stop()
  await provider.stop()
})

const freePort = () => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})

/** Calls Cognito's API as the AWS SDKs do. */
async function cognito(url, action, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${action}`,
    },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

async function answering(url) {
  for (;;) {
    const up = await fetch(url).then(() => true, () => false)
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('cognito-local: its access token and its ID token', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cognito-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  const main = createRequire(import.meta.url).resolve('cognito-local/lib/bin/start.js')
  const provider = spawn(process.execPath, [main], { cwd: directory, env: { ...process.env, PORT: port }, stdio: 'ignore' })
  try {
    await answering(url)
    const { UserPool: { Id: pool } } = await cognito(url, 'CreateUserPool', { PoolName: 'people' })
    const { UserPoolClient: { ClientId: client } } = await cognito(url, 'CreateUserPoolClient', {
      UserPoolId: pool, ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    })
    const person = { UserPoolId: pool, Username: 'ada@example.com' }
    await cognito(url, 'AdminCreateUser', {
      ...person, MessageAction: 'SUPPRESS', UserAttributes: [{ Name: 'email', Value: 'ada@example.com' }],
      DesiredDeliveryMediums: ['EMAIL'],
    })
    await cognito(url, 'AdminSetUserPassword', { ...person, Password: 'Correct-horse-1', Permanent: true })
    const { AuthenticationResult: tokens } = await cognito(url, 'InitiateAuth', {
      ClientId: client, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME: 'ada@example.com', PASSWORD: 'Correct-horse-1' },
    })
    // Its `iss` has its own default port, whichever it listens at, and its keys are the same for all pools.
    const { iss, sub } = JSON.parse(Buffer.from(tokens.AccessToken.split('.')[1], 'base64url'))
    const flags = ['--auth-issuer', iss, '--auth-jwks', `${url}/${pool}/.well-known/jwks.json`]
    for (const [token, own] of [
      [tokens.AccessToken, ['--auth-claim', `client_id=${client}`, '--auth-claim', 'token_use=access']],
      [tokens.IdToken, ['--auth-audience', client, '--auth-claim', 'token_use=id']],
    ]) {
      const server = await serve(...flags, ...own)
      const good = await ask(server, token)
      assert.equal(good.claims?.sub, sub, good.error)
      const other = token === tokens.IdToken ? tokens.AccessToken : tokens.IdToken
      assert.equal((await ask(server, other)).status, 401)
      server.stop()
    }
  } finally {
    provider.kill()
    rmSync(directory, { recursive: true, force: true })
  }
})
