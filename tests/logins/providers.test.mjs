// Real providers: they issue the tokens, lkt finds their keys and verifies.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { jwt } from 'better-auth/plugins'
import { toNodeHandler } from 'better-auth/node'
import { ask, check, serve } from './lkt.mjs'

// oidc-provider looks at it, and Node before 21 has none.
globalThis.navigator ??= { userAgent: 'Node.js' }
const { Provider } = await import('oidc-provider')

/** Listens on a free port, with what is made once the URL is known. */
async function listen(make) {
  const http = createServer((request, response) => handler(request, response))
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${http.address().port}`
  const handler = make(url)
  return { url, stop: () => http.close() }
}

test('oidc-provider: an access token for a resource', async () => {
  const audience = 'https://tokens.example.com'
  const provider = await listen((url) =>
    new Provider(url, {
      clients: [
        { client_id: 'app', client_secret: 's', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
      ],
      features: {
        clientCredentials: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => audience,
          getResourceServerInfo: () => ({ scope: 'call', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300 }),
        },
      },
      // Without a person, the client itself is the subject.
      formats: { customizers: { jwt: (_ctx, token, parts) => { parts.payload.sub ??= token.clientId } } },
    }).callback(),
  )
  const response = await fetch(`${provider.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'app', client_secret: 's', resource: audience }),
  })
  const { access_token: token } = await response.json()
  const server = await serve('--auth-issuer', provider.url, '--auth-audience', audience)
  const good = await ask(server, token)
  assert.equal(good.claims?.sub, 'app', good.error)
  assert.equal((await ask(server)).code, 'unauthorized')
  const other = await ask(server, token, { participant_identity: 'someone-else' })
  assert.deepEqual([other.status, other.code], [403, 'field_denied'])
  assert.equal((await check(provider.url, token, '--auth-audience', audience)).exit, 0)
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
