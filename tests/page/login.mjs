// The page of a server that asks who is asking. See `run`.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, open, text } from './browser.mjs';
import { serve } from './server.mjs';

const SECRET = 'a-secret-of-the-issuer-of-32-bytes';

/** A login token, signed with the secret of its issuer. */
function loginToken(claims) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const message = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
  return `${message}.${createHmac('sha256', SECRET).update(message).digest('base64url')}`;
}

test('a bearer token is asked for where one is needed, and kept nowhere', async () => {
  const origin = await serve([], { LKT_AUTH_TOKEN: 'letmein' });
  const { page, context, end } = await open(origin);
  await get(page);
  await page.locator('#credential-error').filter({ hasText: 'needed' }).waitFor();
  await page.getByLabel('Bearer token').fill('letmein');
  await page.keyboard.press('Enter');
  await page.locator('#answer').waitFor();
  assert.match(await text(page, 'snippet'), /Authorization: Bearer \$LOGIN_TOKEN/);
  await page.getByRole('radio', { name: 'Rust' }).check();
  assert.match(await text(page, 'snippet-note'), /bearer token/);
  const { cookies, origins } = await context.storageState();
  assert.deepEqual([cookies, origins], [[], []]);
  await page.reload();
  assert.equal(await page.getByLabel('Bearer token').inputValue(), '');
  await end();
});

test('a login is asked for where one is needed, decides the identity, and is kept nowhere', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lkt-page-'));
  const file = join(directory, 'secret');
  writeFileSync(file, SECRET, { mode: 0o600 });
  const origin = await serve(['--auth-issuer', 'https://id.example', '--auth-secret-file', file, '--auth-audience', 'lkt']);
  rmSync(directory, { recursive: true });
  const login = loginToken({ iss: 'https://id.example', aud: 'lkt', sub: 'ada', exp: Math.floor(Date.now() / 1000) + 300 });
  const { page, context, end } = await open(origin);
  assert.equal(await page.getByLabel('Identity', { exact: true }).isDisabled(), true);
  const field = page.getByLabel('Login token');
  for (const [token, reason] of [['', 'needed'], [`${login}x`, 'signature']]) {
    await field.fill(token);
    await get(page);
    await page.locator('#credential-error').filter({ hasText: reason }).waitFor();
  }
  await field.fill(login);
  await get(page);
  await page.locator('#answer').waitFor();
  assert.equal(JSON.parse(await text(page, 'claims')).sub, 'ada');
  assert.match(await text(page, 'snippet'), /Authorization: Bearer \$LOGIN_TOKEN/);
  assert.ok(!(await page.content()).includes(login));
  const kept = await page.evaluate(() => [
    location.href, JSON.stringify(history.state), document.cookie, localStorage.length, sessionStorage.length,
  ]);
  assert.deepEqual(kept, [`${origin}/`, 'null', '', 0, 0]);
  const { cookies, origins } = await context.storageState();
  assert.deepEqual([cookies, origins], [[], []]);
  await page.reload();
  assert.equal(await field.inputValue(), '');
  await end();

  const other = await open(await serve());
  assert.equal(await other.page.locator('#credential-field').isVisible(), false);
  await other.end();
});
