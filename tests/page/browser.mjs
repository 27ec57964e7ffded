// Chromium, for the tests of one file: it starts before them and ends after them, with the servers.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { endServers } from './server.mjs';

let browser;

/** A page that is opened, with everything noted that it may not do. */
export async function open(origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) faults.push(`asked ${url}`);
  });
  page.on('console', (message) => {
    const refused = /the server responded with a status of 4/.test(message.text());
    if (!refused && ['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(`${origin}/`);
  return { page, context, async end() {
    faults.push(...await page.evaluate(() => window.violations));
    assert.deepEqual(faults, []);
    await context.close();
  } };
}

export const get = (page) => page.getByRole('button', { name: 'Get token' }).click();
export const more = (page) => page.getByText('More', { exact: true }).click();
export const text = (page, id) => page.locator(`#${id}`).textContent();

before(async () => {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
});

after(async () => {
  await browser?.close();
  endServers();
});
