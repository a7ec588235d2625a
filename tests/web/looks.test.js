/** How it looks and how it is used without a mouse: both schemes, a phone, the keyboard, and what axe finds. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { bubble, find, log, paste, Place, row, tick, write } from './place.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** What axe finds serious, in words. It is run past the page's policy, which would not let it in. */
async function findings(page) {
  const { readFileSync } = await import('node:fs');
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
}

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());

  /** A conversation with all that can be in one: links, ticks, news, days. */
  async function conversation(options) {
    const [ann, bob, cat] = await Promise.all(['ann', 'bob', 'cat'].map((name) => place.person(name)));
    await say(ann, bob, 'Hello, see https://example.org');
    await say(bob, ann, 'Hello');
    await say(cat, ann, 'Are you there?');
    const page = await place.visit(ann, options);
    return { ann, bob, cat, page };
  }

  for (const colorScheme of browser === 'Chromium' ? ['light', 'dark'] : ['light']) {
    test(`axe finds nothing in ${colorScheme}`, async () => {
      const { page, bob, cat } = await conversation({ colorScheme });
      assert.deepEqual(await findings(page), []);
      await row(page, bob).click();
      await tick(page, 'Hello, see', 'Sent').waitFor();
      await page.context().setOffline(true);
      await page.getByText('Reconnecting…').waitFor();
      await write(page, 'waits');
      assert.deepEqual(await findings(page), []);
      await page.context().setOffline(false);
      await page.getByRole('button', { name: /^Account of/ }).click();
      assert.deepEqual(await findings(page), []);
      await page.keyboard.press('Escape');
      await page.getByLabel('Find people').fill(cat.username.slice(0, 4));
      await page.getByText(' found').waitFor();
      assert.deepEqual(await findings(page), []);
      assert.deepEqual(page.context().faults, []);
      await page.context().close();
    });

    test(`axe finds nothing before the login in ${colorScheme}`, async () => {
      const context = await place.context({ colorScheme });
      const page = await context.newPage();
      await page.goto(`${place.server.url}/app/`);
      for (const name of ['Create an account', 'Back to the login', 'Forgot your password?']) {
        assert.deepEqual(await findings(page), []);
        await page.getByRole('button', { name }).click();
      }
      assert.deepEqual(await findings(page), []);
      await context.close();
    });
  }

  // Firefox has one colour scheme for all that it shows, and Playwright can touch nothing in it.
  if (browser === 'Chromium') {
    describe('colours', () => {
      test('follow the system, unless somebody chose, and the choice is kept', async () => {
        const { page } = await conversation({ colorScheme: 'dark' });
        const dark = await background(page);
        await page.emulateMedia({ colorScheme: 'light' });
        const light = await background(page);
        assert.notEqual(dark, light);
        await page.getByRole('button', { name: /^Account of/ }).click();
        await page.getByLabel('Dark').check();
        assert.equal(await background(page), dark);
        await page.reload();
        await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
        assert.equal(await background(page), dark);
        await page.context().close();
      });
    });

    describe('on a phone', () => {
      test('there is the list or the conversation, and a way back', async () => {
        const { page, bob, cat } = await conversation(phone);
        await row(page, bob).tap();
        await page.getByRole('heading', { name: bob.username }).waitFor();
        assert.equal(await row(page, cat).isVisible(), false);
        await page.getByLabel(/^Message to /).fill('from a phone');
        await page.getByRole('button', { name: 'Send' }).tap();
        await tick(page, 'from a phone', 'Sent').waitFor();
        await page.getByRole('link', { name: 'Back to the conversations' }).tap();
        await row(page, cat).waitFor();
        await page.goBack();
        await bubble(page, 'from a phone').waitFor();
        await page.context().close();
      });

      test('nothing is wider than the screen, and what is touched is 44 pixels large', async () => {
        const { page, bob } = await conversation(phone);
        await row(page, bob).tap();
        await write(page, 'https://example.org/'.padEnd(300, 'x'));
        await page.getByRole('button', { name: 'Send' }).tap();
        await bubble(page, 'xxx').waitFor();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= phone.viewport.width, `${wide}`);
        const small = () => page.evaluate(() => [...document.querySelectorAll('button, input, textarea, nav a, header a')]
          .filter((each) => each.offsetParent !== null && each.type !== 'radio')
          .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
          .filter(([, { width, height }]) => width < 44 || height < 44).map(([html, { width, height }]) => `${html} ${width}×${height}`));
        assert.deepEqual(await small(), []);
        await page.getByRole('link', { name: 'Back to the conversations' }).tap();
        await page.getByRole('button', { name: /^Account of/ }).tap();
        assert.deepEqual(await small(), []);
        assert.deepEqual(await findings(page), []);
        await page.context().close();
      });
    });
  }

  test('the field for a message is as high as what is in it, and shows no scroll bar', async () => {
    const { page, bob } = await conversation({ viewport: phone.viewport });
    await row(page, bob).click();
    for (const text of ['', 'one line', 'several\nlines\nof text']) {
      await page.getByLabel(/^Message to /).fill('');
      await paste(page, text);
      assert.equal(await page.evaluate(() => document.activeElement.scrollHeight - document.activeElement.clientHeight), 0, text);
    }
    await page.context().close();
  });

  test('everything is done with the keyboard alone', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const context = await place.context();
    const page = await context.newPage();
    const { keyboard } = page;
    await page.goto(`${place.server.url}/app/`);
    await keyboard.press('Tab');
    await keyboard.type(ann.email);
    await keyboard.press('Tab');
    await keyboard.type(ann.password);
    await keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();

    await keyboard.press('/');
    await keyboard.type(bob.username);
    await row(page, bob).waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await until(() => page.evaluate(() => document.activeElement.id === 'message'), { what: 'focus in the message field' });
    await keyboard.type('written by hand');
    await keyboard.press('Shift+Enter');
    await keyboard.type('in two lines');
    await keyboard.press('Enter');
    await bubble(page, 'written by hand').waitFor();

    await keyboard.press('Escape');
    await until(() => page.evaluate(() => document.activeElement.matches('a.row')), { what: 'focus on the row' });
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, 'solid');
    await keyboard.press('Enter');
    await log(page).waitFor();
    assert.deepEqual(context.faults, []);
    await context.close();
  });

  test('news are said to those who do not see them', async () => {
    const { page, ann, cat } = await conversation();
    const said = page.locator('[aria-live=polite]').getByText(`${cat.username}: Hello again`);
    // What came before the page was connected is no news: it is in the list.
    const isSaid = async () => {
      await say(cat, ann, 'Hello again');
      return (await said.count()) > 0;
    };
    await until(isSaid, { what: 'the news', every: 200 });
    await page.context().close();
  });
});
