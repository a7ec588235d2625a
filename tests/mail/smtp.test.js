/** Mail servers with moods: refusing for now and for good, slow, gone, wanting TLS and a login; and none at all. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { simpleParser } from 'mailparser';

import { say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { Place, kindsToTest } from './place.js';

for (const { kind, skip } of await kindsToTest('embedded', 'apart')) {
  describe(`a mail server with moods, ${kind}`, { skip }, () => {
    let place;
    before(async () => { place = await Place.start(kind); });
    after(() => place?.stop());

    /** A message to somebody new, whose mails are treated like that. */
    async function sendIn(mood) {
      const [ann, bob] = await place.people('ann', 'bob');
      place.smtp.treat(bob.email, mood);
      await say(ann, bob, `in mood ${mood}`);
      return bob;
    }

    for (const mood of ['4xx', 'rcpt-4xx', 'close', 'rcpt-close']) {
      test(`${mood}: tried again later and later until it is taken, once`, async () => {
        // What fails on a kept connection before the mail has begun is tried on a new one at once, in the same run.
        place.smtp.dropConnections();
        const began = Date.now();
        const bob = await sendIn(mood);
        await place.smtp.refuses(bob.email, 3);
        place.smtp.treat(bob.email, 'accept');
        const mail = await place.smtp.next(bob.email);
        await place.idle();
        assert.equal(place.smtp.to(bob.email).length, 1);
        // The rests are 200, 400, 800 ms, less a fifth of jitter. A busy test hears of tries late, never early.
        const times = [...place.smtp.triesOf(bob.email), mail].map((one) => one.at - began);
        for (let run = 1, rests = 0; run < times.length; run += 1) {
          rests += 0.8 * 200 * 2 ** (run - 1);
          assert.ok(times[run] >= rests - 5, `try ${run + 1} came after ${times[run]} ms, not after ${rests} ms of rest`);
        }
        assert.deepEqual(await place.listed('failed'), []);
      });
    }

    for (const [mood, reason] of [['5xx', /550.*we do not like this mail/], ['rcpt-5xx', /550.*no such mailbox/]]) {
      test(`${mood}: fails at once, can be looked at, and goes when somebody asks for it again`, async () => {
        const bob = await sendIn(mood);
        const job = await place.failedFor(bob);
        assert.equal(place.smtp.triesOf(bob.email).length, 1);
        assert.equal(job.name, 'send-email');
        assert.match(job.failedReason, reason);
        assert.equal(job.data.messageContent, `in mood ${mood}`);
        const { jobs: [shown] } = await place.jobs('show', job.id);
        assert.deepEqual([shown.state, shown.attemptsMade, shown.attempts], ['failed', 1, 5]);
        const table = await place.command('jobs', 'list', '--state', 'failed');
        assert.match(table.stdout, new RegExp(`failed +${job.id} +send-email +1/5 .*550`));
        place.smtp.treat(bob.email, 'accept');
        await place.jobs('retry', job.id);
        await place.smtp.next(bob.email);
        await place.idle();
        assert.deepEqual(await place.listed('failed'), []);
        assert.equal((await place.command('jobs', 'show', job.id)).code, 1, 'done jobs are not kept');
      });
    }

    test('attempts end; who gives up can remove the job', async () => {
      const bob = await sendIn('4xx');
      const job = await place.failedFor(bob, 30_000);
      assert.equal(place.smtp.triesOf(bob.email).length, 5);
      assert.equal(job.attemptsMade, 5);
      assert.match(job.failedReason, /451.*try again later/);
      assert.equal((await place.jobs('remove', job.id)).done, 1);
      assert.deepEqual(await place.listed('failed'), []);
      assert.equal(place.smtp.to(bob.email).length, 0);
    });

    test('a slow one is waited for, and does not hold up the others', async () => {
      const slow = await sendIn('slow');
      const others = await place.people('a', 'b', 'c');
      for (const one of others) await say(slow, one, 'meanwhile');
      const mails = await Promise.all(others.map((one) => place.smtp.next(one.email)));
      const late = await place.smtp.next(slow.email);
      assert.ok(mails.every((mail) => mail.at < late.at));
      await place.idle();
      assert.equal(place.smtp.to(slow.email).length, 1);
    });

    test('one that is away for a while gets it when it is back', async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      await place.smtp.stop();
      await say(ann, bob, 'nobody listens');
      await place.counted({ delayed: 1 });
      await place.smtp.listen();
      await place.smtp.next(bob.email);
      await place.idle();
      assert.equal(place.smtp.to(bob.email).length, 1);
    });

    test('many mails, many moods: each is sent once, or is listed', async () => {
      const ann = await place.person('ann');
      const moods = ['accept', '4xx', 'accept', 'slow', '5xx', 'close', 'accept', 'rcpt-4xx', 'rcpt-5xx', 'accept'];
      const crowd = await Promise.all(moods.flatMap((mood) => [mood, mood]).map(async (mood) => ({ mood, ...(await place.person()) })));
      for (const one of crowd) place.smtp.treat(one.email, one.mood);
      for (const one of crowd) await say(ann, one, `for ${one.mood}`);
      const later = crowd.filter((one) => ['4xx', 'close', 'rcpt-4xx'].includes(one.mood));
      for (const one of later) await place.smtp.refuses(one.email);
      for (const one of later) place.smtp.treat(one.email, 'accept');
      await place.idle();
      const hopeless = crowd.filter((one) => one.mood.endsWith('5xx'));
      for (const one of crowd) assert.equal(place.smtp.to(one.email).length, hopeless.includes(one) ? 0 : 1, one.mood);
      assert.deepEqual((await place.listed('failed')).map((job) => job.data.receiverId).sort(), hopeless.map((one) => one.id).sort());
      for (const one of hopeless) place.smtp.treat(one.email, 'accept');
      assert.equal((await place.jobs('retry', '--all')).done, hopeless.length);
      for (const one of hopeless) await place.smtp.next(one.email);
      await place.idle();
      assert.equal((await place.jobs('counts')).failed, 0);
    });

    test('what was refused is counted', async () => {
      await place.idle();
      const mails = (outcome) => place.metric('parley_mails_total', 'kind="notice"', `outcome="${outcome}"`);
      assert.equal(await mails('sent'), place.smtp.mails.length);
      assert.equal((await mails('deferred')) + (await mails('failed')) >= place.smtp.refused.length, true);
      assert.ok((await place.metric('parley_jobs_total', 'outcome="retried"')) > 0);
      assert.ok((await place.metric('parley_jobs_total', 'outcome="failed"')) > 0);
    });
  });
}

