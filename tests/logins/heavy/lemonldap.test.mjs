// LemonLDAP::NG as Debian has it, with its demonstration users. PLACKUP runs its portal.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { CALLBACK, decoded, endpoints, logIn } from '../flow.mjs'
import { freePort, start } from '../program.mjs'
import { prove, proveProposed } from '../prove.mjs'

const program = process.env.PLACKUP
const options = { skip: program ? false : 'no LemonLDAP::NG', timeout: 120_000 }
const PACKAGED = '/var/lib/lemonldap-ng/conf/lmConf-1.json'

/** The packaged configuration, in folders of its own, with one app. Returns the settings of the portal. */
function configure(directory, url) {
  for (const name of ['conf', 'sessions', 'lock', 'psessions', 'cache']) mkdirSync(join(directory, name))
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const storage = (name) => ({
    Directory: join(directory, name), LockDirectory: join(directory, 'lock'), generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  })
  const client = (id, more) => [id, {
    oidcRPMetaDataOptionsClientID: id, oidcRPMetaDataOptionsClientSecret: 'secret', oidcRPMetaDataOptionsRedirectUris: CALLBACK,
    oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256', oidcRPMetaDataOptionsBypassConsent: 1, ...more,
  }]
  const jwt = { oidcRPMetaDataOptionsAccessTokenJWT: 1, oidcRPMetaDataOptionsAccessTokenSignAlg: 'RS256', oidcRPMetaDataOptionsAdditionalAudiences: 'lkt' }
  const apps = [client('opaque', {}), client('jwt', jwt)]
  const configuration = {
    ...JSON.parse(readFileSync(PACKAGED)), cfgNum: 1, portal: url, domain: 'localhost', securedCookie: 0,
    authentication: 'Demo', userDB: 'Same', passwordDB: 'Demo', registerDB: 'Null', issuerDBOpenIDConnectActivation: 1,
    globalStorage: 'Apache::Session::File', globalStorageOptions: storage('sessions'),
    persistentStorage: 'Apache::Session::File', persistentStorageOptions: storage('psessions'),
    localSessionStorage: '', oidcServiceAllowAuthorizationCodeFlow: 1, oidcServiceKeyIdSig: 'key-1',
    oidcServicePrivateKeySig: privateKey.export({ format: 'pem', type: 'pkcs8' }), oidcServicePublicKeySig: publicKey.export({ format: 'pem', type: 'spki' }),
    oidcRPMetaDataOptions: Object.fromEntries(apps),
    oidcRPMetaDataExportedVars: Object.fromEntries(apps.map(([id]) => [id, { email: 'mail', name: 'cn' }])),
  }
  writeFileSync(join(directory, 'conf/lmConf-1.json'), JSON.stringify(configuration))
  const file = join(directory, 'llng.ini')
  writeFileSync(file, `[all]
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = ${directory}/conf
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
`)
  return file
}

test('lemonldap::ng: ID tokens, and access tokens that are JWTs', options, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lemonldap-'))
  const port = await freePort()
  const url = `http://localhost:${port}/`
  const env = { ...process.env, LLNG_DEFAULTCONFFILE: configure(directory, url) }
  const portal = await start(program, ['--host', '127.0.0.1', '--port', port, '/usr/share/lemonldap-ng/portal/htdocs/index.psgi'], {
    env, says: /Accepting connections/,
  })
  try {
    const login = (browser, page) => browser.submit(page, { user: 'dwho', password: 'dwho' })
    const app = async (client) => logIn({ ...await endpoints(`http://localhost:${port}`), client, secret: 'secret', scope: 'openid profile email', login })
    const [opaque, jwt] = [await app('opaque'), await app('jwt')]
    const issuer = ['--auth-issuer', url]
    await prove([...issuer, '--auth-audience', 'opaque'], {
      taken: { id: [opaque.id_token, 'dwho'] }, refused: { access: [opaque.access_token, 'unauthorized'], other: [jwt.id_token, 'wrong_audience'] },
    })
    // Additional audiences are in ID tokens as well, so the scope tells them apart.
    assert.deepEqual(decoded(jwt.id_token).claims.aud, ['jwt', 'lkt'])
    await prove([...issuer, '--auth-audience', 'lkt', '--auth-claim', 'scope=profile'], {
      taken: { access: [jwt.access_token, 'dwho'] }, refused: { id: [jwt.id_token, 'claim_denied'] },
    })
    await proveProposed(jwt.access_token, issuer, ['--auth-audience jwt', '--auth-audience lkt', '--auth-claim client_id=jwt'])
  } finally {
    await portal.stop()
    rmSync(directory, { recursive: true })
  }
})
