import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, password, people, person, say, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError, assertInvalidToken, assertLastSeenNumber, assertNoSecret, assertNotAuthorized, assertOwnUser, assertPublicUser,
  timeForm, unknownId } from '../lib/shapes.js';
import { until } from '../lib/wait.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

/** Somebody who was online and has left. */
async function somebodySeen() {
  const who = await person(server);
  const isOnline = async () => (await who.rest.get(`/api/users/${who.id}/online`)).body.online;
  const device = await Device.connect(server, who);
  await until(isOnline, { what: 'online' });
  device.close();
  await until(async () => !(await isOnline()), { what: 'offline' });
  // They are offline at once; the time is on disk a moment later.
  const lastSeen = await until(async () => (await who.rest.get(`/api/users/${who.id}/last-seen`)).body.lastSeen, { what: 'when they left' });
  return { ...who, lastSeen };
}

test('every call needs an access token', async () => {
  const nobody = new Rest(server.url);
  const calls = [['GET', `/api/users/${unknownId}/last-seen`], ['GET', `/api/users/${unknownId}/online`],
    ['POST', '/api/users/status'], ['GET', '/api/users?q=abc'], ['GET', '/api/users/me'], ['PATCH', '/api/users/me'],
    ['GET', '/api/conversations'], ['GET', '/api/conversations/list'],
    ['GET', `/api/conversations/${unknownId}/messages`], ['POST', '/api/messages'], ['POST', '/api/email/send'],
    ['POST', '/api/auth/delete-account'], ['POST', '/api/auth/change-password'], ['GET', '/api/auth/sessions'],
    ['DELETE', `/api/auth/sessions/${unknownId}`]];
  for (const [method, path] of calls) assertNotAuthorized(await nobody.call(method, path));
});

describe('an account that its owner deletes', () => {
  test('is gone at once, and leaves its messages under no name', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'keep this');
    const device = await Device.connect(server, ann, { reconnect: true });
    const leave = (json) => ann.rest.post('/api/auth/delete-account', json);
    assertError(await leave({}), 400, { field: 'password' });
    assertError(await leave({ password: 'wrong one' }), 403, { message: 'Wrong password' });
    assert.equal((await leave({ password })).status, 204);
    await device.next('disconnect');
    assert.equal((await device.next('connect_error')).message, 'Auth failed');
    assertInvalidToken(await ann.rest.get('/api/users/me'));
    const rest = new Rest(server.url);
    assertError(await rest.post('/api/auth/login', { email: ann.email, password }), 401);
    const [left] = await conversationList(bob);
    assert.deepEqual(left.participants, [{ _id: ann.id, username: 'Deleted user' }]);
    assert.equal(left.lastMessage.content, 'keep this');
    assert.equal((await say(bob, ann, 'still there?')).status, 'sent', 'it is taken, and reaches nobody');
    const again = { username: 'ann', email: ann.email, password };
    assert.equal((await rest.post('/api/auth/register', again)).status, 201);
  });
});

describe('search', () => {
  test('finds users by the beginning of their name, in any case, as the public sees them', async () => {
    const prefix = uniqueName('find');
    const found = [await person(server, `${prefix}a`), await person(server, `${prefix}b`)];
    const other = await person(server, 'other');
    for (const q of [prefix, prefix.toUpperCase()]) {
      const answer = await other.rest.get(`/api/users?q=${q}`);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.success, true);
      assert.deepEqual(answer.body.users.map((user) => user._id).sort(), found.map((who) => who.id).sort());
      answer.body.users.forEach((user) => assertPublicUser(user));
      assertNoSecret(answer.body);
    }
  });

  test('does not find by the middle of a name, nor by a pattern', async () => {
    const who = await person(server, 'haystack');
    const middle = who.username.slice(3);
    for (const q of [middle, '.*', '%25', '_', '*', who.username + 'x', '$where']) {
      const answer = await who.rest.get(`/api/users?q=${encodeURIComponent(q)}`);
      assert.equal(answer.status, 200, answer.text);
      assert.ok(!answer.body.users.some((user) => user._id === who.id), q);
    }
  });

  test('gives at most 20', async () => {
    const prefix = uniqueName('many');
    const all = await Promise.all(Array.from({ length: 22 }, () => person(server, prefix.slice(0, 20))));
    const answer = await all[0].rest.get(`/api/users?q=${prefix.slice(0, 20)}`);
    assert.equal(answer.body.users.length, 20);
  });

  test('without a prefix lists nobody in bulk', async () => {
    const who = await person(server);
    for (const path of ['/api/users', '/api/users?q=']) {
      const answer = await who.rest.get(path);
      if (answer.status === 200) assert.ok(answer.body.users.length <= 20);
      else assertError(answer, 400);
    }
  });
});

