// oidc-provider, with people who log in by its own pages: any name, any password.

import { createServer } from 'node:http'

// oidc-provider looks at it, and Node before 21 has none.
globalThis.navigator ??= { userAgent: 'Node.js' }
const { Provider } = await import('oidc-provider')

/** What access tokens are for. */
export const AUDIENCE = 'https://tokens.example.com'

/** Listens on a free port, with the handler that `make` returns once the URL is known. */
export async function listen(make) {
  const http = createServer((request, response) => handler(request, response))
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${http.address().port}`
  const handler = make(url)
  const stop = () => {
    http.close()
    http.closeAllConnections()
  }
  return { url, stop }
}

/** Starts a provider. Its access tokens are JWTs for `AUDIENCE`, except for the client `proxy`. */
export function startProvider(...clients) {
  const configuration = {
    clients,
    claims: { email: ['email', 'email_verified'] },
    // In the ID token as well: oauth2-proxy looks there first.
    conformIdTokenClaims: false,
    clientBasedCORS: () => true,
    findAccount: (_ctx, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, email: `${accountId}@example.com`, email_verified: true }),
    }),
    // By default, it refuses addresses of this machine, where the tests' apps are.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => (client.clientId === 'proxy' ? [] : AUDIENCE),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'call', audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: 300,
        }),
      },
    },
    // Without a person, the client itself is the subject.
    formats: { customizers: { jwt: (_ctx, token, parts) => { parts.payload.sub ??= token.clientId } } },
  }
  return listen((url) => new Provider(url, configuration).callback())
}
