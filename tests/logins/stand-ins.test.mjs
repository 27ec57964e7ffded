// Servers that stand in for a real issuer during development.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { OAuth2Server } from 'oauth2-mock-server'
import { logInToPool } from './cognito.mjs'
import { decoded } from './flow.mjs'
import { ask, check, serve } from './lkt.mjs'
import { freePort, start } from './program.mjs'
import { prove } from './prove.mjs'

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

test('cognito-local: its access token and its ID token', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cognito-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  const main = createRequire(import.meta.url).resolve('cognito-local/lib/bin/start.js')
  const provider = await start(process.execPath, [main], { cwd: directory, env: { ...process.env, PORT: port }, says: /running on/ })
  try {
    const { pool, client, access, id } = await logInToPool(url)
    // Its `iss` has its own default port, whichever it listens at, and its keys are the same for all pools.
    const { iss, sub } = decoded(access).claims
    const flags = ['--auth-issuer', iss, '--auth-jwks', `${url}/${pool}/.well-known/jwks.json`]
    await prove([...flags, '--auth-claim', `client_id=${client}`, '--auth-claim', 'token_use=access'], {
      taken: { access: [access, sub] }, refused: { id: [id, 'claim_denied'] },
    })
    await prove([...flags, '--auth-audience', client, '--auth-claim', 'token_use=id'], {
      taken: { id: [id, sub] }, refused: { access: [access, 'wrong_audience'] },
    })
  } finally {
    await provider.stop()
    rmSync(directory, { recursive: true, force: true })
  }
})
