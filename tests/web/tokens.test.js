/** A server with other settings: tokens that live for seconds, and short messages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { inEachBrowser } from '../lib/browser.js';
import { until } from '../lib/wait.js';
import { bubble, find, Place, row, tick, write } from './place.js';

const stored = (page) => page.evaluate(() => JSON.parse(localStorage.getItem('parley.session')));

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser, { ACCESS_TOKEN_EXPIRE: '3s', MAX_CONTENT: '40' })));
  after(() => place?.close());

  test('change in one of several tabs at a time, and nobody notices', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const context = await place.context();
    const used = [];
    await context.exposeFunction('uses', (token) => used.push(token));
    await context.addInitScript(() => {
      const real = window.fetch;
      window.fetch = (path, init) => {
        if (path === '/api/auth/refresh') window.uses(JSON.parse(init.body).refreshToken);
        return real(path, init);
      };
    });
    const tabs = [await place.visit(ann, { context })];
    for (let more = 0; more < 2; more += 1) tabs.push(await place.visit(ann, { context, isLoggedIn: true }));
    const b = await place.visit(bob);
    await find(b, ann);
    await find(tabs[0], bob);

    await until(() => used.length >= 5, { what: 'five fresh tokens', ms: 30_000, every: 50 });
    // A second use of one would end the login of all three tabs.
    assert.equal(new Set(used).size, used.length);
    await write(tabs[0], 'still here');
    await bubble(b, 'still here').waitFor();
    for (const tab of tabs.slice(1)) await row(tab, bob).getByText('still here').waitFor();
    await write(b, 'so am I');
    await bubble(tabs[0], 'so am I').waitFor();
    assert.deepEqual([...context.faults, ...b.context().faults], []);
    await Promise.all([context.close(), b.context().close()]);
  });

  test('that ended while the machine slept are changed when it wakes', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const a = await place.visit(ann);
    await a.context().setOffline(true);
    const { until: end } = await stored(a);
    await until(() => Date.now() > end, { what: 'the end of the token', ms: 10_000 });
    await a.context().setOffline(false);
    await find(a, bob);
    await write(a, 'awake');
    await a.getByRole('img', { name: 'Sent', exact: true }).first().waitFor();
    await a.context().close();
  });

  test('are asked for again when the answer hangs, and the other tabs do not wait for it for ever', async () => {
    const ann = await place.person('ann');
    const context = await place.context();
    await context.addInitScript(() => {
      const timeout = AbortSignal.timeout;
      AbortSignal.timeout = () => timeout.call(AbortSignal, 2_000);
    });
    let asked = 0;
    await context.route('**/api/auth/refresh', (route) => {
      asked += 1;
      if (asked > 1) return route.continue();
    });
    const first = await place.visit(ann, { context });
    await place.visit(ann, { context, isLoggedIn: true });
    const { accessToken } = await stored(first);
    await until(async () => (await stored(first)).accessToken !== accessToken, { what: 'a fresh token', ms: 20_000, every: 50 });
    assert.ok(asked > 1);
    await context.close();
  });

  test('are not changed when a connection is refused for another reason', async () => {
    const ann = await place.person('ann');
    const context = await place.context();
    await context.addInitScript(() => {
      window.refused = 0;
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (data) {
        if (!/^40/.test(data) || !localStorage.getItem('refusing')) return send.call(this, data);
        window.refused += 1;
        setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data: '44{"message":"Too many devices"}' })));
      };
    });
    const a = await place.visit(ann, { context });
    let asked = 0;
    await context.route('**/api/auth/refresh', (route) => {
      asked += 1;
      return route.continue();
    });
    await a.evaluate(() => localStorage.setItem('refusing', 'yes'));
    // A token that lasts, so that a refresh has no other cause.
    await a.evaluate(async (token) => {
      const session = JSON.parse(localStorage.getItem('parley.session'));
      localStorage.setItem('parley.session', JSON.stringify({ ...session, accessToken: token, until: Date.now() + 900_000 }));
    }, ann.token);
    await a.reload();
    await until(() => a.evaluate(() => window.refused > 1), { what: 'two refusals', ms: 30_000, every: 50 });
    assert.equal(asked, 0);
    await a.evaluate(() => localStorage.removeItem('refusing'));
    await context.close();
  });

  test('of a login that was ended elsewhere lead to the login page, which says so', async () => {
    const ann = await place.person('ann');
    const a = await place.visit(ann);
    assert.equal((await ann.rest.post('/api/auth/logout-all')).status, 204);
    await a.getByText('Your login has ended').waitFor();
    assert.equal(await stored(a), null);
    await a.context().close();
  });

  test('a message that the server refuses says why, and can be tried again or deleted', async () => {
    const [ann, bob] = await Promise.all([place.person('ann'), place.person('bob')]);
    const a = await place.visit(ann);
    await find(a, bob);
    await write(a, 'more than this server takes in one message');
    await bubble(a, 'more than').getByRole('alert').getByText('Not sent: The message must').waitFor();
    await write(a, 'short');
    await tick(a, 'short', 'Sent').waitFor();
    await bubble(a, 'more than').getByRole('button', { name: 'Try again' }).click();
    await bubble(a, 'more than').getByRole('alert').getByText('Not sent: The message must').waitFor();
    await bubble(a, 'more than').getByRole('button', { name: 'Delete' }).click();
    await bubble(a, 'more than').waitFor({ state: 'detached' });
    await a.context().close();
  });
});