describe('the own profile', () => {
  test('shows what is the user\'s own', async () => {
    const who = await person(server);
    const answer = await who.rest.get('/api/users/me');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.success, true);
    assertOwnUser(answer.body.user, who);
    assert.equal(answer.body.user._id, who.id);
  });

  test('takes a name and a picture, which others then see', async () => {
    const [who, other] = await people(server, 'profile', 'other');
    const changes = { name: 'Ada Lovelace 🦉', avatar: 'https://example.org/ada.png' };
    const answer = await who.rest.patch('/api/users/me', changes);
    assert.equal(answer.status, 200, answer.text);
    assertOwnUser(answer.body.user, who);
    assert.deepEqual([answer.body.user.name, answer.body.user.avatar], [changes.name, changes.avatar]);
    assert.match(answer.body.user.updatedAt, timeForm);
    const found = (await other.rest.get(`/api/users?q=${who.username}`)).body.users;
    assert.deepEqual(found, [{ _id: who.id, username: who.username, ...changes }]);
    assert.equal((await who.rest.get('/api/users/me')).body.user.name, changes.name);
  });

  test('keeps what a patch does not name', async () => {
    const who = await person(server);
    await who.rest.patch('/api/users/me', { name: 'First' });
    await who.rest.patch('/api/users/me', { avatar: 'https://example.org/a.png' });
    const { user } = (await who.rest.get('/api/users/me')).body;
    assert.deepEqual([user.name, user.avatar], ['First', 'https://example.org/a.png']);
  });

  test('refuses wrong types and sizes, and changes nothing', async () => {
    const who = await person(server);
    const wrong = [{ name: 5 }, { name: { $set: 'x' } }, { avatar: true }, { avatar: ['x'] }, { name: 'x'.repeat(5000) },
      { avatar: 'javascript:alert(1)' }];
    for (const changes of wrong) {
      assertError(await who.rest.patch('/api/users/me', changes), 400, { field: Object.keys(changes)[0] });
    }
    const { user } = (await who.rest.get('/api/users/me')).body;
    assert.ok(user.name == null && user.avatar == null);
  });

  test('does not let identity or rights be patched', async () => {
    const who = await person(server);
    const before = (await who.rest.get('/api/users/me')).body.user;
    const changes = { _id: unknownId, email: 'x@example.org', username: 'other', administrator: true, password: 'abcdefgh' };
    const answer = await who.rest.patch('/api/users/me', changes);
    assert.ok([200, 400].includes(answer.status), answer.text);
    const now = (await who.rest.get('/api/users/me')).body.user;
    assert.deepEqual([now._id, now.email, now.username], [before._id, before.email, before.username]);
    assertError(await who.rest.post('/api/email/send', { email: 'a@example.org', content: 'x' }), 403);
  });

  test('survives a restart', async () => {
    const who = await person(server);
    await who.rest.patch('/api/users/me', { name: 'Durable' });
    await server.restart();
    assert.equal((await who.rest.get('/api/users/me')).body.user.name, 'Durable');
  });
});

