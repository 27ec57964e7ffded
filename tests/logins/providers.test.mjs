// Real providers: they issue the tokens, lkt finds their keys and verifies.

import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { jwt } from 'better-auth/plugins'
import { toNodeHandler } from 'better-auth/node'
import { Browser, CALLBACK, decoded, endpoints, logIn } from './flow.mjs'
import { ask, check, serve } from './lkt.mjs'
import { prove } from './prove.mjs'
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

test('oidc-provider: its logout token is no login, though it is for the same app and person', async () => {
  let received
  const logout = new Promise((resolve) => { received = resolve })
  const app = await listen(() => async (request, response) => {
    received(new URLSearchParams(await text(request)).get('logout_token'))
    response.end()
  })
  const provider = await startProvider({
    client_id: 'app', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', backchannel_logout_uri: `${app.url}/`,
  })
  try {
    const browser = new Browser()
    const login = async (_browser, page) => browser.submit(await browser.submit(page, { login: 'ada', password: 'secret' }), {})
    const { id_token: id } = await logIn({ ...await endpoints(provider.url), client: 'app', scope: 'openid', login }, browser)
    await browser.submit(await browser.go(`${provider.url}/session/end?id_token_hint=${id}`), { logout: 'yes' })
    const token = await logout
    assert.equal(decoded(token).header.typ, 'logout+jwt')
    await prove(['--auth-issuer', provider.url, '--auth-audience', 'app'], {
      taken: { id: [id, 'ada'] }, refused: { logout: [token, 'unauthorized'] },
    })
  } finally {
    provider.stop()
    app.stop()
  }
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
