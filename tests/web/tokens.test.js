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
