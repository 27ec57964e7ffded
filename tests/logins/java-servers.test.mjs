// Providers in Java. SPRING_JARS and NAV_JARS are folders with their jars; without one, its test is skipped.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decoded, endpoints, logIn } from './flow.mjs'
import { answering, freePort, start } from './program.mjs'
import { prove, proveProposed } from './prove.mjs'

const { SPRING_JARS: spring, NAV_JARS: nav } = process.env
const options = (jars) => ({ skip: jars ? false : 'no jars', timeout: 120_000 })

async function granted(url, body, headers = {}) {
  const response = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(body) })
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

test('Spring Authorization Server: of a person, of a client, and by another host', options(spring), async () => {
  const sources = 'servers/java'
  const { url, stop } = await start('java', ['-cp', `${spring}/*`, `${sources}/Spring.java`, `--spring.config.location=file:${sources}/spring.properties`])
  try {
    const basic = { authorization: `Basic ${btoa('app:secret')}` }
    const { access_token: machine } = await granted(`${url}/oauth2/token`, { grant_type: 'client_credentials', scope: 'call' }, basic)
    const { access_token: access, id_token: id } = await logIn({
      ...await endpoints(url), client: 'app', secret: 'secret', scope: 'openid call',
      login: (browser, page) => browser.submit(page, { username: 'ada', password: 'secret' }),
    })
    const issuer = ['--auth-issuer', url]
    // Its access tokens are for the client, so the scope tells them from ID tokens.
    await prove([...issuer, '--auth-audience', 'app', '--auth-claim', 'scope=call'], {
      taken: { person: [access, 'ada'], machine: [machine, 'app'] }, refused: { id: [id, 'claim_denied'] },
    })
    await proveProposed(access, issuer, ['--auth-audience app'])
    // Without a configured issuer, `iss` is the host of the request.
    const elsewhere = url.replace('127.0.0.1', 'localhost')
    const { access_token: other } = await granted(`${elsewhere}/oauth2/token`, { grant_type: 'client_credentials', scope: 'call' }, basic)
    assert.equal(decoded(other).claims.iss, elsewhere)
    await prove([...issuer, '--auth-audience', 'app'], { refused: { other: [other, 'wrong_issuer'] } })
  } finally {
    await stop()
  }
})

test("NAV's mock-oauth2-server: any client, any person", options(nav), async () => {
  const port = await freePort()
  const server = await start('java', ['-cp', `${nav}/*`, 'no.nav.security.mock.oauth2.StandaloneMockOAuth2ServerKt'], {
    env: { ...process.env, SERVER_PORT: port }, says: /SLF4J|started/,
  })
  try {
    const url = `http://localhost:${port}/default`
    await answering(`http://localhost:${port}/isalive`)
    const person = { grant_type: 'password', client_id: 'app', client_secret: 's', username: 'ada', password: 'any' }
    const { access_token: access, id_token: id } = await granted(`${url}/token`, { ...person, scope: 'openid call' })
    const { access_token: bare } = await granted(`${url}/token`, { grant_type: 'client_credentials', client_id: 'app', client_secret: 's' })
    await prove(['--auth-issuer', url, '--auth-audience', 'call'], {
      taken: { access: [access, 'ada'] }, refused: { id: [id, 'wrong_audience'] },
    })
    await prove(['--auth-issuer', url, '--auth-audience', 'default'], {
      taken: { bare: [bare, 'app'] }, refused: { access: [access, 'wrong_audience'] },
    })
  } finally {
    await server.stop()
  }
})
