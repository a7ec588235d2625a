/** Two people in two browsers. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { conversationList, history, say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { bubble, find, log, logIn, paste, Place, row, said, tick, write } from './place.js';

const conversation = async (who) => (await who.rest.get('/api/conversations')).body.conversations[0].conversationId;
const banner = (page) => page.getByText('Reconnecting…');

/** In a page: what is to be done after something was drawn waits for long, as on a busy machine or behind other windows. */
function drawLate() {
  const soon = window.setTimeout;
  window.requestAnimationFrame = () => 0;
  window.setTimeout = (task, ms, ...rest) => soon(task, ms > 10 && ms < 100 ? 3_000 : ms, ...rest);
}

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());
  afterEach(async () => assert.deepEqual(await place.leave(), []));

  async function visit(who, options = {}) {
    const page = await place.visit(who, options);
    return page;
  }

  /** Two people who look at their conversation; Firefox has one window in front, Bob's, and only there is read what comes. */
  async function pair() {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const [a, b] = await Promise.all([visit(ann), visit(bob)]);
    await find(a, bob);
    await find(b, ann);
    await b.bringToFront();
    return { ann, bob, a, b };
  }

  describe('a conversation', () => {
    test('begins by finding somebody, and goes both ways with ticks', async () => {
      const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
      const a = await visit(ann);
      await find(a, bob);
      await write(a, 'Hello Bob');
      await tick(a, 'Hello Bob', 'Sent').waitFor();

      const b = await visit(bob);
      await tick(a, 'Hello Bob', 'Delivered').waitFor();
      await row(b, ann).getByText('1 unread').waitFor();
      await until(async () => (await b.title()).startsWith('(1)'), { what: 'the count in the title' });
      await row(b, ann).click();
      await tick(a, 'Hello Bob', 'Read').waitFor();
      await row(b, ann).getByText('unread').waitFor({ state: 'detached' });

      await write(b, 'Hello Ann');
      await a.bringToFront();
      await tick(b, 'Hello Ann', 'Read').waitFor();
      assert.deepEqual([await said(a), await said(b)], [['Hello Bob', 'Hello Ann'], ['Hello Bob', 'Hello Ann']]);
    });

    test('shows typing, presence and when somebody was seen', async () => {
      const { a, b, bob } = await pair();
      await b.getByLabel(/^Message to /).pressSequentially('Well');
      await a.getByRole('main').getByText('typing…').waitFor();
      await write(b, 'Well, no');
      await a.getByRole('main').getByText('typing…').waitFor({ state: 'detached' });
      await a.getByRole('main').getByText('online').first().waitFor();
      await b.close();
      await a.getByRole('main').getByText('last seen just now').waitFor();
      assert.equal(await row(a, bob).getByText('online').count(), 0);
    });

    test('shows what was written as it is: lines, markup, addresses', async () => {
      const { a, b } = await pair();
      const text = '<img src=x onerror=alert(1)> & "quotes"\nhttps://example.org/a?b=c.';
      await paste(a, text);
      await a.getByRole('button', { name: 'Send' }).click();
      await bubble(b, 'quotes').waitFor();
      assert.deepEqual(await said(b), [text]);
      const link = bubble(b, 'quotes').getByRole('link');
      assert.deepEqual([await link.getAttribute('href'), await link.getAttribute('rel')], ['https://example.org/a?b=c', 'noopener noreferrer']);
    });

    test('has all of its history, as one scrolls up', async () => {
      const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
      for (let index = 0; index < 130; index += 1) await say(index % 3 ? ann : bob, index % 3 ? bob : ann, `message ${index}`);
      const a = await visit(ann);
      await row(a, bob).click();
      await bubble(a, 'message 129').waitFor();
      await log(a).focus();
      // It opens at the first that is unread: all is read at the end.
      await until(async () => {
        await a.keyboard.press('End');
        return (await conversationList(ann))[0].unreadCount === 0;
      }, { what: 'all is read', ms: 15_000, every: 60 });
      await until(async () => {
        await a.keyboard.press('Home');
        return (await said(a)).length === 130;
      }, { what: 'all of the history', ms: 15_000, every: 60 });
      assert.deepEqual(await said(a), Array.from({ length: 130 }, (_, index) => `message ${index}`));
      assert.equal(await row(a, bob).getByText('unread').count(), 0);

      await say(bob, ann, 'while she reads what was');
      await a.getByRole('button', { name: /To the newest message/ }).getByText('1 unread').waitFor();
      await a.getByRole('button', { name: /To the newest message/ }).click();
      await row(a, bob).getByText('unread').waitFor({ state: 'detached' });
    });
  });

  describe('a connection', () => {
    test('that is lost: what was written waits, and is delivered once', async () => {
      const { ann, a, b } = await pair();
      await write(a, 'before');
      await bubble(b, 'before').waitFor();
      await a.context().setOffline(true);
      await banner(a).waitFor();
      await write(a, 'written without a connection');
      await write(a, 'and another');
      await tick(a, 'and another', 'Waiting to be sent').waitFor();
      await write(b, 'are you there?');

      await a.context().setOffline(false);
      await tick(a, 'and another', 'Read').waitFor();
      await bubble(a, 'are you there?').waitFor();
      await banner(a).waitFor({ state: 'detached' });
      const all = ['before', 'are you there?', 'written without a connection', 'and another'];
      assert.deepEqual([await said(a), await said(b)], [all, all]);
      assert.deepEqual((await history(ann, await conversation(ann))).map(({ content }) => content), all);
    });

    test('that is lost with the page: what waits is sent by the next page', async () => {
      const { ann, a, b } = await pair();
      await a.context().setOffline(true);
      await write(a, 'kept');
      await tick(a, 'kept', 'Waiting to be sent').waitFor();
      await a.close();
      await a.context().setOffline(false);
      await visit(ann, { context: a.context(), isLoggedIn: true });
      await bubble(b, 'kept').waitFor();
      assert.deepEqual((await history(ann, await conversation(ann))).map(({ content }) => content), ['kept']);
    });

    test('comes back when the server restarts, and what was missed with it', async () => {
      const { ann, bob, a, b } = await pair();
      await write(a, 'one');
      await bubble(b, 'one').waitFor();
      await place.server.kill();
      await Promise.all([banner(a).waitFor(), banner(b).waitFor()]);
      await write(a, 'two');
      await b.context().setOffline(true);
      await place.server.start();
      await tick(a, 'two', 'Sent').waitFor();
      await say(ann, bob, 'three');
      await b.context().setOffline(false);
      await bubble(b, 'three').waitFor();
      await tick(a, 'three', 'Read').waitFor();
      assert.deepEqual([await said(a), await said(b)], [['one', 'two', 'three'], ['one', 'two', 'three']]);
    });
  });

  test('a message that is too long is not sent, and says by how much', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const a = await visit(ann);
    await find(a, bob);
    await paste(a, '🦆'.repeat(4100));
    await a.getByRole('status').getByText('-4', { exact: true }).waitFor();
    assert.equal(await a.getByRole('button', { name: 'Send' }).isDisabled(), true);
    await a.getByLabel(/^Message to /).press('Enter');
    assert.deepEqual(await said(a), []);
  });

  describe('several tabs', () => {
    test('of one login have the same conversations', async () => {
      const { ann, bob, a, b } = await pair();
      const second = await visit(ann, { context: a.context(), isLoggedIn: true });
      await write(a, 'from the first tab');
      await row(second, bob).getByText('from the first tab').waitFor();
      await row(second, bob).click();
      await write(second, 'from the second tab');
      await bubble(a, 'from the second tab').waitFor();
      await bubble(b, 'from the second tab').waitFor();
      assert.deepEqual([await said(a), await said(second)], [await said(b), await said(b)]);
    });

    test('log in and out together', async () => {
      const ann = await place.person('ann');
      const first = await visit(ann);
      const context = first.context();
      const second = await visit(ann, { context, isLoggedIn: true });
      await second.getByRole('button', { name: /^Account of / }).click();
      await second.getByRole('button', { name: 'Log out' }).click();
      await first.getByRole('heading', { name: 'Welcome back' }).waitFor();
      assert.deepEqual(await first.evaluate(() => Object.keys(localStorage)), []);
      await logIn(first, ann);
      await second.getByRole('navigation', { name: 'Conversations' }).waitFor();
    });
  });

  test('what somebody was writing is not there for the next one who logs in', async () => {
    const { bob, a } = await pair();
    const carol = await place.person('carol');
    await say(carol, bob, 'we know each other');
    const field = a.getByLabel(/^Message to /);
    await field.fill('for nobody else');
    await a.getByRole('button', { name: /^Account of / }).click();
    await a.getByRole('button', { name: 'Log out' }).click();
    await logIn(a, carol);
    await row(a, bob).click();
    await bubble(a, 'we know each other').waitFor();
    assert.equal(await field.inputValue(), '');
  });

  test('what comes while the page is still being drawn is shown', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    await say(ann, bob, 'came early');
    const context = await place.context();
    await context.addInitScript(drawLate);
    const page = await place.visit(ann, { context });
    await row(page, bob).click();
    await bubble(page, 'came early').waitFor();
  });

  describe('an account', () => {
    test('is made in the browser, and its faults are told', async () => {
      const context = await place.context();
      const page = await context.newPage();
      await page.goto(place.server.url);
      await page.getByRole('button', { name: 'Create an account' }).click();
      const name = `new${Date.now().toString(36)}`;
      await page.getByLabel('Username').fill(name);
      await page.getByLabel('E-mail').fill('not-an-address@x');
      await page.getByLabel('Password').fill('correct horse');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.locator('input[aria-invalid=true]').waitFor();
      await page.locator('input[name=email]:focus').waitFor();  // A moment behind its mark.
      await page.getByLabel('E-mail').fill(`${name}@example.org`);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('No conversations yet').waitFor();
      await page.getByRole('button', { name: `Account of ${name}` }).waitFor();
    });

    test('is not entered with a wrong password', async () => {
      const ann = await place.person('ann');
      const context = await place.context();
      const page = await context.newPage();
      await page.goto(`${place.server.url}/app/`);
      await logIn(page, { ...ann, password: 'wrong horse' });
      await page.getByRole('alert').getByText('Invalid email or password').waitFor();
    });

    test('whose password is forgotten gets a link', async () => {
      const context = await place.context();
      const page = await context.newPage();
      await page.goto(`${place.server.url}/app/`);
      await page.getByRole('button', { name: 'Forgot your password?' }).click();
      await page.getByLabel('E-mail').fill('nobody@example.org');
      await page.getByRole('button', { name: 'Send the link' }).click();
      await page.getByText('the link is on its way').waitFor();
    });
  });
});
