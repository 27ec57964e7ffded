// Tokens by a second library: pyjwt.py makes them. PYTHON is one that has PyJWT and cryptography.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ask, serve } from './lkt.mjs'
import { listen } from './provider.mjs'

const { PYTHON } = process.env

test('PyJWT: every algorithm, and forgeries', { skip: PYTHON ? false : 'no PyJWT' }, async (t) => {
  let jwks
  const issuer = await listen((url) => (request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url === '/jwks' ? jwks : { issuer: url, jwks_uri: `${url}/jwks` }))
  })
  t.after(issuer.stop)
  const script = fileURLToPath(new URL('pyjwt.py', import.meta.url))
  const made = JSON.parse((await promisify(execFile)(PYTHON, [script, issuer.url, 'lkt'])).stdout)
  jwks = made.jwks
  const server = await serve('--auth-issuer', issuer.url, '--auth-audience', 'lkt')
  t.after(server.stop)
  for (const [name, token, expected] of made.tokens) {
    const { status, code, claims } = await ask(server, token)
    const found = expected ? [status, code] : [status, claims?.sub]
    assert.deepEqual(found, expected ? [401, expected] : [201, 'grace'], `${name}: ${code}`)
  }
})
