// Tokens made by jose, good and forged, for every algorithm.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as jose from 'jose'
import { ask, check, serve } from './lkt.mjs'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const keys = {}
let issuer, http, server

const sign = (alg, changes = {}, header = {}, key = keys[alg].privateKey) => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer, aud: 'lkt', sub: 'ada', iat: now, exp: now + 300, ...changes }
  return new jose.SignJWT(claims).setProtectedHeader({ alg, kid: alg, ...header }).sign(key)
}

before(async () => {
  for (const alg of ALGORITHMS) keys[alg] = await jose.generateKeyPair(alg, { extractable: true })
  const jwks = { keys: [] }
  for (const alg of ALGORITHMS) {
    jwks.keys.push({ ...(await jose.exportJWK(keys[alg].publicKey)), alg, use: 'sig', kid: alg })
  }
  http = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    const discovery = { issuer, jwks_uri: `${issuer}/jwks` }
    const text = JSON.stringify(request.url === '/jwks' ? jwks : discovery)
    // Compressed, as many a server does for those that accept it.
    const compresses = request.headers['accept-encoding']?.includes('gzip')
    if (compresses) response.setHeader('content-encoding', 'gzip')
    response.end(compresses ? gzipSync(text) : text)
  })
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${http.address().port}`
  server = await serve('--auth-issuer', issuer, '--auth-audience', 'lkt')
})

after(() => {
  server?.stop()
  http?.close()
})

for (const alg of ALGORITHMS) {
  test(`${alg}: good with and without kid, and refused when changed`, async () => {
    for (const header of [{}, { kid: undefined }]) {
      const good = await ask(server, await sign(alg, {}, header))
      assert.equal(good.claims?.sub, 'ada', good.error)
    }
    const token = await sign(alg)
    const [header, , signature] = token.split('.')
    const claims = { ...jose.decodeJwt(token), sub: 'root' }
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
    const forged = await ask(server, `${header}.${payload}.${signature}`)
    assert.deepEqual([forged.status, forged.code], [401, 'bad_signature'])
    const expired = await ask(server, await sign(alg, { exp: 1 }))
    assert.deepEqual([expired.status, expired.code], [401, 'token_expired'])
    const other = await ask(server, await sign(alg, { aud: 'other' }))
    assert.deepEqual([other.status, other.code], [401, 'wrong_audience'])
    const foreign = await ask(server, await sign(alg, { iss: `${issuer}/` }))
    assert.deepEqual([foreign.status, foreign.code], [401, 'wrong_issuer'])
  })
}

test('a key of one kid does not verify a token of another', async () => {
  for (const [alg, kid] of [['RS256', 'RS384'], ['PS256', 'RS256'], ['ES256', 'ES384'], ['ES512', 'ES384'], ['EdDSA', 'ES256']]) {
    const { status, code } = await ask(server, await sign(alg, {}, { kid }))
    assert.deepEqual([status, code], [401, 'bad_signature'], `${alg} under ${kid}`)
  }
})

test('a public key is no secret, in any of its encodings', async () => {
  const jwk = await jose.exportJWK(keys.RS256.publicKey)
  const spki = await jose.exportSPKI(keys.RS256.publicKey)
  for (const secret of [spki, spki.trim(), JSON.stringify(jwk), jwk.n, Buffer.from(jwk.n, 'base64url')]) {
    const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
    for (const alg of ['HS256', 'HS512']) {
      const { status, code } = await ask(server, await sign(alg, {}, { kid: 'RS256' }, key))
      assert.deepEqual([status, code], [401, 'bad_signature'])
    }
  }
})

test('keys in a token are not looked at', async () => {
  const own = await jose.generateKeyPair('ES256', { extractable: true })
  const jwk = await jose.exportJWK(own.publicKey)
  for (const [header, expected] of [
    [{ jwk, kid: undefined }, 'bad_signature'],
    [{ jku: `${issuer}/jwks`, kid: 'own' }, 'unknown_key'],
    [{ x5u: `${issuer}/jwks`, kid: 'ES256' }, 'bad_signature'],
  ]) {
    const { status, code } = await ask(server, await sign('ES256', {}, header, own.privateKey))
    assert.deepEqual([status, code], [401, expected])
  }
})

test('unsecured and encrypted tokens are refused', async () => {
  const none = new jose.UnsecuredJWT({ iss: issuer, aud: 'lkt', sub: 'ada' }).setExpirationTime('5m').encode()
  const encrypted = await new jose.EncryptJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setIssuer(issuer)
    .encrypt(new Uint8Array(32))
  for (const token of [none, encrypted]) {
    const { status, code } = await ask(server, token)
    assert.deepEqual([status, code], [401, 'unauthorized'])
  }
})

test('check lists the keys and verifies as serve does', async () => {
  const good = await check(issuer, await sign('ES256'), '--auth-audience', 'lkt')
  assert.equal(good.exit, 0)
  assert.deepEqual(good.keys.map((key) => key.kid), ALGORITHMS)
  const bad = await check(issuer, await sign('ES256', { aud: 'other' }), '--auth-audience', 'lkt')
  assert.deepEqual([bad.exit, bad.code], [1, 'wrong_audience'])
})
