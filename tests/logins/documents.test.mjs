// Issuers that cannot run here. oauth2-mock-server stands in for them, and writes the claims that their documents
// show (2026-11-29); the flags are those of docs/logins.md.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { OAuth2Server } from 'oauth2-mock-server'
import { claimsOf, serve } from './lkt.mjs'
import { prove } from './prove.mjs'

const provider = new OAuth2Server()
const documents = readFileSync(new URL('../../docs/logins.md', import.meta.url), 'utf8')

before(async () => {
  for (const algorithm of ['RS256', 'ES256']) await provider.issuer.keys.generate(algorithm)
  await provider.start(0, '127.0.0.1')
})

after(() => provider.stop())

/** A token with these claims, for five minutes. `null` leaves a claim out. */
const token = (claims) => provider.issuer.buildToken({
  expiresIn: 300,
  scopesOrTransform: (_header, payload) => {
    Object.assign(payload, claims)
    for (const [name, value] of Object.entries(payload)) if (value === null) delete payload[name]
  },
})

/** The words of a shell's line, as far as the recipes need it. */
const words = (line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain)

/** The flags of a recipe, with the stand-in's keys. Finds the recipe by its issuer. */
function recipe(issuer) {
  const line = documents.split('\n').find((line) => line.startsWith('$ lkt serve ') && line.includes(`--auth-issuer ${issuer} `))
  const flags = words(line).slice(3)
  const at = flags.indexOf('--auth-jwks')
  if (at >= 0) flags.splice(at, 2)
  return [...flags, '--auth-jwks', `${provider.issuer.url}/jwks`]
}

test("GitHub Actions: a run's own token, and not that of another repository", async () => {
  const iss = 'https://token.actions.githubusercontent.com'
  const claims = {
    iss, aud: 'lkt', sub: 'repo:my-org/my-repo:ref:refs/heads/main', repository: 'my-org/my-repo', repository_owner: 'my-org',
    ref: 'refs/heads/main', run_id: '8273645', event_name: 'push', workflow: 'calls', scope: null,
  }
  await proveRecipe(iss, await token(claims), 'ci-8273645', { other: await token({ ...claims, repository: 'someone/my-repo' }) })
})

test("GitLab CI: a job's own token", async () => {
  const iss = 'https://gitlab.com'
  const claims = {
    iss, aud: 'lkt', sub: 'project_path:my-group/my-project:ref_type:branch:ref:main', project_path: 'my-group/my-project',
    ref: 'main', ref_type: 'branch', ref_protected: 'true', job_id: '2711', pipeline_source: 'push', scope: null,
  }
  await proveRecipe(iss, await token(claims), 'ci-2711', { other: await token({ ...claims, ref_protected: 'false' }) })
})

test('Cloudflare Access and Google IAP: the header that they add', async () => {
  const access = 'https://my-team.cloudflareaccess.com'
  const aud = '4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2'
  const person = { sub: '7335d417-61da-459d-899c-0a01c76a2f94', email: 'ada@example.com', scope: null }
  const assertion = await token({ ...person, iss: access, aud: [aud], type: 'app', identity_nonce: '6ei69kawdKzMIAPF', country: 'DE' })
  await proveRecipe(access, assertion, 'ada@example.com', { header: 'cf-access-jwt-assertion' })
  const iap = 'https://cloud.google.com/iap'
  const statement = await token({ iss: iap, aud: '/projects/123/global/backendServices/456', sub: 'accounts.google.com:118', email: 'ada@example.com', scope: null })
  await proveRecipe(iap, statement, 'accounts.google.com:118', { header: 'x-goog-iap-jwt-assertion' })
})

test('Entra: `oid` of one tenant, and no other tenant', async () => {
  const tenant = (id) => `https://login.microsoftonline.com/${id}/v2.0`
  const [ours, theirs] = ['8eaef023-2b34-4da1-9baa-8bc8c9d6a490', '9188040d-6c67-4c5b-b112-36a304b66dad'].map(tenant)
  const flags = ['--auth-issuer', ours, '--auth-audience', 'CLIENT-ID', '--auth-user-claim', 'oid', '--auth-jwks', `${provider.issuer.url}/jwks`]
  const claims = { aud: 'CLIENT-ID', sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474', ver: '2.0', scope: null }
  await prove(flags, {
    taken: { ours: [await token({ ...claims, iss: ours }), claims.oid] },
    refused: { theirs: [await token({ ...claims, iss: theirs }), 'wrong_issuer'] },
  })
})

/** Proves a recipe: the identity that a login gives, and that `other`, of somebody else, is refused. */
async function proveRecipe(issuer, login, identity, { header, other }) {
  const server = await serve(...recipe(issuer))
  const request = async (token) => {
    const headers = header ? { [header]: token } : { authorization: `Bearer ${token}` }
    return fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' })
  }
  try {
    const answer = await (await request(login)).json()
    assert.equal(claimsOf(answer)?.sub, identity, answer.error)
    if (other) assert.equal((await request(other)).headers.get('lkt-error'), 'claim_denied')
  } finally {
    server.stop()
  }
}
