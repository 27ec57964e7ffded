// Tokens of Kubernetes's service accounts, by an API server with an etcd and nothing else. KUBE_APISERVER and ETCD
// are the programs.

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decoded } from '../flow.mjs'
import { ask, serve } from '../lkt.mjs'
import { answering, freePort } from '../program.mjs'
import { prove, proveProposed } from '../prove.mjs'

const { KUBE_APISERVER: program, ETCD: etcd } = process.env
const options = { skip: program && etcd ? false : 'no API server of Kubernetes', timeout: 240_000 }
const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const ADMIN = 'token-of-the-administrator'

/** Calls the API server, whose certificate is its own. */
async function call(port, method, path, body, token = ADMIN) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const sent = request({ host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false })
  sent.end(body && JSON.stringify(body))
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, text: await text(response) }
}

async function ready(port, child) {
  for (;;) {
    const { status } = await call(port, 'GET', '/readyz').catch(() => ({}))
    if (status === 200) return
    if (child.exitCode !== null) throw new Error(`the API server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const end = async (child) => {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}

test('kubernetes: a token for an audience, by keys in a file, and new keys', options, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubernetes-'))
  const file = (name, content) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 })
    return join(directory, name)
  }
  const key = (name, type, options) => {
    const { privateKey, publicKey } = generateKeyPairSync(type, options)
    const pem = (key, type) => key.export({ format: 'pem', type })
    return [file(`${name}.key`, pem(privateKey, type === 'rsa' ? 'pkcs1' : 'sec1')), file(`${name}.pub`, pem(publicKey, 'spki'))]
  }
  const [rsa, rsaPublic] = key('rsa', 'rsa', { modulusLength: 2048 })
  const [p521, p521Public] = key('p521', 'ec', { namedCurve: 'P-521' })
  file('tokens.csv', `${ADMIN},admin,admin,system:masters\n`)
  const [port, client, peer] = [await freePort(), await freePort(), await freePort()]
  const store = spawn(etcd, [
    '--data-dir', join(directory, 'etcd'), '--listen-client-urls', `http://127.0.0.1:${client}`,
    '--advertise-client-urls', `http://127.0.0.1:${client}`, '--listen-peer-urls', `http://127.0.0.1:${peer}`,
  ], { stdio: 'ignore' })
  const apiServer = async (signing, publics) => {
    const child = spawn(program, [
      `--etcd-servers=http://127.0.0.1:${client}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${directory}/certs`,
      '--authorization-mode=RBAC', `--token-auth-file=${directory}/tokens.csv`, '--service-cluster-ip-range=10.0.0.0/24',
      `--service-account-issuer=${ISSUER}`, `--service-account-signing-key-file=${signing}`,
      ...publics.map((publicKey) => `--service-account-key-file=${publicKey}`),
    ], { stdio: ['ignore', 'ignore', 'ignore'] })
    await ready(port, child)
    return child
  }
  /** What `kubectl create token lkt-client --audience AUDIENCE` does. */
  const create = async (audience) => {
    const answer = await call(port, 'POST', '/api/v1/namespaces/calls/serviceaccounts/lkt-client/token', {
      apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [audience], expirationSeconds: 600 },
    })
    assert.equal(answer.status, 201, answer.text)
    return JSON.parse(answer.text).status.token
  }
  const keys = join(directory, 'cluster-keys.json')
  /** What `kubectl get --raw /openid/v1/jwks > cluster-keys.json` does. */
  const save = async () => writeFileSync(keys, (await call(port, 'GET', '/openid/v1/jwks')).text)
  let child
  try {
    await answering(`http://127.0.0.1:${client}/health`)
    child = await apiServer(rsa, [rsaPublic])
    const make = (path, body) => call(port, 'POST', path, { apiVersion: 'v1', ...body })
    await make('/api/v1/namespaces', { kind: 'Namespace', metadata: { name: 'calls' } })
    await make('/api/v1/namespaces/calls/serviceaccounts', { kind: 'ServiceAccount', metadata: { name: 'lkt-client' } })
    const [token, other] = [await create('lkt'), await create('vault')]
    await save()
    const { header, claims } = decoded(token)
    assert.deepEqual([header.alg, claims.aud, claims['kubernetes.io'].namespace], ['RS256', ['lkt'], 'calls'])
    const identity = 'system:serviceaccount:calls:lkt-client'
    const flags = ['--auth-issuer', ISSUER, '--auth-jwks', keys]
    await prove([...flags, '--auth-audience', 'lkt'], { taken: { token: [token, identity] }, refused: { other: [other, 'wrong_audience'] } })
    await prove([...flags, '--auth-audience', 'lkt', '--auth-claim', '"kubernetes.io".namespace=calls'], { taken: { token: [token, identity] } })
    await prove([...flags, '--auth-audience', 'lkt', '--auth-claim', '"kubernetes.io".namespace=other'], { refused: { token: [token, 'claim_denied'] } })
    await proveProposed(token, flags, ['--auth-audience lkt'])
    // Only those who may read it get the key set.
    assert.equal((await call(port, 'GET', '/openid/v1/jwks', undefined, null)).status, 401)

    // The cluster signs with a new key, ES512. lkt notices the changed file.
    const server = await serve(...flags, '--auth-audience', 'lkt')
    await end(child)
    child = await apiServer(p521, [rsaPublic, p521Public])
    const newer = await create('lkt')
    assert.equal(decoded(newer).header.alg, 'ES512')
    assert.equal((await ask(server, newer)).code, 'unknown_key')
    await save()
    let answer = await ask(server, newer)
    for (const deadline = Date.now() + 15_000; answer.status !== 201 && Date.now() < deadline; answer = await ask(server, newer)) {
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.equal(answer.claims?.sub, identity, answer.error)
    assert.equal((await ask(server, token)).status, 201)
    server.stop()
  } finally {
    if (child) await end(child)
    await end(store)
    rmSync(directory, { recursive: true })
  }
})
