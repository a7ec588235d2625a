/** Links in mails: a new password, a verified address; and how administrators come about. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { password } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { originalLogin } from '../lib/tokens.js';
import { until } from '../lib/wait.js';
import { Place, kindsToTest, linkIn, submit, tokenIn } from './place.js';

const loginAs = (place, email, word) => place.rest.post('/api/auth/login', { email, password: word });

for (const { kind, skip } of await kindsToTest('embedded', 'inside', 'apart')) {
  describe(`links in mails, ${kind}`, { skip }, () => {
    let place;
    before(async () => { place = await Place.start(kind); });
    after(async () => {
      closeDevices();
      await place?.stop();
    });

    test('a new password: asked for, mailed, set once; all devices are logged out', async () => {
      const bob = await place.person('bob');
      const device = await Device.connect(place.server, { token: (await loginAs(place, bob.email, password)).body.accessToken });
      const { refreshToken } = originalLogin(bob.id);
      const asked = await place.rest.post('/api/auth/password/forgot', { email: bob.email.toUpperCase() });
      assert.equal(asked.status, 202, asked.text);
      const mail = await place.smtp.next(bob.email);
      const token = tokenIn(linkIn(mail, '/account/reset-password', place));
      const short = await place.rest.post('/api/auth/password/reset', { token, password: 'abc' });
      assert.equal(short.status, 400);
      const set = await place.rest.post('/api/auth/password/reset', { token, password: 'another horse 43' });
      assert.equal(set.status, 200, set.text);
      await until(() => device.drops.length > 0, { what: 'the device is sent away' });
      assert.equal((await loginAs(place, bob.email, password)).status, 401);
      assert.equal((await place.rest.post('/api/auth/refresh', { refreshToken })).status, 401, 'a token of the original');
      const again = await loginAs(place, bob.email, 'another horse 43');
      assert.equal(again.status, 200);
      assert.equal((await place.rest.post('/api/auth/password/reset', { token, password: 'a third horse 44' })).status, 401);
      const own = await new Rest(place.server.url, again.body.accessToken).get('/api/users/me');
      assert.equal(own.body.user.emailVerified, true);
    });

    test('the page of the link sets it, too', async () => {
      const bob = await place.person('bob');
      await place.rest.post('/api/auth/password/forgot', { email: bob.email });
      const link = linkIn(await place.smtp.next(bob.email), '/account/reset-password', place);
      const page = await fetch(link);
      assert.equal(page.status, 200);
      assert.equal(page.headers.get('cache-control'), 'no-store');
      assert.match(page.headers.get('content-security-policy'), /default-src 'none'/);
      const html = await page.text();
      assert.ok(!/<script/i.test(html));
      const names = [...html.matchAll(/<input[^>]*type="password"[^>]*>/g)].map(([input]) => input.match(/name="([^"]+)"/)[1]);
      assert.equal(names.length, 2);
      const form = new URLSearchParams({ token: tokenIn(link), [names[0]]: 'horse number 5', [names[1]]: 'horse number 5' });
      const done = await fetch(link, { method: 'POST', body: form });
      assert.equal(done.status, 200, await done.text());
      assert.equal((await loginAs(place, bob.email, 'horse number 5')).status, 200);
    });

    test('nobody learns whether an address is known, and nothing is sent to a stranger', async () => {
      const bob = await place.person('bob');
      const answers = [];
      for (const email of ['stranger@example.org', bob.email]) answers.push(await place.rest.post('/api/auth/password/forgot', { email }));
      assert.deepEqual([answers[0].status, answers[0].text], [answers[1].status, answers[1].text]);
      await place.smtp.next(bob.email);
      await place.settle();
      assert.equal(place.smtp.to('stranger@example.org').length, 0);
    });

    test('no token is in a job, and no link in the log', async () => {
      const bob = await place.person('bob');
      await place.jobs('pause');
      await place.rest.post('/api/auth/password/forgot', { email: bob.email });
      const waiting = async () => (await place.jobs('list', '--state', 'waiting')).jobs;
      await until(async () => (await waiting()).length === 1, { what: 'the job' });
      assert.ok(!/eyJ/.test(JSON.stringify(await waiting())));
      await place.jobs('resume');
      const token = tokenIn(linkIn(await place.smtp.next(bob.email), '/account/reset-password', place));
      assert.ok(!place.log().includes(token));
    });

    test('administrators are made on the command line, and only they send letters', async () => {
      const bob = await place.person('bob');
      const letter = { email: 'customer@example.org', content: 'Dear customer,\n<i>hello</i>' };
      assert.equal((await bob.rest.post('/api/email/send', letter)).status, 403);
      const promoted = await place.command('user', 'promote', bob.email);
      assert.equal(promoted.code, 0, promoted.stderr);
      const sent = await bob.rest.post('/api/email/send', letter);
      assert.equal(sent.status, 200, sent.text);
      assert.deepEqual(sent.body, { success: true, message: 'Email queued successfully!' });
      const mail = await place.smtp.next('customer@example.org');
      assert.match(mail.text, /Dear customer,\n<i>hello<\/i>/);
      assert.equal((await place.command('user', 'promote', 'nobody@example.org')).code, 1);
      assert.equal((await place.command('user', 'promote', '--revoke', bob.email)).code, 0);
      assert.equal((await bob.rest.post('/api/email/send', letter)).status, 403);
    });
  });
}

for (const { kind, skip } of await kindsToTest('embedded', 'apart')) {
  describe(`REQUIRE_VERIFIED_EMAIL, ${kind}`, { skip }, () => {
    let place;
    before(async () => { place = await Place.start(kind, { env: { REQUIRE_VERIFIED_EMAIL: 'on' } }); });
    after(() => place?.stop());

    const verify = (token) => place.rest.post('/api/auth/email/verify', { token });

    test('nobody logs in before they have followed the link, which is good once', async () => {
      const bob = await place.person('bob');
      const refused = await loginAs(place, bob.email, password);
      assert.equal(refused.status, 403);
      assert.match(refused.text, /verify your e-mail address/);
      assert.equal((await loginAs(place, bob.email, 'wrong')).status, 401);
      const token = tokenIn(linkIn(await place.smtp.next(bob.email), '/account/verify-email', place));
      assert.equal((await verify(`${token}x`)).status, 401);
      assert.equal((await verify(token)).status, 200);
      assert.equal((await loginAs(place, bob.email, password)).status, 200);
      assert.equal((await verify(token)).status, 401);
    });

    test('the page of the link verifies when its button is pressed, not by being opened', async () => {
      const bob = await place.person('bob');
      const link = linkIn(await place.smtp.next(bob.email), '/account/verify-email', place);
      assert.equal((await fetch(link)).status, 200);
      assert.equal((await loginAs(place, bob.email, password)).status, 403);
      assert.equal((await submit(link)).status, 200);
      assert.equal((await loginAs(place, bob.email, password)).status, 200);
    });

    test('asking again and again does not fill a mailbox', async () => {
      const bob = await place.person('bob');
      for (let times = 0; times < 5; times += 1) assert.equal((await bob.rest.post('/api/auth/email/resend')).status, 202);
      await place.smtp.next(bob.email);
      const cid = await place.person('cid');
      await place.smtp.next(cid.email);
      await place.idle();
      assert.equal(place.smtp.to(bob.email).length, 1);
    });
  });
}

test('a link is good as long as the setting says', async (t) => {
  const place = await Place.start('embedded', { env: { RESET_LINK_EXPIRE: '1s' } });
  t.after(() => place.stop());
  const bob = await place.person('bob');
  await place.rest.post('/api/auth/password/forgot', { email: bob.email });
  const token = tokenIn(linkIn(await place.smtp.next(bob.email), '/account/reset-password', place));
  await until(() => Date.now() / 1000 >= JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp + 1, { what: 'the end of the link' });
  assert.equal((await place.rest.post('/api/auth/password/reset', { token, password: 'horse number 6' })).status, 401);
  assert.equal((await loginAs(place, bob.email, password)).status, 200);
});
