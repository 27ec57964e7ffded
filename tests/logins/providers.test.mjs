// Real providers: they issue the tokens, lkt finds their keys and verifies.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { jwt } from 'better-auth/plugins'
import { toNodeHandler } from 'better-auth/node'
import { ask, check, serve } from './lkt.mjs'
import { AUDIENCE, listen, startProvider } from './provider.mjs'

test('oidc-provider: an access token for a resource', async () => {
  const provider = await startProvider({
    client_id: 'app', client_secret: 's', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
  })
  const response = await fetch(`${provider.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'app', client_secret: 's', resource: AUDIENCE }),
  })
  const { access_token: token } = await response.json()
  const server = await serve('--auth-issuer', provider.url, '--auth-audience', AUDIENCE)
  const good = await ask(server, token)
  assert.equal(good.claims?.sub, 'app', good.error)
  assert.equal((await ask(server)).code, 'unauthorized')
  const other = await ask(server, token, { participant_identity: 'someone-else' })
  assert.deepEqual([other.status, other.code], [403, 'field_denied'])
  assert.equal((await check(provider.url, token, '--auth-audience', AUDIENCE)).exit, 0)
  server.stop()
  provider.stop()
})

test('better-auth: its EdDSA token, from sign-up to a LiveKit token', async () => {
  const provider = await listen((url) => {
    const database = memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] })
    const auth = betterAuth({
      baseURL: url,
      secret: 'a-secret-of-at-least-thirty-two-bytes',
      database,
      emailAndPassword: { enabled: true },
      plugins: [jwt()],
    })
    return toNodeHandler(auth)
  })
  const headers = { 'content-type': 'application/json', origin: provider.url }
  const person = { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' }
  const signUp = await fetch(`${provider.url}/api/auth/sign-up/email`, { method: 'POST', headers, body: JSON.stringify(person) })
  const cookie = signUp.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ')
  const { token } = await (await fetch(`${provider.url}/api/auth/token`, { headers: { ...headers, cookie } })).json()
  const { user } = await signUp.json()
  const server = await serve(
    '--auth-issuer', provider.url, '--auth-jwks', `${provider.url}/api/auth/jwks`, '--auth-audience', provider.url,
  )
  const good = await ask(server, token)
  assert.equal(good.claims?.sub, user.id, good.error)
  assert.equal(good.claims.name, 'Ada')
  server.stop()
  provider.stop()
})
