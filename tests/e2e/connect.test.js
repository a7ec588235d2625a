import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { login, people, person, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server, secrets } from '../lib/server.js';
import { assertError, assertInvalidToken, assertMessage, assertSocketError, unknownId } from '../lib/shapes.js';
import { accessToken, claimsOf, expiredToken, forgedToken, now, signedWith } from '../lib/tokens.js';
import { deferred, until, within } from '../lib/wait.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

const ways = {
  polling: { transports: ['polling'] },
  websocket: { transports: ['websocket'] },
  'polling, then websocket': { transports: ['polling', 'websocket'] },
};

/** The connect error's message. */
async function refusal(who, options) {
  const device = new Device(server, who, options);
  return device.connect().then(() => assert.fail('connected'), (error) => error.message);
}

describe('connecting', () => {
  for (const [name, options] of Object.entries(ways)) {
    test(`over ${name}: a message goes both ways`, async () => {
      const [ann, bob] = await people(server, 'ann', 'bob');
      const [one, two] = [await Device.connect(server, ann, options), await Device.connect(server, bob, options)];
      const sent = await one.send(bob, 'hello ünï 🦉', 'c1');
      assertMessage(await two.next('receive_message'), { _id: sent._id, content: 'hello ünï 🦉' });
      assert.equal((await one.next('message_delivered')).messageId, sent._id);
      await two.send(ann, 'back');
      assertMessage(await one.next('receive_message', { where: (m) => m.sender === bob.id }), { content: 'back' });
    });
  }

  test('between a polling and a websocket client', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const one = await Device.connect(server, ann, ways.polling);
    const two = await Device.connect(server, bob, ways.websocket);
    for (let index = 0; index < 20; index += 1) {
      await one.send(bob, `${index}`);
      assert.equal((await two.next('receive_message')).content, `${index}`);
    }
  });

  test('upgrades, and loses nothing on the way', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sender = await Device.connect(server, ann);
    for (let round = 0; round < 5; round += 1) {
      const receiver = new Device(server, bob, { transports: ['polling', 'websocket'] });
      await receiver.connect();
      const contents = Array.from({ length: 50 }, (_, index) => `${round}/${index}`);
      for (const content of contents) sender.emit('send_message', { receiverId: bob.id, content });
      await receiver.next('receive_message', { where: (message) => message.content === contents.at(-1) });
      await until(() => receiver.transport === 'websocket', { what: 'the upgrade' });
      const ofRound = receiver.all('receive_message', (message) => message.content.startsWith(`${round}/`));
      assert.deepEqual(ofRound.map((message) => message.content), contents);
      const last = await sender.send(bob, 'after the upgrade');
      assert.equal((await receiver.next('receive_message', { where: (m) => m._id === last._id })).content, 'after the upgrade');
      receiver.close();
    }
  });

  test('without a token is refused with `Token missing`', async () => {
    for (const [what, auth] of Object.entries({ none: {}, empty: { token: '' }, null: { token: null }, other: { jwt: 'x' } })) {
      assert.equal(await refusal(undefined, { auth }), 'Token missing', what);
    }
  });

  test('with a token that is not good is refused with `Auth failed`', async () => {
    const { id } = await person(server);
    const claims = { userId: id, iat: now(), exp: now() + 900 };
    const tokens = ['nonsense', 'a.b.c', expiredToken(id), signedWith('another secret', id), signedWith(secrets.refresh, id),
      signedWith(secrets.access, id, { algorithm: 'HS512' }), forgedToken({ alg: 'none' }, claims, { secret: null })];
    for (const token of tokens) assert.equal(await refusal(token), 'Auth failed');
  });

  test('with a token of the wrong type is refused', async () => {
    for (const token of [5, true, { $gt: '' }, ['x']]) {
      assert.match(await refusal(undefined, { auth: { token } }), /^(Token missing|Auth failed)$/);
    }
  });

  test('is refused the same way over polling', async () => {
    assert.equal(await refusal(undefined, { ...ways.polling, auth: {} }), 'Token missing');
    assert.equal(await refusal('nonsense', ways.polling), 'Auth failed');
  });

  test('with an auth that no token needs is refused with `Auth too large`', async () => {
    const token = 'x'.repeat(17_000);
    for (const way of Object.values(ways)) assert.equal(await refusal(token, way), 'Auth too large');
  });

  test('takes a token minted by the original, and one of a login', async () => {
    const who = await person(server);
    const session = await login(server, who);
    for (const token of [accessToken(who.id), session.accessToken]) {
      const device = await Device.connect(server, token);
      await device.barrier();
      assert.ok(device.socket.connected);
    }
  });

  test('to a namespace that does not exist is refused', async () => {
    const who = await person(server);
    const device = await Device.connect(server, who);
    const other = device.socket.io.socket('/admin', { auth: { token: who.token } });
    const refused = deferred();
    other.once('connect_error', refused.resolve);
    other.connect();
    const error = await within(5000, 'the refusal', refused.promise);
    assert.equal(error.message, 'Invalid namespace');
    await device.barrier();
  });

  test('again after a refusal works on the same connection', async () => {
    const who = await person(server);
    let token = 'nonsense';
    const device = new Device(server, undefined, { ioOptions: { auth: (give) => give({ token }) } });
    await assert.rejects(device.connect(), /Auth failed/);
    token = who.token;
    await device.connect();
    await device.barrier();
  });
});

