// Keycloak: access tokens of a user with a role, and the rotation of its keys.
// KEYCLOAK is the folder that it was unpacked into; without it, the test is skipped.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { ask, check, serve } from './lkt.mjs'

const home = process.env.KEYCLOAK
const options = { skip: home ? false : 'no Keycloak' }
let keycloak, url, realm

async function start() {
  keycloak = spawn(`${home}/bin/kc.sh`, ['start-dev', '--http-port=0', '--http-host=0.0.0.0'], {
    env: { ...process.env, KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: 'admin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: keycloak.stdout })) {
    const found = line.match(/Listening on: http:\/\/\S+:(\d+)/)
    if (found) return `http://127.0.0.1:${found[1]}`
  }
  throw new Error('Keycloak did not start')
}

async function login(realm, client_id, username, password) {
  const response = await fetch(`${url}/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', client_id, username, password, scope: 'openid' }),
  })
  const { access_token: token, error_description: error } = await response.json()
  assert.ok(token, error)
  return token
}

async function asAdmin(method, path, body) {
  const token = await login('master', 'admin-cli', 'admin', 'admin')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(`${url}/admin/realms${path}`, { method, headers, body: body && JSON.stringify(body) })
}

async function admin(path, body) {
  const response = await asAdmin(body ? 'POST' : 'GET', path, body)
  assert.ok(response.ok, await response.clone().text())
  return body ? undefined : response.json()
}

before(async () => {
  if (!home) return
  url = await start()
  keycloak.stdout.resume()
  const user = (username, realmRoles) => ({
    username, realmRoles, enabled: true, emailVerified: true, email: `${username}@example.com`, firstName: 'A', lastName: 'B',
    credentials: [{ type: 'password', value: 'secret' }],
  })
  // Of a run before this one.
  await asAdmin('DELETE', '/calls')
  const client = { clientId: 'app', publicClient: true, directAccessGrantsEnabled: true }
  await admin('', {
    realm: 'calls', enabled: true, sslRequired: 'none',
    clients: [client, { ...client, clientId: 'other' }],
    roles: { realm: [{ name: 'host' }] },
    users: [user('ada', ['host']), user('bob', [])],
  })
  realm = `${url}/realms/calls`
})

after(async () => {
  if (!keycloak) return
  keycloak.kill()
  await once(keycloak, 'exit')
})

test('keycloak: roles, the client, and new keys', options, async () => {
  const server = await serve(
    '--auth-issuer', realm, '--auth-claim', 'azp=app', '--grant-when', 'realm_access.roles=host:roomAdmin',
  )
  const ada = await login('calls', 'app', 'ada', 'secret')
  const host = await ask(server, ada)
  assert.equal(host.claims?.video.roomAdmin, true, host.error)
  const users = await admin('/calls/users?username=ada')
  assert.equal(host.claims.sub, users[0].id)
  const guest = await ask(server, await login('calls', 'app', 'bob', 'secret'))
  assert.equal(guest.claims?.video.roomAdmin, undefined, guest.error)
  const other = await ask(server, await login('calls', 'other', 'ada', 'secret'))
  assert.deepEqual([other.status, other.code], [401, 'claim_denied'])
  const master = await ask(server, await login('master', 'admin-cli', 'admin', 'admin'))
  assert.deepEqual([master.status, master.code], [401, 'wrong_issuer'])

  const found = await check(realm, ada, '--auth-claim', 'azp=app')
  assert.deepEqual([found.exit, found.keys.length, found.unused.length], [0, 1, 1])

  const { id } = await admin('/calls')
  await admin('/calls/components', {
    name: 'newer', providerId: 'rsa-generated', providerType: 'org.keycloak.keys.KeyProvider', parentId: id,
    config: { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'], keySize: ['2048'] },
  })
  const newer = await login('calls', 'app', 'ada', 'secret')
  // The first fetch was less than 30 seconds ago; until then, the new key is unknown.
  const deadline = Date.now() + 45_000
  let answer = await ask(server, newer)
  while (answer.code === 'unknown_key' && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    answer = await ask(server, newer)
  }
  assert.equal(answer.status, 201, answer.error)
  assert.equal((await ask(server, ada)).status, 201)
  server.stop()
})

// As in docs/logins.md: in a compose file, tokens have the public issuer, and lkt fetches the keys inside.
test('keycloak: the public issuer, and the keys by the name of another host', options, async () => {
  await asAdmin('DELETE', '/compose')
  await admin('', {
    realm: 'compose', enabled: true, sslRequired: 'none', attributes: { frontendUrl: 'https://id.example.com' },
    clients: [{ clientId: 'my-client', publicClient: true, directAccessGrantsEnabled: true }],
    users: [{
      username: 'ada', enabled: true, emailVerified: true, email: 'ada@example.com', firstName: 'A', lastName: 'B',
      credentials: [{ type: 'password', value: 'secret' }],
    }],
  })
  const inside = url.replace('127.0.0.1', hostname())
  const flags = [
    '--auth-issuer', 'https://id.example.com/realms/compose', '--auth-jwks', `${inside}/realms/compose/protocol/openid-connect/certs`,
    '--auth-claim', 'azp=my-client',
  ]
  await assert.rejects(serve(...flags), /--allow-http/)
  const server = await serve(...flags, '--allow-http', hostname())
  const { status, error } = await ask(server, await login('compose', 'my-client', 'ada', 'secret'))
  assert.equal(status, 201, error)
  server.stop()
})
