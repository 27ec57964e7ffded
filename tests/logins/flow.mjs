// A person with a browser, as far as logging in takes one: cookies, redirects and forms.

import { createHash, randomBytes } from 'node:crypto'

/** Where providers send the browser back to. Nothing listens there. */
export const CALLBACK = 'http://127.0.0.1/callback'

export class Browser {
  #cookies = new Map()

  /** Follows redirects up to a page, or up to the app that waits for the login. */
  async go(url, init = {}) {
    for (let request = init, hops = 0; hops < 20; hops += 1) {
      if (url.startsWith(CALLBACK)) return { url, text: '' }
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(url, {
        ...request, redirect: 'manual', headers: { accept: 'text/html', ...request.headers, ...(cookie && { cookie }) },
      })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
        this.#cookies.set(name, value)
      }
      const location = response.headers.get('location')
      if (!location) return { url, status: response.status, text: await response.text() }
      url = new URL(location, url).href
      // A POST that redirects is followed by a GET, as in browsers.
      request = {}
    }
    throw new Error(`too many redirects, the last to ${url}`)
  }

  /** Sends the first form of a page, with what its hidden fields hold and what a person enters. */
  async submit(page, entered) {
    const attribute = (tag, name) => tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1]?.replaceAll('&amp;', '&')
    const [form] = page.text.match(/<form[\s\S]*?<\/form>/i) ?? []
    if (!form) throw new Error(`${page.url} has no form: ${page.status} ${page.text.slice(0, 500)}`)
    const fields = new URLSearchParams()
    for (const [tag] of form.matchAll(/<input[^>]*>/gi)) {
      if (attribute(tag, 'type') === 'hidden') fields.set(attribute(tag, 'name'), attribute(tag, 'value') ?? '')
    }
    for (const [name, value] of Object.entries(entered)) fields.set(name, value)
    const action = new URL(attribute(form.match(/<form[^>]*>/i)[0], 'action') || page.url, page.url).href
    return this.go(action, { method: 'POST', body: fields })
  }
}

/**
 * An authorization code with PKCE, exchanged for tokens. `login` gets the browser and the first page, and
 * returns the page after the login.
 */
export async function logIn({ authorize, token, client, secret, scope, login, ...parameters }, browser = new Browser()) {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code', client_id: client, redirect_uri: CALLBACK, scope, state: 'state-of-the-app', nonce: 'nonce-of-the-app',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...parameters,
  })
  const page = await login(browser, await browser.go(`${authorize}?${query}`))
  if (!page.url.startsWith(CALLBACK)) throw new Error(`the login ended at ${page.url}: ${page.status} ${page.text.slice(0, 1000)}`)
  const code = new URL(page.url).searchParams.get('code')
  if (!code) throw new Error(page.url)
  const body = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifier }
  const basic = secret && { authorization: `Basic ${btoa(`${client}:${secret}`)}` }
  const response = await fetch(token, {
    method: 'POST', headers: { ...basic }, body: new URLSearchParams({ ...body, ...(!secret && { client_id: client }) }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(answer))
  return answer
}

/** The endpoints in an issuer's metadata, for `logIn`. */
export async function endpoints(issuer) {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  return { authorize: metadata.authorization_endpoint, token: metadata.token_endpoint }
}

/** Header and claims of a token. */
export function decoded(token) {
  const [header, claims] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')))
  return { header, claims }
}