describe('the end of a token', () => {
  const short = (who, seconds) => Device.connect(server, accessToken(who.id, seconds));

  test('closes the socket in such a way that the client comes back', async () => {
    const who = await person(server);
    const began = Date.now();
    const device = await short(who, 2);
    const reason = await device.next('disconnect', { ms: 6000 });
    assert.ok(Date.now() - began > 500, 'closed at once');
    assert.ok(['transport close', 'io server disconnect'].includes(reason), reason);
    assert.equal(await refusal(device.token), 'Auth failed');
  });

  test('is put off by auth_refresh with a fresh token', async () => {
    const who = await person(server);
    const [kept, left] = [await short(who, 2), await short(who, 2)];
    assert.deepEqual(await kept.ask('auth_refresh', { token: accessToken(who.id, 60) }), { ok: true });
    await left.next('disconnect', { ms: 6000 });
    const other = await short(who, 2);
    await other.next('disconnect', { ms: 6000 });
    assert.deepEqual(kept.drops, []);
    await kept.barrier();
  });

  test('is the new token\'s end after auth_refresh', async () => {
    const who = await person(server);
    const device = await short(who, 60);
    const token = accessToken(who.id, 2);
    assert.equal((await device.ask('auth_refresh', { token })).ok, true);
    await device.next('disconnect', { ms: 6000 });
    assert.ok(Date.now() / 1000 >= claimsOf(token).exp - 0.1);
  });

  test('is not put off by a bad token or somebody else\'s', async () => {
    const [who, other] = await people(server, 'who', 'other');
    const device = await short(who, 3);
    for (const token of ['nonsense', expiredToken(who.id), signedWith('another', who.id), accessToken(other.id)]) {
      assertSocketError(await device.ask('auth_refresh', { token }), ['unauthorized', 'forbidden']);
    }
    for (const body of [{}, null, 'text', { token: 5 }, { token: { $gt: '' } }, []]) {
      assertSocketError(await device.ask('auth_refresh', body), 'bad_request');
    }
    assert.ok(device.socket.connected);
    await device.next('disconnect', { ms: 7000 });
  });

  test('comes at once by logout, for the sockets of that login', async () => {
    const who = await person(server);
    const [phone, laptop] = [await login(server, who), await login(server, who)];
    const [one, two] = [await Device.connect(server, phone.accessToken), await Device.connect(server, laptop.accessToken)];
    await new Rest(server.url).post('/api/auth/logout', { refreshToken: phone.refreshToken });
    await one.next('disconnect');
    await two.barrier();
    await new Rest(server.url, laptop.accessToken).post('/api/auth/logout-all');
    await two.next('disconnect');
  });

  test('comes at once when a refresh token is used twice', async () => {
    const who = await person(server);
    const [stolen, other] = [await login(server, who), await login(server, who)];
    const [thief, owner] = [await Device.connect(server, stolen.accessToken), await Device.connect(server, other.accessToken)];
    const rest = new Rest(server.url);
    assert.equal((await rest.post('/api/auth/refresh', { refreshToken: stolen.refreshToken })).status, 200);
    assertError(await rest.post('/api/auth/refresh', { refreshToken: stolen.refreshToken }), 401);
    await thief.next('disconnect');
    assert.equal(await refusal(stolen.accessToken), 'Auth failed');
    await owner.barrier();
  });

  test('by logout is final: no token of the login opens a socket or a call again', async () => {
    const who = await person(server);
    const [phone, laptop, tablet] = [await login(server, who), await login(server, who), await login(server, who)];
    const device = await Device.connect(server, phone.accessToken, { reconnect: true });
    await new Rest(server.url).post('/api/auth/logout', { refreshToken: phone.refreshToken });
    assert.equal((await device.next('connect_error')).message, 'Auth failed');
    assertInvalidToken(await new Rest(server.url, phone.accessToken).get('/api/users/me'));
    const other = await Device.connect(server, laptop.accessToken);
    assertSocketError(await other.ask('auth_refresh', { token: phone.accessToken }), 'unauthorized');
    await new Rest(server.url, tablet.accessToken).post('/api/auth/logout-all');
    await other.next('disconnect');
    assert.equal(await refusal(laptop.accessToken), 'Auth failed');
    assertInvalidToken(await new Rest(server.url, tablet.accessToken).get('/api/users/me'));
    await (await Device.connect(server, (await login(server, who)).accessToken)).barrier();
  });
});

