// Backends and providers in Python, each as its own server. SERVERS_PYTHON is a Python that has them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logInToPool } from './cognito.mjs'
import { decoded, logIn } from './flow.mjs'
import { start } from './program.mjs'
import { prove, proveProposed, withFile } from './prove.mjs'

const python = process.env.SERVERS_PYTHON
const options = { skip: python ? false : 'no servers in Python', timeout: 120_000 }
const SECRET = 'a-secret-of-at-least-thirty-two-bytes'

const server = (name) => start(python, [`servers/${name}.py`, SECRET])

const json = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function post(url, init) {
  const response = await fetch(url, init)
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

test('moto: access and ID tokens of its Cognito, whose issuer is the real one', options, async () => {
  const { url, stop } = await server('moto_server')
  try {
    const { pool, client, access, id } = await logInToPool(url)
    const { sub } = decoded(access).claims
    const issuer = ['--auth-issuer', `https://cognito-idp.eu-central-1.amazonaws.com/${pool}`, '--auth-jwks', `${url}/${pool}/.well-known/jwks.json`]
    await prove([...issuer, '--auth-claim', `client_id=${client}`, '--auth-claim', 'token_use=access'], {
      taken: { access: [access, sub] }, refused: { id: [id, 'claim_denied'] },
    })
    await prove([...issuer, '--auth-audience', client, '--auth-claim', 'token_use=id'], {
      taken: { id: [id, sub] }, refused: { access: [access, 'wrong_audience'] },
    })
    await proveProposed(access, issuer, [`--auth-claim client_id=${client}`])
  } finally {
    await stop()
  }
})

test('Django: simplejwt, and django-oauth-toolkit as an OpenID provider', options, async () => {
  const { url, stop } = await server('django_server')
  try {
    const { access, refresh } = await post(`${url}/api/token/`, json({ username: 'ada', password: 'secret' }))
    await withFile(SECRET, (secret) => prove(
      ['--auth-no-issuer', '--auth-secret-file', secret, '--auth-user-claim', 'user_id', '--auth-claim', 'token_type=access'],
      { taken: { access: [access, '1'] }, refused: { refresh: [refresh, 'claim_denied'] } },
    ))
    const login = (browser, page) => browser.submit(page, { username: 'ada', password: 'secret' })
    const tokens = await logIn({
      authorize: `${url}/o/authorize/`, token: `${url}/o/token/`, client: 'app', scope: 'openid email', login,
    })
    await prove(['--auth-issuer', `${url}/o`, '--auth-audience', 'app'], {
      taken: { id: [tokens.id_token, '1'] }, refused: { access: [tokens.access_token, 'unauthorized'] },
    })
  } finally {
    await stop()
  }
})

test('FastAPI: fastapi-users', options, async () => {
  const { url, stop } = await server('fastapi_server')
  try {
    const form = new URLSearchParams({ username: 'ada@example.com', password: 'secret' })
    const { access_token: token } = await post(`${url}/login`, { method: 'POST', body: form })
    const flags = (secret) => ['--auth-no-issuer', '--auth-secret-file', secret, '--auth-audience', 'fastapi-users:auth']
    const taken = { token: [token, decoded(token).claims.sub] }
    await withFile(SECRET, (secret) => prove(flags(secret), { taken }))
    await withFile(`${SECRET}!`, (secret) => prove(flags(secret), { refused: { token: [token, 'bad_signature'] } }))
  } finally {
    await stop()
  }
})

test('Flask: Flask-JWT-Extended', options, async () => {
  const { url, stop } = await server('flask_server')
  try {
    const { access_token: access, refresh_token: refresh } = await post(`${url}/login`, json({ username: 'ada' }))
    await withFile(SECRET, (secret) => prove(
      ['--auth-no-issuer', '--auth-secret-file', secret, '--auth-claim', 'type=access'],
      { taken: { access: [access, 'ada'] }, refused: { refresh: [refresh, 'claim_denied'] } },
    ))
  } finally {
    await stop()
  }
})
