/**
 * How our mails look in a browser: readable in a light and in a dark client, and on a phone. With PARLEY_SCREENSHOTS=FOLDER the
 * pictures are kept there.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { inEachBrowser, launch } from '../lib/browser.js';
import { say } from '../lib/people.js';
import { Place, linkIn } from './place.js';

/** In the browser: every text with less contrast than WCAG 2 wants (4.5), and what is wider than the window. */
function findProblems() {
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const backgroundOf = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const problems = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || ['STYLE', 'TITLE'].includes(element.tagName) || element.getClientRects().length === 0) continue;
    const [front, back] = [luminance(parse(getComputedStyle(element).color)), luminance(backgroundOf(element))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (contrast < 4.5) problems.push(`contrast ${contrast.toFixed(1)}: ${text.slice(0, 40)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth) problems.push(`wider than ${innerWidth} px`);
  return problems;
}

describe('what is read in a browser', () => {
  let place;
  const documents = new Map();

  before(async () => {
    place = await Place.start('embedded', { env: { REQUIRE_VERIFIED_EMAIL: 'on' } });
    const [ann, bob] = [await place.person('ann'), await place.person('bob')];
    documents.set('verification', (await place.smtp.next(bob.email)).html);
    await say(ann, bob, `A long word: ${'x'.repeat(120)}, and <b>no markup</b>`);
    documents.set('notice', (await place.smtp.next(bob.email, 2)).html);
    await place.rest.post('/api/auth/password/forgot', { email: bob.email });
    const reset = await place.smtp.next(bob.email, 3);
    documents.set('reset', reset.html);
    documents.set('reset page', await (await fetch(linkIn(reset, '/account/reset-password', place))).text());
    await place.command('user', 'promote', bob.email);
    await bob.rest.post('/api/email/send', { email: 'you@example.org', content: 'Two\nlines' });
    documents.set('letter', (await place.smtp.next('you@example.org')).html);
  });
  after(() => place?.stop());

  inEachBrowser((kind) => {
    let browser;
    before(async () => (browser = await launch(kind)));
    after(() => browser?.close());

    // Firefox has one colour scheme for all that it shows.
    for (const name of ['notice', 'verification', 'reset', 'reset page', 'letter']) {
      for (const colorScheme of kind === 'Chromium' ? ['light', 'dark'] : ['light']) {
        test(`${name}, ${colorScheme}, is readable on a phone`, async () => {
          const page = await browser.newPage({ colorScheme, viewport: { width: 360, height: 640 } });
          const requests = [];
          page.on('request', (request) => requests.push(request.url()));
          await page.setContent(documents.get(name));
          if (process.env.PARLEY_SCREENSHOTS)
            await page.screenshot({ path: join(process.env.PARLEY_SCREENSHOTS, `${name.replace(' ', '-')}-${colorScheme}-${kind}.png`), fullPage: true });
          assert.deepEqual(await page.evaluate(findProblems), []);
          assert.equal(await page.locator('script, img, link').count(), 0);
          assert.deepEqual(requests.filter((url) => /^https?:/.test(url)), [], 'nothing is loaded');
          await page.close();
        });
      }
    }
  });
});
