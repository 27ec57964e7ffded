// PocketBase, which alone can check its tokens: the recipe of docs/logins.md with its hook. POCKETBASE is the program.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask, serve } from '../lkt.mjs'
import { answering, freePort, start } from '../program.mjs'

const program = process.env.POCKETBASE
const options = { skip: program ? false : 'no PocketBase', timeout: 120_000 }

/** The hook as the document has it. */
function hook() {
  const text = readFileSync(new URL('../../../docs/logins.md', import.meta.url), 'utf8')
  return text.match(/```js\n(\/\/ pb_hooks\/livekit\.pb\.js\n[\s\S]*?)```/)[1]
}

test('pocketbase: its hook decides by its own token', options, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'pocketbase-'))
  mkdirSync(join(directory, 'pb_hooks'))
  writeFileSync(join(directory, 'pb_hooks/livekit.pb.js'), hook())
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const pocketbase = await start(
    program,
    ['serve', `--http=127.0.0.1:${port}`, `--dir=${directory}/pb_data`, `--hooksDir=${directory}/pb_hooks`],
    { says: /Server started/ },
  )
  try {
    await answering(`${url}/api/health`)
    const post = async (path, body) => {
      const response = await fetch(url + path, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
      })
      const answer = await response.json()
      assert.equal(response.status, 200, JSON.stringify(answer))
      return answer
    }
    const person = { email: 'ada@example.com', password: 'correct horse' }
    await post('/api/collections/users/records', { ...person, passwordConfirm: person.password, name: 'Ada' })
    const { token, record } = await post('/api/collections/users/auth-with-password', { identity: person.email, password: person.password })
    const server = await serve('--ask', `${url}/api/livekit`)
    const { status, error, claims } = await ask(server, token, { participant_identity: 'someone-else', room_name: 'standup' })
    assert.deepEqual([status, claims?.sub, claims?.name], [201, record.id, 'Ada'], error)
    // What PocketBase says of them is in `message`.
    for (const other of [undefined, 'undefined', `${token}x`]) {
      const refused = await ask(server, other)
      assert.deepEqual([refused.status, refused.code], [401, 'unauthorized'], refused.error)
      assert.match(refused.error, /requires valid record authorization token/)
    }
    server.stop()
  } finally {
    await pocketbase.stop()
    rmSync(directory, { recursive: true })
  }
})