describe('last-seen', () => {
  test('of somebody never seen is null', async () => {
    const [who, other] = await people(server, 'never', 'asks');
    const answer = await other.rest.get(`/api/users/${who.id}/last-seen`);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body, { success: true, userId: who.id, online: false, lastSeen: null });
  });

  test('of somebody who left is when, in Unix milliseconds', async () => {
    const who = await somebodySeen();
    const { body } = await who.rest.get(`/api/users/${who.id}/last-seen`);
    assert.deepEqual([body.online, body.lastSeen], [false, who.lastSeen]);
    assertLastSeenNumber(body.lastSeen, { known: true });
  });

  test('survives a restart', async () => {
    const who = await somebodySeen();
    await server.stop();
    await server.start();
    assert.equal((await who.rest.get(`/api/users/${who.id}/last-seen`)).body.lastSeen, who.lastSeen);
  });

  test('of nobody is a 404', async () => {
    const { rest } = await person(server);
    assertError(await rest.get(`/api/users/${unknownId}/last-seen`), 404, { code: 'not_found' });
    for (const id of ['nonsense', '5', 'F'.repeat(24), 'g'.repeat(24), `${unknownId}0`]) {
      const answer = await rest.get(`/api/users/${id}/last-seen`);
      assert.ok([400, 404].includes(answer.status), answer.text);
      assertError(answer, answer.status);
    }
  });
});

describe('online', () => {
  test('is true while any device is connected', async () => {
    const who = await person(server);
    const online = async () => (await who.rest.get(`/api/users/${who.id}/online`)).body;
    assert.deepEqual(await online(), { online: false });
    const [phone, laptop] = [await Device.connect(server, who), await Device.connect(server, who)];
    assert.deepEqual(await online(), { online: true });
    phone.close();
    await laptop.barrier();
    assert.deepEqual(await online(), { online: true });
    laptop.close();
    await until(async () => !(await online()).online, { what: 'offline' });
  });

  test('of nobody is false or a 404', async () => {
    const { rest } = await person(server);
    const answer = await rest.get(`/api/users/${unknownId}/online`);
    if (answer.status === 200) assert.deepEqual(answer.body, { online: false });
    else assertError(answer, 404);
  });
});

describe('status', () => {
  test('tells of many at once, under `ids` and under `userIds`', async () => {
    const [online, never] = await people(server, 'on', 'off');
    const seen = await somebodySeen();
    await Device.connect(server, online);
    const ids = [never.id, online.id, seen.id];
    for (const name of ['ids', 'userIds']) {
      const answer = await never.rest.post('/api/users/status', { [name]: ids });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.success, true);
      assert.deepEqual(answer.body.users.map((user) => user.userId), ids);
      assert.deepEqual(answer.body.users.map((user) => user.online), [false, true, false]);
      assertLastSeenNumber(answer.body.users[0].lastSeen, { known: false });
      assertLastSeenNumber(answer.body.users[2].lastSeen, { known: true });
    }
  });

  test('takes none, and up to 500', async () => {
    const { rest, id } = await person(server);
    assert.deepEqual((await rest.post('/api/users/status', { ids: [] })).body, { success: true, users: [] });
    const answer = await rest.post('/api/users/status', { ids: Array(500).fill(id) });
    assert.equal(answer.status, 200, answer.text);
    assertError(await rest.post('/api/users/status', { ids: Array(501).fill(id) }), 400);
  });

  test('says offline of those who do not exist', async () => {
    const { rest } = await person(server);
    const { body } = await rest.post('/api/users/status', { ids: [unknownId] });
    for (const user of body.users) assert.deepEqual(user, { userId: unknownId, online: false, lastSeen: null });
  });

  test('refuses wrong types', async () => {
    const { rest, id } = await person(server);
    for (const ids of ['x', 5, null, { $in: [id] }, [5], [id, null], [{ $gt: '' }], [[id]], ['nonsense']]) {
      assertError(await rest.post('/api/users/status', { ids }), 400, { field: 'ids' });
    }
    assertError(await rest.post('/api/users/status', {}), 400, { field: 'ids' });
  });
});

test('names with every kind of letter come back as they were', async () => {
  const [who] = await people(server, 'letters');
  for (const name of ['Ünï çødé', '日本語', '👩‍👩‍👧‍👦', '"quoted" \\ back', '<script>', '\u2028\u2029', 'עברית']) {
    assert.equal((await who.rest.patch('/api/users/me', { name })).body.user.name, name);
  }
});
