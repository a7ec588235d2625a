/** Mails about messages: who gets one, when, and what it says. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { Place, kindsToTest, linkIn, submit } from './place.js';

for (const { kind, skip } of await kindsToTest('embedded', 'inside', 'apart')) {
  describe(`mails about messages, ${kind}`, { skip }, () => {
    let place;
    before(async () => { place = await Place.start(kind); });
    afterEach(() => closeDevices());
    after(() => place?.stop());

    /** How many of the runs of jobs ended with nothing to send. */
    const skipped = () => place.metric('parley_mails_total', 'kind="notice"', 'outcome="skipped"');

    test('one to somebody who is away, with who wrote and what', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, 'Are you there?\n<b>Really</b> & truly "é😀"');
      const mail = await place.smtp.next(bob.email);
      assert.deepEqual(mail.envelope, { from: 'team@example.org', to: [bob.email] });
      assert.deepEqual(mail.from.value, [{ address: 'team@example.org', name: 'The Team' }]);
      assert.deepEqual(mail.to.value.map((one) => one.address), [bob.email]);
      assert.equal(mail.subject, `New message from ${ann.username}`);
      assert.match(mail.text, /> Are you there\? <b>Really<\/b> & truly "é😀"/);
      assert.match(mail.html, /Are you there\? &lt;b&gt;Really&lt;\/b&gt; &amp; truly/);
      assert.doesNotMatch(mail.html, /<b>/, 'what people write is escaped');
    });

    test('well-formed, not answered by machines, and with what RFC 8058 wants', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, `${'long words in one line '.repeat(40)}\r\nBcc: everybody@example.org`);
      const mail = await place.smtp.next(bob.email);
      const [head, ...body] = mail.raw.split('\r\n\r\n');
      assert.doesNotMatch(mail.raw, /[^\r]\n|\r[^\n]/, 'lines end with CRLF');
      assert.ok(body.join('\r\n').split('\r\n').every((line) => line.length <= 76), 'lines of quoted-printable');
      assert.ok(head.split('\r\n').every((line) => line.length <= 998), 'lines of a head: addresses cannot be folded');
      assert.doesNotMatch(mail.raw, /[^\x09\x0a\x0d\x20-\x7e]/, 'it is ASCII on the wire');
      assert.doesNotMatch(head, /everybody/);
      assert.equal(mail.headers.get('content-type').value, 'multipart/alternative');
      assert.ok(Math.abs(mail.date - Date.now()) < 60_000, `${mail.date}`);
      assert.match(mail.messageId, /^<[^\s@]+@[^\s@]+>$/);
      assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
      assert.match(head, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click$/m);
      assert.match(mail.headers.get('list').unsubscribe.url, /^https:\/\/chat\.example\.org\/api\/email\/unsubscribe\?token=/);
      assert.ok([...mail.text.split('\n').find((line) => line.startsWith('> '))].length <= 203, 'a snippet, not all of it');
    });

    test('one for all that came in the quiet period, and one about another conversation', async () => {
      const [ann, bob, cid] = await place.people('ann', 'bob', 'cid');
      await place.jobs('pause');
      for (const text of ['first', 'second', 'third']) await say(ann, bob, text);
      await say(cid, bob, 'from somebody else');
      await place.counted({ prioritized: 2 });
      await place.jobs('resume');
      await place.smtp.next(bob.email, 2);
      await say(ann, bob, 'fourth');
      await place.settle();
      const mails = place.smtp.to(bob.email);
      assert.deepEqual(mails.map((mail) => mail.subject).sort(), [`3 unread messages from ${ann.username}`, `New message from ${cid.username}`].sort());
      assert.match(mails.find((mail) => mail.subject.startsWith('3')).text, /> third/, 'the newest');
    });

    test('none to somebody who is online; one when they have gone', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      const device = await Device.connect(place.server, bob);
      await say(ann, bob, 'seen');
      await device.next('receive_message');
      await place.settle();
      assert.equal(place.smtp.to(bob.email).length, 0);
      device.close();
      await until(async () => !(await ann.rest.get(`/api/users/${bob.id}/online`)).body.online, { what: 'bob is offline' });
      await say(ann, bob, 'gone');
      assert.match((await place.smtp.next(bob.email)).text, /> gone/);
    });

    test('none when it was read before the job ran', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      const before = await skipped();
      await place.jobs('pause');
      const message = await say(ann, bob, 'read soon');
      await place.counted({ prioritized: 1 });
      const device = await Device.connect(place.server, bob);
      const read = await device.ask('message_read', { messageId: message._id });
      assert.equal(read.ok, true, JSON.stringify(read));
      device.close();
      await place.jobs('resume');
      await place.settle();
      assert.equal(place.smtp.to(bob.email).length, 0);
      assert.equal(await skipped(), before + 1);
    });

    test('none to somebody who has switched them off', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      assert.equal((await bob.rest.patch('/api/users/me', { emailNotifications: false })).status, 200);
      const before = await skipped();
      await say(ann, bob, 'hello');
      await place.settle();
      assert.equal(place.smtp.to(bob.email).length, 0);
      assert.equal(await skipped(), before + 1);
    });

    test('a link switches them off: not by being opened, but by its button', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, 'hello');
      const link = linkIn(await place.smtp.next(bob.email), '/api/email/unsubscribe', place);
      const wantsMails = async () => (await bob.rest.get('/api/users/me')).body.user.emailNotifications;
      for (let opened = 0; opened < 2; opened += 1) assert.equal((await fetch(link)).status, 200);
      assert.equal(await wantsMails(), true);
      const done = await submit(link);
      assert.equal(done.status, 200, await done.text());
      assert.equal(await wantsMails(), false);
      assert.equal((await submit(`${link}x`)).status, 401);
    });

    test('one click in a mail program switches them off, any number of times', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, 'hello');
      const { url } = (await place.smtp.next(bob.email)).headers.get('list').unsubscribe;
      const link = url.replace('https://chat.example.org', place.server.url);
      const wantsMails = async () => (await bob.rest.get('/api/users/me')).body.user.emailNotifications;
      assert.equal((await submit(link, { 'List-Unsubscribe': 'One-Click' })).status, 200);
      assert.equal(await wantsMails(), false);
      await bob.rest.patch('/api/users/me', { emailNotifications: true });
      const parts = new FormData();
      parts.set('List-Unsubscribe', 'One-Click');
      assert.equal((await fetch(link, { method: 'POST', body: parts })).status, 200, 'as RFC 8058 allows');
      assert.equal(await wantsMails(), false);
    });

    test('names do not get out of their headers', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      const name = '"Ann" <b>, x@example.org; é';
      for (const one of [ann, bob]) assert.equal((await one.rest.patch('/api/users/me', { name })).status, 200);
      await say(ann, bob, 'hello');
      const mail = await place.smtp.next(bob.email);
      assert.deepEqual(mail.to.value, [{ address: bob.email, name }]);
      assert.deepEqual(mail.envelope.to, [bob.email]);
      assert.ok(mail.subject.includes(name), mail.subject);
      assert.doesNotMatch(mail.html, /<b>/);
    });

    test('all of it is counted, and the probes know of the queue', async () => {
      await place.settle();
      assert.ok(await place.metric('parley_mails_total', 'kind="notice"', 'outcome="sent"') >= place.smtp.mails.length);
      assert.ok(await place.metric('parley_jobs_total', 'outcome="completed"') >= place.smtp.mails.length);
      for (const state of ['waiting', 'prioritized', 'active', 'delayed', 'failed']) await place.metric('parley_jobs', 'queue="email-queue"', `state="${state}"`);
      await place.metric('parley_jobs_oldest_waiting_seconds');
      for (const url of [place.server.url, ...place.workers.map((worker) => worker.url)]) {
        const answer = await fetch(`${url}/readyz`);
        const text = await answer.text();
        assert.equal(answer.status, 200, text);
        assert.doesNotMatch(text, /degraded/);
        assert.equal((await fetch(`${url}/healthz`)).status, 200);
      }
      assert.doesNotMatch(place.log(), /hello|read soon|@example\.org>/, 'no contents or addresses in the log');
    });
  });
}

for (const { kind, skip } of await kindsToTest('embedded', 'inside')) {
  test(`a second mail once the quiet period is over, ${kind}`, { skip }, async (t) => {
    const quiet = 1500;
    const place = await Place.start(kind, { env: { QUIET_PERIOD: `${quiet}ms` } });
    t.after(() => place.stop());
    const [ann, bob] = await place.people('ann', 'bob');
    const began = Date.now();
    let sent = 0;
    const again = async () => {
      await say(ann, bob, `message ${sent += 1}`);
      return place.smtp.to(bob.email).length >= 2;
    };
    await until(again, { what: 'a second mail', ms: 15_000, every: 100 });
    const [first, second] = place.smtp.to(bob.email);
    assert.ok(second.at - began >= quiet, `${second.at - began} ms after the first message`);
    assert.match(first.text, /> message \d/);
    assert.match(second.subject, /^\d+ unread messages/);
  });
}
