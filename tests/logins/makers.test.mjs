// Tokens as the libraries make them that backends sign their logins with, in four languages. A program of
// each language prints a list of makers:
//   { name, flags, keys (a key set or PEM) or secret (base64:…) or both, identity, tokens: [[name, token, code or null]] }
// or, for keys that must be refused at the start, { name, flags, keys, refused }.
// MAKERS_PYTHON, MAKERS_GO and MAKERS_JAVA are commands that print it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createSigner } from 'fast-jwt'
import jsonwebtoken from 'jsonwebtoken'
import { ask, checkWith, serve } from './lkt.mjs'

const SECRET = 'a-secret-of-a-backend-that-has-more-than-the-sixty-four-bytes-of-HS512'

/** Node's makers: Express backends use jsonwebtoken, Fastify's fast-jwt. */
function node() {
  const flags = ['--auth-issuer', 'my-backend', '--auth-audience', 'lkt']
  const claims = { sub: 'ada', aud: 'lkt', iss: 'my-backend' }
  const secret = `base64:${Buffer.from(SECRET).toString('base64')}`
  const options = { expiresIn: '5m' }
  return [
    {
      name: 'jsonwebtoken', flags, secret, identity: 'ada',
      tokens: ['HS256', 'HS384', 'HS512'].map((algorithm) => [
        algorithm, jsonwebtoken.sign(claims, SECRET, { ...options, algorithm }), null,
      ]),
    },
    {
      name: 'fast-jwt', flags, secret, identity: 'ada',
      tokens: [['HS512', createSigner({ key: SECRET, algorithm: 'HS512', expiresIn: 300_000 })(claims), null]],
    },
  ]
}

async function printed(command) {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { maxBuffer: 1 << 24 })
  return JSON.parse(stdout)
}

/** The flags that give lkt a maker's keys, in files. */
function keyFlags(maker, directory) {
  const flags = [...maker.flags]
  if (maker.keys) {
    writeFileSync(join(directory, 'keys'), maker.keys)
    flags.push('--auth-jwks', join(directory, 'keys'))
  }
  if (maker.secret) {
    const [form, text] = maker.secret.split(':')
    writeFileSync(join(directory, 'secret'), text, { mode: 0o600 })
    flags.push('--auth-secret-file', `${form}:${join(directory, 'secret')}`)
  }
  return flags
}

async function prove(maker) {
  const directory = mkdtempSync(join(tmpdir(), 'makers-'))
  try {
    const flags = keyFlags(maker, directory)
    if (maker.refused) {
      await assert.rejects(serve(...flags), (error) => error.message.includes(maker.refused))
      return
    }
    const server = await serve(...flags)
    for (const [name, token, expected] of maker.tokens) {
      const { status, code, error, claims } = await ask(server, token)
      const found = expected ? [status, code] : [status, claims?.sub]
      assert.deepEqual(found, expected ? [401, expected] : [201, maker.identity], `${name}: ${error}`)
      // `check` and `serve` agree.
      const checked = await checkWith(token, ...flags)
      assert.deepEqual([checked.exit, checked.code], expected ? [1, expected] : [0, null], name)
    }
    server.stop()
  } finally {
    rmSync(directory, { recursive: true })
  }
}

for (const [language, command] of [
  ['Node', null],
  ['Python', process.env.MAKERS_PYTHON],
  ['Go', process.env.MAKERS_GO],
  ['Java', process.env.MAKERS_JAVA],
]) {
  const skip = command === null || command ? false : `no makers of ${language}`
  test(`tokens of ${language}'s makers`, { skip }, async (t) => {
    const makers = command === null ? node() : await printed(command)
    for (const maker of makers) await t.test(maker.name, () => prove(maker))
  })
}
