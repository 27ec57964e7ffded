// oauth2-proxy behind nginx and behind Caddy, as docs/logins.md has them: the recipes themselves are
// run, with other ports. OAUTH2_PROXY, NGINX, CADDY and CHROMIUM are programs; what lacks one is skipped.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { launch, logIn } from './browser.mjs'
import { claimsOf, serve } from './lkt.mjs'
import { startProvider } from './provider.mjs'

const { CADDY, CHROMIUM, NGINX, OAUTH2_PROXY } = process.env
const SITE = 'http://tokens.example.com'
const started = []
let directory, recipes, provider, loginPort

/** The blocks of code of the recipe under a heading. */
function blocks(heading) {
  const section = recipes.split(`### ${heading}\n`)[1].split('\n### ')[0].split('\n## ')[0]
  return [...section.matchAll(/^```\w*\n(.*?)^```/gms)].map((found) => found[1])
}

/** The flags of a command in the recipe. */
function command(program) {
  const block = blocks('oauth2-proxy with nginx').find((block) => block.startsWith(`$ ${program} `))
  return block.replaceAll('\\\n', ' ').trim().split(/\s+/).slice(1 + program.split(' ').length)
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

function start(program, ...flags) {
  const child = spawn(program, flags, { env: { ...process.env, HOME: directory }, stdio: ['ignore', 'ignore', 'pipe'] })
  const log = []
  child.stderr.on('data', (data) => log.push(data))
  started.push(child)
  return { child, log }
}

/** Waits until something answers there with HTTP. */
async function answers(url, { child, log }) {
  for (let round = 0; round < 100; round++) {
    if (child.exitCode !== null) break
    if (await fetch(url).catch(() => null)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${child.spawnfile} does not answer: ${log.join('')}`)
}

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'lkt-logins-'))
  recipes = await readFile(new URL('../../docs/logins.md', import.meta.url), 'utf8')
  if (!OAUTH2_PROXY || !CHROMIUM) return
  const secret = 'a-secret-of-this-client'
  provider = await startProvider({ client_id: 'proxy', client_secret: secret, redirect_uris: [`${SITE}/oauth2/callback`] })
  loginPort = await freePort()
  const values = {
    '--http-address': `127.0.0.1:${loginPort}`, '--oidc-issuer-url': provider.url, '--client-id': 'proxy',
    '--redirect-url': `${SITE}/oauth2/callback`, '--client-secret-file': path.join(directory, 'client'),
    '--cookie-secret-file': path.join(directory, 'cookie'),
  }
  await writeFile(values['--client-secret-file'], secret)
  await writeFile(values['--cookie-secret-file'], '0123456789abcdef0123456789abcdef')
  const flags = command('oauth2-proxy').map((flag) => {
    const [name] = flag.split('=')
    return name in values ? `${name}=${values[name]}` : flag
  })
  // There is no TLS here.
  const proxy = start(OAUTH2_PROXY, ...flags, '--cookie-secure=false')
  await answers(`http://127.0.0.1:${loginPort}/ping`, proxy)
})

after(async () => {
  for (const child of started) child.kill()
  provider?.stop()
  await rm(directory, { recursive: true })
})

/** Starts the proxy of a recipe with the server that it has, on a free port. */
async function startProxy(name, program, recipe, server) {
  const port = await freePort()
  const lines = recipe.replaceAll('127.0.0.1:4180', `127.0.0.1:${loginPort}`)
    .replaceAll('127.0.0.1:3000', new URL(server.url).host)
  const config = path.join(directory, name)
  let flags = ['run', '--adapter', 'caddyfile', '--config', config]
  if (name === 'nginx') {
    flags = ['-p', directory, '-c', config]
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    await writeFile(config, `
      daemon off; pid ${directory}/nginx.pid; error_log stderr; events {}
      http { access_log off; ${places.join(' ')} server { listen 127.0.0.1:${port}; ${lines} } }`)
  } else {
    await writeFile(config, `{\n admin off\n auto_https off\n}\n${SITE}:${port} {\n${lines}\n}\n`)
  }
  await answers(`http://127.0.0.1:${port}/`, start(program, ...flags))
  return port
}

/** Asks from a page of the site. */
function askInPage(page, body = {}, headers = {}) {
  return page.evaluate(async ([body, headers]) => {
    const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
    const response = await fetch('/getToken', request)
    return { status: response.status, code: response.headers.get('lkt-error'), text: await response.text() }
  }, [body, headers])
}

/** Asks lkt itself from another address than the proxy's. */
function askPastTheProxy(server, headers) {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', localAddress: '127.0.0.2', headers: { 'content-type': 'application/json', ...headers } }
    const asking = request(server.url, options, (response) => {
      response.resume()
      resolve([response.statusCode, response.headers['lkt-error']])
    })
    asking.on('error', reject).end('{}')
  })
}

for (const [name, heading, program] of [
  ['nginx', 'oauth2-proxy with nginx', NGINX],
  ['Caddy', 'oauth2-proxy with Caddy', CADDY],
]) {
  const skip = program && OAUTH2_PROXY && CHROMIUM ? false : `no ${name}, oauth2-proxy or Chromium`
  test(`oauth2-proxy with ${name}: a login in Chromium, and headers that clients forge`, { skip }, async (t) => {
    const flags = command('lkt serve').map((flag) => flag.replace(/^https:/, 'http:'))
    assert.deepEqual(flags.splice(0, 2), ['--listen', '127.0.0.1:3000'])
    const recipe = blocks(heading).find((block) => !block.startsWith('$'))
    const server = await serve(...flags)
    t.after(server.stop)
    const port = await startProxy(name, program, recipe, server)
    const browser = await launch(`MAP tokens.example.com 127.0.0.1:${port}`)
    try {
      const page = await browser.newPage()
      await page.goto(`${SITE}/oauth2/sign_in`)
      const forged = { 'x-auth-request-user': 'root', 'x-forwarded-user': 'root' }
      for (const headers of [{}, forged]) {
        const stranger = await askInPage(page, {}, headers)
        assert.equal(stranger.status, 401, stranger.text)
      }
      await page.goto(`${SITE}/oauth2/start?rd=/getToken`)
      await logIn(page, 'ada')
      await page.waitForURL(`${SITE}/getToken`)
      for (const headers of [{}, forged]) {
        const ada = await askInPage(page, { room_name: 'daily' }, headers)
        assert.equal(ada.status, 201, ada.text)
        const { sub, video } = claimsOf(JSON.parse(ada.text))
        assert.deepEqual([sub, video.room], ['ada', 'daily'])
      }
      const other = await askInPage(page, { participant_identity: 'bob' })
      assert.deepEqual([other.status, other.code], [403, 'field_denied'])
    } finally {
      await browser.close()
    }
    assert.deepEqual(await askPastTheProxy(server, { 'X-Auth-Request-User': 'ada' }), [403, 'header_denied'])
    assert.deepEqual(await askPastTheProxy(server, {}), [401, 'unauthorized'])
  })
}
