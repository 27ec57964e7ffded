// A person in Chromium. Playwright is what tests/interop/package.json installs.

import { createRequire } from 'node:module'

/** `require` of a package of tests/interop. */
export const installed = createRequire(new URL('../interop/package.json', import.meta.url))

/** Starts Chromium. `rules` say where names lead, as in `--host-resolver-rules`. */
export function launch(rules = '') {
  return installed('playwright-core').chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-features=HttpsUpgrades',
      `--host-resolver-rules=${rules}`,
    ],
  })
}

/** Logs in by the pages of oidc-provider, and consents, once it has sent the browser there. */
export async function logIn(page, name) {
  await page.fill('input[name=login]', name)
  await page.fill('input[name=password]', 'secret')
  await page.click('button[type=submit]')
  await page.getByRole('button', { name: 'Continue' }).click()
}
