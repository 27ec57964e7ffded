// What is proven of every provider's tokens.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, checkWith, serve } from './lkt.mjs'

/**
 * Proves what `lkt serve` and `lkt check` say of tokens with these flags. `taken` maps each token's name to the
 * token and the identity that it gives; `refused` maps it to the token and the code of the refusal.
 */
export async function prove(flags, { taken = {}, refused = {} }) {
  const server = await serve(...flags)
  try {
    for (const [name, [token, identity]] of Object.entries(taken)) {
      const { status, error, claims } = await ask(server, token)
      assert.deepEqual([status, claims?.sub], [201, identity], `${name}: ${error}`)
      const checked = await checkWith(token, ...flags)
      assert.deepEqual([checked.exit, checked.code], [0, null], `${name}: ${checked.error}`)
    }
    for (const [name, [token, code]] of Object.entries(refused)) {
      const answer = await ask(server, token)
      assert.deepEqual([answer.status, answer.code], [401, code], `${name}: ${answer.error}`)
      const checked = await checkWith(token, ...flags)
      assert.deepEqual([checked.exit, checked.code], [1, code], name)
    }
  } finally {
    server.stop()
  }
}

/** Proves that `lkt check` proposes a flag to whoever has a token and does not know what it is for. */
export async function proveProposed(token, flags, proposed) {
  const { flags: found } = await checkWith(token, ...flags)
  assert.deepEqual(found, proposed)
}

/** Calls `work` with a file that holds a text. */
export async function withFile(text, work) {
  const directory = mkdtempSync(join(tmpdir(), 'logins-'))
  const file = join(directory, 'file')
  writeFileSync(file, text, { mode: 0o600 })
  try {
    return await work(file)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
