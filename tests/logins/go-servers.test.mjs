// Providers in Go. ZITADEL is the example server of zitadel/oidc; without it, its test is skipped.

import { test } from 'node:test'
import { CALLBACK, decoded, endpoints, logIn } from './flow.mjs'
import { freePort, start } from './program.mjs'
import { prove, proveProposed } from './prove.mjs'

const zitadel = process.env.ZITADEL
const options = { skip: zitadel ? false : 'no zitadel/oidc', timeout: 60_000 }

test('zitadel/oidc: its ID token, and its access token that is encrypted', options, async () => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const env = { ...process.env, PORT: port, REDIRECT_URI: CALLBACK }
  const server = await start(zitadel, [], { env, says: /server listening/ })
  try {
    const { access_token: access, id_token: id } = await logIn({
      ...await endpoints(url), client: 'web', secret: 'secret', scope: 'openid email',
      login: (browser, page) => browser.submit(page, { username: 'test-user@localhost', password: 'verysecure' }),
    })
    const { sub } = decoded(id).claims
    await prove(['--auth-issuer', `${url}/`, '--auth-audience', 'web'], {
      taken: { id: [id, sub] }, refused: { access: [access, 'unauthorized'] },
    })
    await proveProposed(id, ['--auth-issuer', `${url}/`], [
      '--auth-audience web', '--auth-claim azp=web', '--auth-claim client_id=web',
    ])
  } finally {
    await server.stop()
  }
})
