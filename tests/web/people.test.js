/** How people are found, what is shown of them, and how one comes in and leaves. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { Device } from '../lib/device.js';
import { say, uniqueName } from '../lib/people.js';
import { find, Place, row } from './place.js';

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());
  afterEach(async () => assert.deepEqual(await place.leave(), []));

  async function visit(who) {
    const page = await place.visit(who);
    return page;
  }

  describe('a search', () => {
    test('takes a name with the @ that it is shown with', async () => {
      const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
      const page = await visit(ann);
      await page.getByLabel('Find people').fill(`@${bob.username}`);
      await row(page, bob).waitFor();
    });

    test('finds people of the list by the username, too, when they have another name', async () => {
      const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
      await bob.rest.patch('/api/users/me', { name: 'Robert' });
      await say(bob, ann, 'Hello');
      const page = await visit(ann);
      await page.getByLabel('Find people').fill(bob.username.slice(1));
      await row(page, bob).getByText('Robert').waitFor();
    });

    test('for oneself says so', async () => {
      const ann = await place.person('ann');
      const page = await visit(ann);
      await page.getByLabel('Find people').fill(ann.username);
      await page.getByRole('status').getByText('That is you.').waitFor();
    });

    test('without an answer does not say that there is nobody', async () => {
      const ann = await place.person('ann');
      const page = await visit(ann);
      await page.route('**/api/users?q=*', (route) => route.abort());
      await page.getByLabel('Find people').fill('bob');
      await page.getByRole('status').getByText('The search had no answer').waitFor();
    });
  });

  test('nobody is shown online while there is no connection', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const phone = await Device.connect(place.server, bob);
    await say(bob, ann, 'Hello');
    const page = await visit(ann);
    await row(page, bob).getByText('online').waitFor({ state: 'attached' });
    await find(page, bob);
    await page.getByRole('main').getByText('online').last().waitFor({ state: 'attached' });
    await page.context().setOffline(true);
    await page.getByText('Reconnecting…').waitFor();
    await page.getByText('online', { exact: true }).first().waitFor({ state: 'detached' });
    await page.context().setOffline(false);
    await row(page, bob).getByText('online').waitFor({ state: 'attached' });
    phone.close();
  });

  test('a picture is shown when this server has it, and nobody else is asked for one', async () => {
    const [ann, bob, cat, dan] = await Promise.all(['ann', 'bob', 'cat', 'dan'].map((name) => place.person(name)));
    const page = await visit(ann);
    const icon = await page.locator('link[rel=icon]').evaluate((link) => link.href);
    const pictures = [[bob, icon], [cat, 'https://example.org/cat.png'], [dan, `${place.server.url}/app/nothing.png`]];
    for (const [who, avatar] of pictures) {
      assert.equal((await who.rest.patch('/api/users/me', { avatar })).status, 200);
      await say(who, ann, 'Do you see me?');
    }
    await row(page, bob).locator('.avatar img').waitFor();
    for (const who of [cat, dan]) await row(page, who).locator('.avatar').getByText(who.username[0].toUpperCase(), { exact: true }).waitFor();
    assert.equal(await page.locator('.avatar img').count(), 1);
  });

  test('who logs out leaves no address of a conversation behind', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const page = await visit(ann);
    await find(page, bob);
    await page.getByRole('button', { name: /^Account of / }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/app/');
  });
});

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser, { REQUIRE_VERIFIED_EMAIL: 'true', MIN_USERNAME: '2', MIN_PASSWORD: '9' })));
  after(() => place?.close());

  test('who registers hears the limits of this server, and where the mail was sent', async () => {
    const context = await place.context();
    const page = await context.newPage();
    const name = uniqueName('new');
    await page.goto(`${place.server.url}/app/`);
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByLabel('Username').fill('x');
    await page.getByLabel('E-mail').fill(`${name}@example.org`);
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('#field-username-fault').getByText('2').waitFor();
    await page.locator('#field-password-fault').getByText('9').waitFor();
    await page.getByLabel('Username').fill(name);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('status').getByText(`We have sent a mail to ${name}@example.org`).waitFor();
    assert.deepEqual(context.faults, []);
    await context.close();
  });
});
