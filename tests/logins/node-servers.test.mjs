// Providers and backends in Node that run in this process.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { test } from 'node:test'
import { AuthenticationService, JWTStrategy } from '@feathersjs/authentication'
import { LocalStrategy, hooks } from '@feathersjs/authentication-local'
import { feathers } from '@feathersjs/feathers'
import { bodyParser, errorHandler, koa, rest } from '@feathersjs/koa'
import { memory } from '@feathersjs/memory'
import { getRequestListener } from '@hono/node-server'
import { AuthorizationServer, DateInterval } from '@jmondi/oauth2-server'
import { issuer } from '@openauthjs/openauth'
import { MemoryStorage } from '@openauthjs/openauth/storage/memory'
import { createSubjects } from '@openauthjs/openauth/subject'
import { object, string } from 'valibot'
import { CALLBACK, decoded, logIn } from './flow.mjs'
import { ask, serve } from './lkt.mjs'
import { prove, proveProposed, withFile } from './prove.mjs'
import { listen } from './provider.mjs'

const SECRET = 'a-secret-of-at-least-thirty-two-bytes'

test('OpenAuth: found by RFC 8414 metadata, and what is under `properties`', async () => {
  const provider = await listen(() => getRequestListener(issuer({
    storage: MemoryStorage(),
    subjects: createSubjects({ user: object({ email: string(), org: string() }) }),
    providers: {
      // In place of GitHub, Google or a password.
      own: { type: 'own', init: (routes, context) => routes.get('/authorize', (request) => context.success(request, { email: 'ada@example.com' })) },
    },
    allow: async ({ clientID, redirectURI }) => clientID === 'app' && redirectURI === CALLBACK,
    success: (context, { email }) => context.subject('user', { email, org: 'acme' }),
  }).fetch))
  try {
    const { access_token: token } = await logIn({
      authorize: `${provider.url}/authorize`, token: `${provider.url}/token`, client: 'app', scope: '', login: (_browser, page) => page,
    })
    const flags = ['--auth-issuer', provider.url, '--auth-audience', 'app', '--auth-claim', 'mode=access']
    // Without a `subject` of the app, the person is a digest of all properties.
    const digest = createHash('sha1').update(JSON.stringify({ email: 'ada@example.com', org: 'acme' })).digest('hex')
    await prove(flags, { taken: { access: [token, `user:${digest.slice(0, 16)}`] } })
    await prove([...flags, '--auth-user-claim', 'properties.email'], { taken: { access: [token, 'ada@example.com'] } })
    await proveProposed(token, ['--auth-issuer', provider.url], ['--auth-audience app'])
    const server = await serve(...flags, '--allow-room', '{claim.properties.org}/*')
    assert.equal((await ask(server, token, { room_name: 'acme/standup' })).status, 201)
    assert.equal((await ask(server, token, { room_name: 'other/standup' })).status, 403)
    server.stop()
  } finally {
    provider.stop()
  }
})

test('Feathers: its access token, whose `typ` is `access`', async () => {
  const app = koa(feathers())
  app.set('authentication', {
    secret: SECRET, entity: 'user', service: 'users', authStrategies: ['jwt', 'local'],
    local: { usernameField: 'email', passwordField: 'password' },
  })
  app.use(errorHandler())
  app.use(bodyParser())
  app.configure(rest())
  app.use('users', memory())
  app.service('users').hooks({ before: { create: [hooks.hashPassword('password')] } })
  const authentication = new AuthenticationService(app)
  authentication.register('jwt', new JWTStrategy())
  authentication.register('local', new LocalStrategy())
  app.use('authentication', authentication)
  const http = await app.listen(0, '127.0.0.1')
  if (!http.listening) await once(http, 'listening')
  try {
    const person = { email: 'ada@example.com', password: 'secret' }
    const { id } = await app.service('users').create(person)
    const response = await fetch(`http://127.0.0.1:${http.address().port}/authentication`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ strategy: 'local', ...person }),
    })
    const { accessToken: token } = await response.json()
    assert.equal(decoded(token).header.typ, 'access')
    await withFile(SECRET, (secret) => prove(
      ['--auth-issuer', 'feathers', '--auth-audience', 'https://yourdomain.com', '--auth-secret-file', secret],
      { taken: { access: [token, String(id)] } },
    ))
  } finally {
    http.close()
  }
})

test('@jmondi/oauth2-server: tokens without `iss` and `aud`', async () => {
  const client = { id: 'app', name: 'The app', secret: 's', redirectUris: [], allowedGrants: ['client_credentials', 'password'], scopes: [] }
  const server = new AuthorizationServer(
    { getByIdentifier: async () => client, isClientValid: async () => true },
    {
      issueToken: async (_client, scopes, user) => ({ accessToken: 'id', accessTokenExpiresAt: new Date(), client, user, scopes }),
      persist: async () => {},
      issueRefreshToken: async (token) => token,
    },
    { getAllByIdentifiers: async (names) => names.map((name) => ({ name })), finalize: async (scopes) => scopes },
    SECRET,
  )
  server.enableGrantType('client_credentials', new DateInterval('1h'))
  server.enableGrantType({ grant: 'password', userRepository: { getUserByCredentials: async () => ({ id: 'ada' }) } }, new DateInterval('1h'))
  const token = async (body) => {
    const answer = await server.respondToAccessTokenRequest({ headers: {}, query: {}, body: { client_id: 'app', client_secret: 's', ...body } })
    return answer.body.access_token
  }
  const person = await token({ grant_type: 'password', username: 'ada', password: 'secret', scope: 'call read' })
  const other = await token({ grant_type: 'password', username: 'ada', password: 'secret', scope: 'read' })
  const machine = await token({ grant_type: 'client_credentials', scope: 'call' })
  await withFile(SECRET, (secret) => prove(
    ['--auth-no-issuer', '--auth-secret-file', secret, '--auth-claim', 'cid=app', '--auth-claim', 'scope=call'],
    { taken: { person: [person, 'ada'] }, refused: { other: [other, 'claim_denied'], machine: [machine, 'claim_denied'] } },
  ))
})
