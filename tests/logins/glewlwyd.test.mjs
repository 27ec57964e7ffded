// Glewlwyd, a provider in C that Debian has: access tokens of RFC 9068, signed with ES512 by GnuTLS.
// GLEWLWYD is the program; without it, the test is skipped.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Browser, CALLBACK, decoded, logIn } from './flow.mjs'
import { freePort, start } from './program.mjs'
import { prove, proveProposed } from './prove.mjs'

const program = process.env.GLEWLWYD
const options = { skip: program ? false : 'no Glewlwyd', timeout: 60_000 }

/** The configuration of Debian's package, with a database of its own. */
function configure(directory, port) {
  const script = readFileSync('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3')
  execFileSync('sqlite3', [join(directory, 'db')], { input: script })
  const file = join(directory, 'glewlwyd.conf')
  const packaged = readFileSync('/etc/glewlwyd/glewlwyd.conf', 'utf8')
  writeFileSync(file, packaged
    .replace(/^port=.*/m, `port=${port}\nbind_address="127.0.0.1"`)
    .replace(/^external_url=.*/m, `external_url="http://localhost:${port}/"`)
    .replace(/^log_mode=.*/m, 'log_mode="console"')
    .replace(/^@include.*/m, `database = { type = "sqlite3"; path = "${directory}/db"; };`))
  return file
}

/** A session with Glewlwyd's API. */
async function session(url, username, password) {
  const browser = new Browser()
  const call = async (method, path, body) => {
    const answer = await browser.go(`${url}/api/${path}`, {
      method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    })
    assert.equal(answer.status, 200, `${path}: ${answer.text}`)
  }
  await call('POST', 'auth/', { username, password })
  return { browser, call }
}

async function setUp(url) {
  const { call } = await session(url, 'admin', 'password')
  const key = (namedCurve, alg) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve })
    return { ...privateKey.export({ format: 'jwk' }), kid: alg, alg }
  }
  await call('POST', 'mod/plugin/', {
    module: 'oidc', name: 'oidc', display_name: 'oidc',
    parameters: {
      iss: `${url}/api/oidc`, 'jwks-private': JSON.stringify({ keys: [key('P-521', 'ES512'), key('P-256', 'ES256')] }),
      'jwks-show': true, 'access-token-duration': 3600, 'refresh-token-duration': 3600, 'code-duration': 600,
      'auth-type-code-enabled': true, 'auth-type-client-enabled': true, 'pkce-allowed': true, 'subject-type': 'public',
    },
  })
  await call('POST', 'scope/', { name: 'call', display_name: 'call', password_required: true, scheme: {} })
  const person = { username: 'ada', password: 'correct horse', name: 'Ada', email: 'ada@example.com' }
  await call('POST', 'user/', { ...person, enabled: true, scope: ['openid', 'call'] })
  await call('POST', 'client/', {
    client_id: 'app', client_secret: 'secret', confidential: true, enabled: true, scope: ['call'],
    redirect_uri: [CALLBACK], authorization_type: ['code', 'client_credentials'], token_endpoint_auth_method: ['client_secret_basic'],
  })
}

test('glewlwyd: access and ID tokens with ES512', options, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'glewlwyd-'))
  const port = await freePort()
  const glewlwyd = await start(program, ['--config-file', configure(directory, port)], { says: /Glewlwyd started/ })
  try {
    const url = `http://localhost:${port}`
    await setUp(url)
    const { browser, call } = await session(url, 'ada', 'correct horse')
    await call('PUT', 'auth/grant/app/', { scope: 'openid call' })
    const { access_token: access, id_token: id } = await logIn({
      authorize: `${url}/api/oidc/auth`, token: `${url}/api/oidc/token`, client: 'app', secret: 'secret', scope: 'openid call',
      g_continue: '', login: (_browser, page) => page,
    }, browser)
    const { header, claims: { sub } } = decoded(access)
    assert.deepEqual([header.alg, header.typ], ['ES512', 'at+jwt'])
    const issuer = ['--auth-issuer', `${url}/api/oidc`]
    await prove([...issuer, '--auth-claim', 'client_id=app', '--auth-claim', 'scope=call'], {
      taken: { access: [access, sub] }, refused: { id: [id, 'claim_denied'] },
    })
    await prove([...issuer, '--auth-audience', 'app'], { taken: { id: [id, sub] }, refused: { access: [access, 'wrong_audience'] } })
    // The audience is what the person has granted, as one text.
    await proveProposed(access, issuer, ["--auth-audience 'openid call'", '--auth-claim client_id=app'])
  } finally {
    await glewlwyd.stop()
    rmSync(directory, { recursive: true })
  }
})
