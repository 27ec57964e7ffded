// `lkt serve` and `lkt check` as the tests use them.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

/** Starts `lkt serve --dev` on a free port and resolves when it listens. */
export async function serve(...flags) {
  const child = spawn(process.env.LKT, ['serve', '--dev', '--no-env-file', '--listen', '127.0.0.1:0', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = []
  const lines = createInterface({ input: child.stderr })
  const url = await new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line)
      const found = line.match(/listening at (http:\S+)/)
      if (found) resolve(found[1])
    })
    child.on('exit', () => reject(new Error(log.join('\n'))))
  })
  return { url, log, stop: () => child.kill() }
}

/** Asks with a login token. Returns status, code, and the claims of the token that was handed out. */
export async function ask(server, token, body = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  const code = response.headers.get('lkt-error')
  return { status: response.status, code, error: answer.error, claims: claimsOf(answer) }
}

/** The claims of the token in an answer. */
export function claimsOf(answer) {
  const payload = answer.participant_token?.split('.')[1]
  return payload && JSON.parse(Buffer.from(payload, 'base64url'))
}

/** Runs `lkt check` with a login token. It must not block: the issuer may be in this process. */
export async function checkWith(token, ...flags) {
  const child = spawn(process.env.LKT, ['check', '--auth-token', '-', '--json', ...flags])
  child.stdin.end(token)
  const [stdout, exit] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { exit: exit[0], ...JSON.parse(stdout || '{}') }
}

/** Runs `lkt check --auth-issuer`. */
export const check = (issuer, token, ...flags) => checkWith(token, '--auth-issuer', issuer, ...flags)