describe('what no client should send', () => {
  test('unknown events are ignored, and the connection stays', async () => {
    const who = await person(server);
    const device = await Device.connect(server, who);
    for (const name of ['nonsense', '', 'receive_message', 'user_online', 'message_sent', '__proto__', 'constructor', 'x'.repeat(10_000)]) {
      device.emit(name, { a: 1 });
    }
    await device.barrier();
    assert.deepEqual(device.drops, []);
  });

  test('binary junk in known events gets an error, and the connection stays', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const device = await Device.connect(server, ann);
    const junk = Buffer.from(Array.from({ length: 999 }, (_, index) => index & 255));
    for (const body of [junk, { receiverId: bob.id, content: junk }, { receiverId: junk, content: 'x' }, [junk, junk]]) {
      assertSocketError(await device.ask('send_message', body), 'bad_request');
    }
    for (const name of ['message_read', 'typing', 'stop_typing', 'sync', 'auth_refresh', 'nonsense']) device.emit(name, junk, junk);
    await device.send(bob, 'still here');
    assert.deepEqual(device.drops, []);
  });

  test('every known event survives every shape of argument', async () => {
    const who = await person(server);
    const device = await Device.connect(server, who);
    const shapes = [[], [null], [1], ['text'], [true], [[]], [{}], [{ receiverId: null }], [[[[[]]]]], [{}, {}, {}],
      [{ messageId: unknownId, receiverId: unknownId, since: {}, token: [] }], [{ since: -1, limit: 'x' }]];
    for (const name of ['send_message', 'message_read', 'typing', 'stop_typing', 'sync', 'auth_refresh']) {
      for (const shape of shapes) device.emit(name, ...shape);
    }
    await device.barrier();
    assert.deepEqual(device.drops, []);
  });

  test('an acknowledgement of nothing is ignored', async () => {
    const who = await person(server);
    const device = await Device.connect(server, who);
    device.socket.packet({ type: 3, id: 99, data: ['x'] });
    await device.barrier();
  });
});

describe('many devices', () => {
  test('of one user all get everything', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sender = await Device.connect(server, ann);
    const kinds = Object.values(ways);
    const devices = await Promise.all(Array.from({ length: 12 }, (_, i) => Device.connect(server, bob, kinds[i % 3])));
    const sent = await sender.send(bob, 'to all');
    for (const device of devices) {
      assert.equal((await device.next('receive_message'))._id, sent._id);
      assert.equal((await device.next('conversation_updated')).unreadCount, 1);
    }
    assert.equal((await sender.next('message_delivered')).messageId, sent._id);
    await sender.barrier();
    assert.equal(sender.all('message_delivered').length, 1, 'delivered is told once');
  });

  test('come and go without a trace on the others', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const stays = await Device.connect(server, bob);
    for (let round = 0; round < 10; round += 1) {
      const device = await Device.connect(server, bob);
      await say(ann, bob, `${round}`);
      // What came just before may come again: it was not yet known to be delivered when this device arrived.
      await device.next('receive_message', { where: (message) => message.content === `${round}` });
      round % 2 ? device.close() : await device.cut();
    }
    await stays.wait(() => stays.all('receive_message').length === 10, 5000, 'ten messages');
    assert.deepEqual(stays.all('receive_message').map((message) => message.content), [...Array(10).keys()].map(String));
  });
});
