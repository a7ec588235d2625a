import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { closeDevices, Device } from '../lib/device.js';
import { conversationList, history, login, people, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { temporaryDirectory } from '../lib/server.js';
import { originalLogin } from '../lib/tokens.js';
import { until } from '../lib/wait.js';
import { closeStores, stores } from './place.js';

afterEach(closeDevices);
after(closeStores);

const logIn = (server, { email, password }) => new Rest(server.url).post('/api/auth/login', { email, password });

for (const { name, skip, start } of stores) {
  describe(`parley user on ${name}`, { skip }, () => {
    let place;
    let server;
    before(async () => {
      place = await start();
      server = place.server;
    });
    after(() => place?.destroy());

    /** At once where the server was asked, else within seconds: the connection and the access token end. */
    const ending = async (device, token) => {
      await until(() => device.drops.length === 1, { what: 'the end of that connection', ms: place.store.MONGO_URI ? 10_000 : 1000 });
      assert.equal((await new Rest(server.url, token).get('/api/users/me')).status, 401);
    };

    test('creates an account that can log in, shows it and lists it', async () => {
      const made = await place.json('user', 'create', 'Zoe@example.org', '--username', 'zoe', '--administrator', '--verified');
      assert.ok(made.administrator && made.emailVerified && made.password.length === 20);
      assert.equal((await logIn(server, { email: 'zoe@example.org', password: made.password })).status, 200);
      const shown = await place.json('user', 'show', 'zoe@example.org');
      assert.deepEqual([shown._id, shown.username, shown.sessions], [made._id, 'zoe', 1]);
      assert.ok(!('password' in shown));
      const list = await place.run('user', 'list', '--search', 'ZO', '--json');
      assert.deepEqual(list.stdout.trim().split('\n').map((line) => JSON.parse(line)._id), [made._id]);
      assert.match((await place.run('user', 'list')).stdout, /zoe +Zoe@example\.org/);
      const again = await place.run('user', 'create', 'zoe@example.org', '--username', 'zoe');
      assert.deepEqual([again.code, again.stderr], [1, 'parley: Email already registered\n']);
    });

    test('disabling ends everything at once and enabling lets them back', async () => {
      const [ann, bob] = await people(server, 'ann', 'bob');
      const { accessToken, refreshToken } = await login(server, ann);
      const device = await Device.connect(server, accessToken);
      const old = await Device.connect(server, ann);
      assert.equal((await place.json('user', 'disable', ann.email)).disabled, true);
      await until(() => device.drops.length === 1 && old.drops.length === 1, { what: 'the end of the connections', ms: 10_000 });
      const rest = new Rest(server.url, accessToken);
      assert.equal((await rest.get('/api/users/me')).status, 401);
      assert.equal((await ann.rest.post('/api/messages', { receiverId: bob.id, content: 'x' })).status, 401);
      assert.equal((await rest.post('/api/auth/refresh', { refreshToken })).status, 401);
      const refused = await logIn(server, ann);
      assert.deepEqual([refused.status, refused.body.message], [403, 'This account is disabled']);
      assert.equal((await logIn(server, { ...ann, password: 'wrong password' })).status, 401);
      await assert.rejects(Device.connect(server, ann), /Auth failed/);

      await server.restart();
      await until(async () => (await ann.rest.get('/api/users/me')).status === 401, { what: 'the bar after a restart' });
      await place.json('user', 'enable', ann.email);
      const again = await login(server, ann);
      await until(async () => (await new Rest(server.url, again.accessToken).get('/api/users/me')).status === 200, { what: 'no bar', ms: 10_000 });
    });

    test('shows sessions, and ends one or all', async () => {
      const [ann] = await people(server, 'ann');
      const [phone, laptop] = [await login(server, ann), await login(server, ann)];
      const { sessions } = await place.json('user', 'sessions', ann.email);
      assert.equal(sessions.length, 2);
      const [device, other] = [await Device.connect(server, phone.accessToken), await Device.connect(server, laptop.accessToken)];
      assert.equal((await place.json('user', 'revoke', ann.email, '--session', sessions[0]._id)).sessionsEnded, 1);
      await ending(device, phone.accessToken);
      const refresh = ({ refreshToken }) => new Rest(server.url).post('/api/auth/refresh', { refreshToken });
      assert.equal((await refresh(phone)).status, 401);
      assert.equal((await refresh(laptop)).status, 200);
      await other.barrier();
      const stolen = originalLogin(ann.id);
      const thief = await Device.connect(server, stolen.accessToken);
      assert.equal((await place.json('user', 'revoke', ann.email)).sessionsEnded, 1);
      await ending(other, laptop.accessToken);
      await ending(thief, stolen.accessToken);
      assert.equal((await refresh(stolen)).status, 401);
      assert.ok((await place.json('user', 'sessions', ann.email)).sessions.every(({ _id }) => _id !== ann.id));
      assert.equal((await place.run('user', 'revoke', ann.email, '--session', sessions[0]._id)).code, 1);
    });

    test('gives a new password, which is shown once', async () => {
      const [ann] = await people(server, 'ann');
      const { accessToken, refreshToken } = await login(server, ann);
      const device = await Device.connect(server, accessToken);
      const stolen = originalLogin(ann.id).refreshToken;
      const { password } = await place.json('user', 'reset-password', ann.email);
      assert.equal((await logIn(server, ann)).status, 401);
      assert.equal((await logIn(server, { ...ann, password })).status, 200);
      await ending(device, accessToken);
      for (const token of [refreshToken, stolen])
        assert.equal((await new Rest(server.url).post('/api/auth/refresh', { refreshToken: token })).status, 401);
    });

    test('exports what is theirs, for nobody else to read', async () => {
      const [ann, bob, eve] = await people(server, 'ann', 'bob', 'eve');
      const { conversationId } = await say(ann, bob, 'to bob');
      await say(bob, ann, 'to ann');
      await say(bob, eve, 'none of her business');
      const file = join(temporaryDirectory(), 'ann.jsonl');
      assert.equal((await place.json('user', 'export', ann.email, file)).records, 4);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
      assert.deepEqual(lines.map(({ kind }) => kind), ['account', 'conversation', 'message', 'message']);
      assert.equal(lines[0].email, ann.email);
      assert.deepEqual(lines.slice(2).map(({ content }) => content), ['to ann', 'to bob']);
      assert.equal(lines[1]._id, conversationId);
      assert.ok(!readFileSync(file, 'utf8').includes('business'));
      const over = await place.run('user', 'export', bob.email, file);
      assert.equal(over.code, 1);
      assert.match(over.stderr, /ann\.jsonl exists already/);
      assert.equal(JSON.parse(readFileSync(file, 'utf8').split('\n')[0]).email, ann.email);
    });

    test('deletes somebody: what is left is a name that says nothing', async () => {
      const [ann, bob] = await people(server, 'ann', 'bob');
      const device = await Device.connect(server, ann);
      const { conversationId } = await say(ann, bob, 'keep this');
      const asked = await place.run('user', 'delete', ann.email);
      assert.equal(asked.code, 1);
      assert.match(asked.stderr, /nothing was deleted/);
      const deleted = await place.json('user', 'delete', ann.email, '--yes');
      assert.deepEqual([deleted.username, deleted.deleted, deleted.texts], ['Deleted user', true, 'kept']);
      await until(() => device.drops.length === 1, { what: 'the end of the connection', ms: 10_000 });
      assert.equal((await ann.rest.get('/api/users/me')).status, 401);
      assert.equal((await logIn(server, ann)).status, 401);
      const [{ participants, lastMessage }] = await conversationList(bob);
      assert.deepEqual([participants[0]._id, participants[0].username], [ann.id, 'Deleted user']);
      assert.equal(lastMessage.content, 'keep this');
      const presence = await bob.rest.get(`/api/users/${ann.id}/last-seen`);
      assert.deepEqual([presence.body.online, presence.body.lastSeen], [false, null]);
      assert.equal((await bob.rest.get('/api/users?q=deleted')).body.users.length, 0);
      assert.equal((await place.run('user', 'show', ann.email)).code, 1);
      const again = await new Rest(server.url).post('/api/auth/register', { username: 'ann2', email: ann.email, password: 'something new' });
      assert.equal(again.status, 201, again.text);

      await place.json('user', 'delete', ann.id, '--texts', '--yes');
      assert.deepEqual((await history(bob, conversationId)).map(({ content }) => content), ['This message was deleted.']);
      assert.equal((await conversationList(bob, '/api/conversations'))[0].lastMessage, 'This message was deleted.');
    });

    test('works without a server', async (t) => {
      const [ann, bob] = await people(server, 'ann', 'bob');
      await say(ann, bob, 'hello');
      await server.stop();
      t.after(() => server.start());
      assert.equal((await place.json('user', 'disable', ann.email)).disabled, true);
      assert.equal((await place.json('user', 'delete', ann.email, '--yes', '--texts')).texts, 'removed');
      if (place.store.MONGO_URI) return;
      const verified = await place.run('verify-store');
      assert.match(verified.stdout, /: 0 rules broken/);
    });
  });
}
