import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, login, people, person, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

/** The next connection after the one that the device has now. */
async function reconnected(device, ms = 10_000) {
  const connects = () => device.events.filter((event) => event.name === 'connect').length;
  const dropped = device.drops.length;
  await device.wait(() => connects() > dropped && device.socket.connected, ms, 'the reconnection');
}

const ways = { websocket: ['websocket'], polling: ['polling'], 'polling and upgrade': ['polling', 'websocket'] };

describe('after the network broke', () => {
  for (const [name, transports] of Object.entries(ways)) {
    test(`a client over ${name} comes back by itself and gets what it missed`, async () => {
      const [ann, bob] = await people(server, 'ann', 'bob');
      const device = await Device.connect(server, bob, { transports, reconnect: true, acks: true });
      await say(ann, bob, 'before');
      await device.next('receive_message');
      const { cursor } = await device.sync();
      device.socket.io.engine.close();
      await device.next('disconnect');
      await say(ann, bob, 'missed');
      await reconnected(device);
      await device.next('receive_message', { where: (message) => message.content === 'missed' });
      assert.deepEqual((await device.sync(cursor)).messages.map((message) => message.content), ['missed']);
    });
  }

  test('what the client emitted meanwhile is sent when it is back, once', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const device = await Device.connect(server, ann, { reconnect: true });
    await device.cut();
    const [one, two] = await Promise.all([device.send(bob, '1', 'k1'), device.send(bob, '2', 'k2')]);
    const stored = await history(bob, one.conversationId);
    assert.deepEqual(stored.map((message) => message._id), [one._id, two._id]);
  });

  test('an acknowledgement that got lost is asked for again with the same clientId', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const device = await Device.connect(server, ann, { reconnect: true });
    for (let round = 0; round < 10; round += 1) {
      device.emit('send_message', { receiverId: bob.id, content: `${round}`, clientId: `k${round}` });
      if (round % 2) await device.cut();
      await reconnected(device);
      await device.send(bob, `${round}`, `k${round}`);
    }
    const [{ conversationId }] = await conversationList(ann);
    const contents = (await history(ann, conversationId)).map((message) => message.content);
    assert.deepEqual(contents, [...Array(10).keys()].map(String));
  });
});

describe('after a kill of the server', () => {
  test('clients come back by themselves and find everything again', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const devices = await Promise.all([Device.connect(server, ann, { reconnect: true }), Device.connect(server, bob, { reconnect: true })]);
    const [phone, other] = devices;
    const sent = await phone.sendMany(bob, [...Array(20).keys()].map(String));
    await phone.next('message_delivered', { where: (event) => event.seq === 20 });
    await server.kill();
    for (const device of devices) await device.next('disconnect');
    await server.start();
    for (const device of devices) await reconnected(device);
    const stored = await history(bob, sent[0].conversationId);
    assert.deepEqual(stored.map((message) => message._id), sent.map((message) => message._id));
    stored.forEach((message) => assert.equal(message.status, 'delivered'));
    const next = await phone.send(bob, 'after');
    assert.equal(next.seq, 21);
    await other.next('receive_message', { where: (message) => message._id === next._id });
  });

  test('logins, accounts and passwords are still good', async () => {
    const who = await person(server);
    const session = await login(server, who);
    await server.restart();
    assert.equal((await new Rest(server.url, session.accessToken).get('/api/users/me')).status, 200);
    await login(server, who);
  });

  test('a message that was not delivered is delivered then', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await say(ann, bob, 'waits');
    await server.restart();
    const device = await Device.connect(server, bob);
    assert.equal((await device.next('receive_message'))._id, sent._id);
  });
});

test('secrets that are not set are made once and kept in the data directory', async (t) => {
  const other = await Server.start({ env: { ACCESS_TOKEN_SECRET: undefined, REFRESH_TOKEN_SECRET: undefined } });
  t.after(() => other.destroy());
  const who = await person(other);
  const session = await login(other, who);
  await other.restart();
  const answer = await new Rest(other.url, session.accessToken).get('/api/users/me');
  assert.equal(answer.status, 200, answer.text);
  const refreshed = await new Rest(other.url).post('/api/auth/refresh', { refreshToken: session.refreshToken });
  assert.equal(refreshed.status, 200, refreshed.text);
});
