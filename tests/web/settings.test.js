/** The settings of the own account. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { login, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { until } from '../lib/wait.js';
import { logIn, Place } from './place.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const dialog = (page) => page.getByRole('dialog', { name: 'Settings' });
const form = (page, name) => dialog(page).getByRole('form', { name });

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());
  afterEach(async () => assert.deepEqual(await place.leave(), []));

  async function open(options) {
    const ann = await place.person('ann');
    const page = await place.visit(ann, options);
    await page.getByRole('button', { name: /^Account of / }).click();
    await page.getByRole('button', { name: 'Settings' }).click();
    await form(page, 'You').waitFor();
    return { ann, page };
  }

  test('the name and the mails are changed, and shown to others and after a reload', async () => {
    const { ann, page } = await open();
    await form(page, 'You').getByLabel('Name', { exact: true }).fill('Ann Example');
    await form(page, 'You').getByLabel('Mail me').uncheck();
    await form(page, 'You').getByRole('button', { name: 'Save' }).click();
    await form(page, 'You').getByText('Saved.').waitFor();
    const { name, emailNotifications } = (await ann.rest.get('/api/users/me')).body.user;
    assert.deepEqual([name, emailNotifications], ['Ann Example', false]);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Account of Ann Example' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Account of Ann Example' }).waitFor();
    const bob = await place.person('bob');
    await say(ann, bob, 'Hello');
    const b = await place.visit(bob);
    await b.getByRole('navigation', { name: 'Conversations' }).getByText('Ann Example').waitFor();
  });

  test('the password is changed, and what is wrong with it is told', async () => {
    const { ann, page } = await open();
    const change = async (now, next) => {
      await form(page, 'Password').getByLabel('Password now').fill(now);
      await form(page, 'Password').getByLabel('New password').fill(next);
      await form(page, 'Password').getByRole('button').click();
    };
    await change('wrong horse', 'battery staple 7');
    await until(async () => (await form(page, 'Password').locator('.problem').allTextContents()).join('') !== '', { what: 'a refusal', ms: 15_000 });
    await change(ann.password, 'x');
    await page.locator('#field-newPassword-fault').waitFor();
    await change(ann.password, 'battery staple 7');
    await form(page, 'Password').getByText('The password is changed').waitFor();
    await login(place.server, { ...ann, password: 'battery staple 7' });
  });

  test('devices are shown, and others are logged out', async () => {
    const { ann, page } = await open();
    const other = await login(place.server, ann);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Account of / }).click();
    await page.getByRole('button', { name: 'Settings' }).click();
    const devices = dialog(page).getByRole('list', { name: 'Devices' }).getByRole('listitem');
    await devices.nth(1).waitFor();
    assert.equal(await devices.getByText('This device').count(), 1);
    await devices.getByRole('button', { name: /^Log out/ }).click();
    await dialog(page).getByText('That device is logged out.').waitFor();
    await devices.nth(1).waitFor({ state: 'detached' });
    assert.equal((await new Rest(place.server.url).post('/api/auth/refresh', { refreshToken: other.refreshToken })).status, 401);
  });

  test('the account is deleted with the password, and not without', async () => {
    const { ann, page } = await open();
    const end = form(page, 'Delete the account');
    await end.getByLabel('Password to confirm').fill('wrong horse');
    await end.getByRole('button').click();
    await until(async () => (await end.locator('.problem').allTextContents()).join('') !== '', { what: 'a refusal', ms: 15_000 });
    await end.getByLabel('Password to confirm').fill(ann.password);
    await end.getByRole('button').click();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await logIn(page, ann);
    await page.getByRole('alert').getByText('Invalid email or password').waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  });

  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 780 }]) {
    test(`axe finds nothing in them at ${viewport.width} pixels, and nothing is wider than the screen`, async () => {
      const { page } = await open({ viewport });
      await dialog(page).getByText('This device').waitFor();
      await page.evaluate(readFileSync(axe, 'utf8'));
      const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
      const grave = violations.filter(({ impact }) => ['moderate', 'serious', 'critical'].includes(impact));
      assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`), []);
      assert.equal(await dialog(page).evaluate((it) => it.scrollWidth > it.clientWidth), false);
    });
  }
});