describe('a mail server that wants a login', () => {
  const auth = { user: 'team@example.org', password: 'p@ss:w/rd %&' };
  const secrets = /p@ss|p%40ss/;

  /** Runs `body(place, bob)` when ann has written to bob. */
  async function withMessage(smtp, env, body) {
    const place = await Place.start('embedded', { smtp, env });
    try {
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, 'hello');
      await body(place, bob);
      assert.doesNotMatch(place.log(), secrets, 'no password in the log');
    } finally {
      await place.stop();
    }
  }

  test('gets it over STARTTLS, when its certificate is trusted', () => withMessage({ auth, tls: 'starttls' }, {}, async (place, bob) => {
    const mail = await place.smtp.next(bob.email);
    assert.deepEqual([mail.secure, mail.user], [true, auth.user]);
    assert.ok(place.smtp.logins.every((login) => login.secure && login.password === auth.password));
    assert.match(place.log(), new RegExp(`smtp://127\\.0\\.0\\.1:${place.smtp.port}`), 'it says where mails go');
  }));

  test('gets it over smtps, when its certificate is trusted', () => withMessage({ auth, tls: 'implicit' }, {}, async (place, bob) => {
    const mail = await place.smtp.next(bob.email);
    assert.deepEqual([mail.secure, mail.user], [true, auth.user]);
  }));

  for (const tls of ['starttls', 'implicit']) {
    test(`does not get it with a certificate that nobody trusts, ${tls}`, async () => {
      const place = await Place.start('embedded', { smtp: { auth, tls } });
      await place.server.stop();
      place.server.options.env.SMTP_URL = place.smtp.url;
      await place.server.start();
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, 'hello');
      const [job] = await until(async () => {
        const delayed = await place.listed('delayed');
        return delayed.length === 1 && delayed;
      }, { what: 'a try that failed' });
      assert.match(job.failedReason, /certificate/i);
      assert.deepEqual([place.smtp.logins, place.smtp.mails], [[], []]);
      assert.doesNotMatch(place.log(), secrets);
      await place.stop();
      assert.deepEqual(place.smtp.to(bob.email), []);
    });
  }

  test('does not get it in the clear when TLS is required', () => withMessage({ auth, query: 'tls=required' }, {}, async (place) => {
    await until(async () => (await place.listed('delayed')).length === 1, { what: 'a try that failed' });
    assert.deepEqual([place.smtp.logins, place.smtp.mails], [[], []]);
  }));

  test('gets it in the clear on this machine', () => withMessage({ auth }, {}, async (place, bob) => {
    assert.equal((await place.smtp.next(bob.email)).secure, false);
  }));

  test('refuses a wrong one: an operator mends that, so the mail waits', async () => {
    const smtp = { auth };
    const place = await Place.start('embedded', { smtp });
    place.smtp.options.auth.password = 'another';
    const [ann, bob] = await place.people('ann', 'bob');
    try {
      await say(ann, bob, 'hello');
      await until(() => place.smtp.logins.length >= 2, { what: 'two tries' });
      assert.deepEqual(await place.listed('failed'), []);
      place.smtp.options.auth.password = smtp.auth.password;
    } finally {
      smtp.auth.password = 'p@ss:w/rd %&';
    }
    await place.smtp.next(bob.email);
    await place.stop();
  });
});

describe('without a mail server', () => {
  test('mails are files that only the server may read, and the log says where', async (t) => {
    const place = await Place.start('embedded', { smtp: null });
    t.after(() => place.stop());
    const [ann, bob] = await place.people('ann', 'bob');
    await say(ann, bob, 'into a file');
    const folder = join(place.server.dataDir, 'mail');
    const files = () => readdirSync(folder).filter((name) => name.endsWith('.eml'));
    await until(() => files().length === 1, { what: 'a file' });
    assert.equal(statSync(folder).mode & 0o077, 0);
    const mail = await simpleParser(readFileSync(join(folder, files()[0])));
    assert.equal(mail.to.value[0].address, bob.email);
    assert.match(mail.text, /into a file/);
    assert.match(place.log(), new RegExp(`mail is written.*${folder}|${folder}.*mail`));
    await place.idle();
    assert.equal(files().length, 1);
  });
});
