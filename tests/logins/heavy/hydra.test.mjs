// Hydra, with access tokens that are JWTs. HYDRA is the program.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CALLBACK, endpoints, logIn } from '../flow.mjs'
import { ask, serve } from '../lkt.mjs'
import { answering, freePort, start } from '../program.mjs'
import { prove, proveProposed } from '../prove.mjs'

const program = process.env.HYDRA
const options = { skip: program ? false : 'no Hydra', timeout: 120_000 }

const configuration = (port, admin) => `
dsn: memory
serve:
  public: { port: ${port}, host: 127.0.0.1 }
  admin: { port: ${admin}, host: 127.0.0.1 }
urls:
  self: { issuer: 'http://127.0.0.1:${port}' }
  login: ${CALLBACK}/login
  consent: ${CALLBACK}/consent
strategies: { access_token: jwt }
secrets: { system: [a-secret-of-at-least-thirty-two-bytes] }
`

async function call(method, url, body) {
  const response = await fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const answer = await response.json()
  assert.ok(response.ok, JSON.stringify(answer))
  return answer
}

test('hydra: with the audience that was requested, and without', options, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hydra-'))
  const [port, admin] = [await freePort(), await freePort()]
  const [url, adminUrl] = [port, admin].map((port) => `http://127.0.0.1:${port}`)
  writeFileSync(join(directory, 'hydra.yml'), configuration(port, admin))
  const hydra = await start(program, ['serve', 'all', '--dev', '--config', join(directory, 'hydra.yml')], { says: /Setting up|Starting|Ory/ })
  try {
    await answering(`${adminUrl}/health/ready`)
    await call('POST', `${adminUrl}/admin/clients`, {
      client_id: 'app', client_secret: 'secret', scope: 'openid call', audience: ['lkt'], redirect_uris: [CALLBACK],
      grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
    })
    /** The app for logins and consent that everyone writes for Hydra. */
    const login = async (browser, page) => {
      const accept = async (step, challenge, body) => {
        const query = `${step}_challenge=${new URL(challenge).searchParams.get(`${step}_challenge`)}`
        return call('PUT', `${adminUrl}/admin/oauth2/auth/requests/${step}/accept?${query}`, body)
      }
      const { redirect_to: after } = await accept('login', page.url, { subject: 'ada' })
      const consent = await browser.go(after)
      const session = { access_token: { org: 'acme' } }
      const requested = new URL(consent.url).searchParams.get('consent_challenge')
      const { requested_access_token_audience: audience } = await call('GET', `${adminUrl}/admin/oauth2/auth/requests/consent?consent_challenge=${requested}`)
      const { redirect_to: end } = await accept('consent', consent.url, {
        grant_scope: ['openid', 'call'], grant_access_token_audience: audience, session,
      })
      return browser.go(end)
    }
    const app = { ...await endpoints(url), client: 'app', secret: 'secret', scope: 'openid call', login }
    const { access_token: bare, id_token: id } = await logIn(app)
    const { access_token: access } = await logIn({ ...app, audience: 'lkt' })
    const issuer = ['--auth-issuer', url]
    await prove([...issuer, '--auth-audience', 'lkt'], {
      taken: { access: [access, 'ada'] }, refused: { bare: [bare, 'wrong_audience'], id: [id, 'wrong_audience'] },
    })
    await prove([...issuer, '--auth-claim', 'client_id=app', '--auth-claim', 'scp=call'], {
      taken: { access: [access, 'ada'], bare: [bare, 'ada'] }, refused: { id: [id, 'claim_denied'] },
    })
    await proveProposed(bare, issuer, ['--auth-claim client_id=app'])
    const server = await serve(...issuer, '--auth-claim', 'client_id=app', '--allow-room', '{claim.ext.org}/*')
    assert.equal((await ask(server, bare, { room_name: 'acme/standup' })).status, 201)
    assert.equal((await ask(server, bare, { room_name: 'other/standup' })).status, 403)
    server.stop()
  } finally {
    await hydra.stop()
    rmSync(directory, { recursive: true })
  }
})
