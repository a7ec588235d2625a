/** A conversation with unread messages opens where they begin, and what was not shown is not read. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { Device } from '../lib/device.js';
import { conversationList, say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { bubble, log, Place, row, said } from './place.js';

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 780 } };
const unreadOf = async (who) => (await conversationList(who))[0].unreadCount;

/** What of the log is in sight as a whole: the divider, and the texts of messages. */
async function inSight(page) {
  return log(page).evaluate((box) => {
    const edge = box.getBoundingClientRect();
    const isIn = (element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top >= edge.top && bottom <= edge.bottom + 1;
    };
    const divider = box.querySelector('.news');
    const texts = [...box.querySelectorAll('.bubble')].filter(isIn).map((each) => each.querySelector('.content').textContent);
    return { divider: divider && isIn(divider) ? divider.textContent : null, texts };
  });
}

/** Long enough for what is wrongly read to be told: the page has drawn, and has asked the server for something else since. */
async function settle(page) {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 30; frame += 1) await new Promise(requestAnimationFrame);
    await fetch('/healthz').then((answer) => answer.text());
  });
}

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());
  afterEach(async () => assert.deepEqual(await place.leave(), []));

  /** Ann has written `own` messages, Bob then `unread`, and she opens the conversation. */
  async function open({ own, unread, viewport }) {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    // Her other device has had them all: nothing is pushed to the page.
    const phone = await Device.connect(place.server, ann);
    for (let index = 0; index < own; index += 1) await say(ann, bob, `own ${index}`);
    for (let index = 0; index < unread; index += 1) await say(bob, ann, `new ${index}`);
    await phone.next('receive_message', { where: ({ content }) => content === `new ${unread - 1}`, ms: 15_000 });
    phone.close();
    const page = await place.visit(ann, { viewport });
    await row(page, bob).getByText(`${Math.min(unread, 99)}${unread > 99 ? '+' : ''} unread`).waitFor();
    await row(page, bob).click();
    await bubble(page, `new ${unread - 1}`).waitFor();
    await settle(page);
    return { ann, bob, page };
  }

  for (const [name, viewport] of Object.entries(sizes)) {
    for (const own of [0, 300]) {
      test(`5 unread after ${own} of one's own, ${name}: all of them are in sight, and read`, async () => {
        const { ann, page } = await open({ own, unread: 5, viewport });
        const { divider, texts } = await inSight(page);
        assert.equal(divider, '5 new messages');
        assert.deepEqual(texts.slice(-5), ['new 0', 'new 1', 'new 2', 'new 3', 'new 4']);
        await until(async () => (await unreadOf(ann)) === 0, { what: 'all is read' });
      });
    }

    for (const unread of [30, 130]) {
      test(`${unread} unread, ${name}: the first of them is in sight, and none is read before the end`, async () => {
        const { ann, page } = await open({ own: 20, unread, viewport });
        const { divider, texts } = await inSight(page);
        assert.equal(divider, `${unread} new messages`);
        assert.ok(texts.includes('new 0'), texts.join());
        assert.ok(!texts.includes(`new ${unread - 1}`), texts.join());
        assert.equal(await unreadOf(ann), unread);
        await page.getByRole('button', { name: /To the newest message/ }).click();
        await until(async () => (await unreadOf(ann)) === 0, { what: 'all is read' });
        assert.equal((await inSight(page)).texts.at(-1), `new ${unread - 1}`);
      });
    }
  }

  describe('more unread messages than are loaded', () => {
    test('say that there are more', async () => {
      const { ann, page } = await open({ own: 0, unread: 620, viewport: sizes.desktop });
      const { divider, texts } = await inSight(page);
      assert.match(divider, /^\d+\+ new messages$/);
      const [first] = await said(page);
      assert.ok(Number(divider.split('+')[0]) < 620 && first !== 'new 0' && !texts.includes('new 619'), `${divider}, ${first}`);
      assert.equal(await unreadOf(ann), 620);
    });
  });
});
