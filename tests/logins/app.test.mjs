// A login at oidc-provider in Chromium, livekit-client's token source with its access token, and a room
// of a real LiveKit server. CHROMIUM is the browser, INTEROP_LIVEKIT_URL the server; without, it is skipped.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { installed, launch, logIn } from './browser.mjs'
import { serve } from './lkt.mjs'
import { AUDIENCE, listen, startProvider } from './provider.mjs'

const { CHROMIUM, INTEROP_LIVEKIT_URL: livekit } = process.env
const skip = CHROMIUM && livekit ? false : 'no Chromium or no livekit-server'

/** Serves the app, the libraries that it uses, and what `settings` says once the app is asked. */
async function serveApp(settings) {
  const files = {
    '/': ['text/html', new URL('app.html', import.meta.url)],
    '/oidc-client-ts.min.js': ['text/javascript', new URL('node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js', import.meta.url)],
    '/livekit-client.umd.js': ['text/javascript', installed.resolve('livekit-client')],
  }
  return listen(() => async (request, response) => {
    const { pathname } = new URL(request.url, 'http://app')
    const [type, place] = files[pathname] ?? ['application/json']
    response.setHeader('content-type', type)
    response.end(place ? await readFile(place) : JSON.stringify(settings))
  })
}

test('a login in Chromium, the token for it, and the room', { skip }, async (t) => {
  const settings = {}
  const app = await serveApp(settings)
  t.after(app.stop)
  const provider = await startProvider({ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: [`${app.url}/`] })
  t.after(provider.stop)
  const server = await serve('--url', livekit, '--auth-issuer', provider.url, '--auth-audience', AUDIENCE)
  t.after(server.stop)
  Object.assign(settings, { issuer: provider.url, endpoint: server.url })
  const browser = await launch()
  t.after(() => browser.close())

  const page = await browser.newPage()
  await page.goto(app.url)
  await page.click('button')
  await logIn(page, 'ada')
  const output = page.locator('output:not(:empty)')
  assert.equal(await output.textContent({ timeout: 20_000 }), 'ada is in login-room')
  const { RoomServiceClient } = installed('livekit-server-sdk')
  const rooms = new RoomServiceClient(livekit.replace('ws', 'http'), 'devkey', 'secret')
  const participants = await rooms.listParticipants('login-room')
  assert.deepEqual(participants.map(({ identity }) => identity), ['ada'])
})
