/** What was missed is there in the end, also where a server that is busy refuses what brings it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { Device } from '../lib/device.js';
import { say } from '../lib/people.js';
import { deferred, until } from '../lib/wait.js';
import { bubble, find, Place, row, said } from './place.js';

const banner = (page) => page.getByText('Reconnecting…');
const busy = { code: 'overloaded', message: 'The server is busy' };

/** In the page: `sync` is refused with the errors of `window.refusals`, one each; `window.refused` counts them, `window.syncs` what was asked. */
function refuseSyncs() {
  Object.assign(window, { refusals: [], refused: 0, syncs: [] });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const asked = typeof data === 'string' && /^42(\d+)\["sync"/.exec(data);
    if (asked) window.syncs.push(JSON.parse(data.slice(data.indexOf('[')))[1]);
    const error = asked && window.refusals.shift();
    if (!error) return send.call(this, data);
    window.refused += 1;
    const answer = `43${asked[1]}${JSON.stringify([{ ok: false, error }])}`;
    setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: answer })));
  };
}

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());
  afterEach(async () => assert.deepEqual(await place.leave(), []));

  /** Ann looks at her conversation with Bob. */
  async function look() {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const context = await place.context();
    await context.addInitScript(refuseSyncs);
    await context.route(/transport=polling/, (route) => route.abort());
    const page = await place.visit(ann, { context });
    await find(page, bob);
    await say(bob, ann, 'one');
    await bubble(page, 'one').waitFor();
    await until(() => page.evaluate(() => window.syncs.length > 0), { what: 'a sync', ms: 15_000 });
    return { ann, bob, page };
  }

  /** While the page is offline Bob writes what another device of Ann gets; the page comes back to syncs that are refused. */
  async function miss({ ann, bob, page }, ...refusals) {
    const phone = await Device.connect(place.server, ann);
    await page.context().setOffline(true);
    await banner(page).waitFor();
    for (const text of ['two', 'three', 'four']) await say(bob, ann, text);
    await phone.next('receive_message', { where: ({ content }) => content === 'four' });
    await page.evaluate((errors) => window.refusals.push(...errors), refusals);
    await page.context().setOffline(false);
    await until(() => page.evaluate(() => window.refused > 0), { what: 'a refused sync', ms: 15_000 });
    return phone;
  }

  test('a sync that is refused in passing is asked for again', async () => {
    const it = await look();
    const phone = await miss(it, busy, busy);
    await bubble(it.page, 'four').waitFor();
    assert.deepEqual(await said(it.page), ['one', 'two', 'three', 'four']);
    phone.close();
  });

  test('a message that shows a gap brings what is in the gap, without a sync', async () => {
    const it = await look();
    const phone = await miss(it, ...Array(100).fill(busy));
    await say(it.bob, it.ann, 'five');
    await bubble(it.page, 'five').waitFor();
    await bubble(it.page, 'three').waitFor();
    assert.deepEqual(await said(it.page), ['one', 'two', 'three', 'four', 'five']);
    phone.close();
  });

  test('a cursor that the server does not know is forgotten, and what is shown is loaded anew', async () => {
    const it = await look();
    const phone = await miss(it, { code: 'bad_request', message: 'Invalid cursor' });
    await bubble(it.page, 'four').waitFor();
    assert.deepEqual(await said(it.page), ['one', 'two', 'three', 'four']);
    phone.close();
  });

  test('a page begins where its list stands, and asks for nothing that came before', async () => {
    const { ann, bob, page } = await look();
    for (let count = 0; count < 30; count += 1) await say(bob, ann, `before ${count}`);
    await page.goto(`${place.server.url}/app/`);
    await row(page, bob).getByText('before 29').waitFor();
    const [{ since }] = await until(() => page.evaluate(() => window.syncs.length > 0 && window.syncs), { what: 'a sync', ms: 15_000 });
    const device = await Device.connect(place.server, ann);
    assert.deepEqual((await device.sync(since)).messages, []);
    device.close();
  });

  test('a list that is refused in passing is asked for again', async () => {
    const { bob, page } = await look();
    const codes = ['unavailable', 'rate_limited'];
    await page.route('**/api/conversations/list*', (route) => {
      const code = codes.shift();
      if (!code) return route.continue();
      return route.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify({ success: false, code, message: 'busy' }) });
    });
    await page.reload();
    await until(() => codes.length === 0, { what: 'two more tries', ms: 15_000 });
    await row(page, bob).waitFor();
  });

  test('who writes for the first time while the list is under way has a name', async () => {
    const { ann, bob, page } = await look();
    const cat = await place.person('cat');
    const [isAsked, isFree] = [deferred(), deferred()];
    await page.route('**/api/conversations/list*', async (route) => {
      const response = await route.fetch();
      isAsked.resolve();
      await isFree.promise;
      await route.fulfill({ response });
    });
    await page.reload();
    await isAsked.promise;
    await say(cat, ann, 'you do not know me');
    await page.getByRole('navigation', { name: 'Conversations' }).getByText('you do not know me').waitFor();
    isFree.resolve();
    await row(page, bob).waitFor();
    await row(page, cat).getByText('you do not know me').waitFor();
  });
});
