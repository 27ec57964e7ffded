// Programs that the tests start and stop.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/**
 * Starts a program that says where it listens: `says` finds the URL in a line of its output. Resolves with the
 * URL and a way to stop it.
 */
export async function start(command, args, { says = /^(http:\S+)$/, ...options } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const output = []
  const url = await new Promise((resolve, reject) => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        output.push(line)
        const found = line.match(says)
        if (found) resolve(found[1] ?? found[0])
      })
    }
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${output.slice(-20).join('\n')}`)))
  })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill()
    await once(child, 'exit')
  }
  return { url, output, stop }
}

/** A port for a program that cannot choose one itself. */
export const freePort = () => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const { port } = probe.address()
    probe.close(() => resolve(port))
  })
})

/** Resolves when something answers at a URL. */
export async function answering(url, whileItRuns = () => true) {
  while (whileItRuns()) {
    const up = await fetch(url).then((response) => response.status < 500, () => false)
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers at ${url}`)
}
