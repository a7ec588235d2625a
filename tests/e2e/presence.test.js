import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, person, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { assertSocketError, unknownId } from '../lib/shapes.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

/** Two people who share a conversation, and one who shares none with them. */
async function acquainted() {
  const [ann, bob, eve] = await people(server, 'ann', 'bob', 'eve');
  await say(ann, bob, 'we know each other');
  return { ann, bob, eve };
}

const about = (who) => ({ where: (event) => event.userId === who.id });
const heard = (device, name, who) => device.all(name, (event) => event.userId === who.id).length;

describe('user_online and user_offline', () => {
  test('come to people who share a conversation', async () => {
    const { ann, bob } = await acquainted();
    const watcher = await Device.connect(server, ann);
    const device = await Device.connect(server, bob);
    assert.equal((await watcher.next('user_online', about(bob))).userId, bob.id);
    const before = Date.now();
    device.close();
    const { lastSeen } = await watcher.next('user_offline', about(bob));
    const at = new Date(lastSeen).getTime();
    assert.ok(at >= before - 2000 && at <= Date.now() + 2000, `lastSeen ${lastSeen}`);
  });

  test('come to nobody else', async () => {
    const { ann, bob, eve } = await acquainted();
    const [watcher, stranger] = [await Device.connect(server, ann), await Device.connect(server, eve)];
    const device = await Device.connect(server, bob);
    await watcher.next('user_online', about(bob));
    device.close();
    await watcher.next('user_offline', about(bob));
    await stranger.barrier();
    assert.equal(heard(stranger, 'user_online', bob) + heard(stranger, 'user_offline', bob), 0);
  });

  test('come once per user, not per device', async () => {
    const { ann, bob } = await acquainted();
    const watcher = await Device.connect(server, ann);
    const devices = [];
    for (let index = 0; index < 3; index += 1) devices.push(await Device.connect(server, bob));
    await watcher.next('user_online', about(bob));
    devices[0].close();
    await devices[1].cut();
    await devices[2].send(ann, 'still here');
    await watcher.next('receive_message');
    await watcher.barrier();
    assert.equal(heard(watcher, 'user_online', bob), 1);
    assert.equal(heard(watcher, 'user_offline', bob), 0);
    devices[2].close();
    await watcher.next('user_offline', about(bob));
    await watcher.barrier();
    assert.equal(heard(watcher, 'user_offline', bob), 1);
  });

  test('come to every device of a watcher', async () => {
    const { ann, bob } = await acquainted();
    const watchers = [await Device.connect(server, ann), await Device.connect(server, ann, { transports: ['polling'] })];
    await Device.connect(server, bob);
    for (const watcher of watchers) await watcher.next('user_online', about(bob));
  });

  test('come when the connection breaks without a word', async () => {
    const { ann, bob } = await acquainted();
    const watcher = await Device.connect(server, ann);
    const device = await Device.connect(server, bob);
    await watcher.next('user_online', about(bob));
    await device.cut();
    await watcher.next('user_offline', about(bob));
  });

  test('come for those whose first message made the conversation just now', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const watcher = await Device.connect(server, ann);
    const device = await Device.connect(server, bob);
    await device.send(ann, 'hello');
    await watcher.next('receive_message');
    device.close();
    await watcher.next('user_offline', about(bob));
  });

  test('tell the same as the status calls', async () => {
    const { ann, bob } = await acquainted();
    const watcher = await Device.connect(server, ann);
    const device = await Device.connect(server, bob);
    await watcher.next('user_online', about(bob));
    assert.equal((await ann.rest.get(`/api/users/${bob.id}/online`)).body.online, true);
    device.close();
    const { lastSeen } = await watcher.next('user_offline', about(bob));
    const { body } = await ann.rest.get(`/api/users/${bob.id}/last-seen`);
    assert.equal(body.online, false);
    assert.equal(body.lastSeen, new Date(lastSeen).getTime());
  });

  test('do not pile up when somebody reconnects quickly, again and again', async () => {
    const { ann, bob } = await acquainted();
    const watcher = await Device.connect(server, ann);
    for (let round = 0; round < 10; round += 1) (await Device.connect(server, bob)).close();
    const last = await Device.connect(server, bob);
    await last.send(ann, 'here to stay');
    await watcher.next('receive_message');
    await watcher.wait(() => heard(watcher, 'user_online', bob) > heard(watcher, 'user_offline', bob), 5000, 'online in the end');
    const news = watcher.events.filter((event) => event.name.startsWith('user_') && event.body.userId === bob.id).map((event) => event.name);
    const expected = news.map((_, index) => (index % 2 ? 'user_offline' : 'user_online'));
    assert.deepEqual(news, expected, 'online and offline take turns, and online is the last');
    assert.equal((await ann.rest.get(`/api/users/${bob.id}/online`)).body.online, true);
  });

  test('after a kill of the server nobody is online who is not there', async () => {
    const { ann, bob } = await acquainted();
    await Device.connect(server, bob);
    await server.restart();
    assert.equal((await ann.rest.get(`/api/users/${bob.id}/online`)).body.online, false);
  });
});

describe('typing', () => {
  test('goes to every device of the receiver, and to nobody else', async () => {
    const { ann, bob, eve } = await acquainted();
    const writer = await Device.connect(server, ann);
    const own = await Device.connect(server, ann);
    const readers = [await Device.connect(server, bob), await Device.connect(server, bob)];
    const stranger = await Device.connect(server, eve);
    for (const name of ['typing', 'stop_typing']) {
      writer.emit(name, { receiverId: bob.id });
      for (const reader of readers) assert.equal((await reader.next(name)).userId, ann.id);
    }
    for (const device of [own, stranger, writer]) {
      await device.barrier();
      assert.equal(device.all('typing').length + device.all('stop_typing').length, 0);
    }
  });

  test('stops by itself after six seconds of silence', async () => {
    const { ann, bob } = await acquainted();
    const [writer, reader] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    writer.emit('typing', { receiverId: bob.id });
    const began = await reader.nextEntry('typing');
    const ended = await reader.nextEntry('stop_typing', { ms: 9000 });
    assert.equal(ended.body.userId, ann.id);
    const took = ended.at - began.at;
    assert.ok(took > 5500 && took < 8000, `after ${took} ms`);
  });

  test('goes on while the writer types, and six seconds after the last sign', async () => {
    const { ann, bob } = await acquainted();
    const [writer, reader] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    const keepTyping = setInterval(() => writer.emit('typing', { receiverId: bob.id }), 1000);
    const last = await reader.wait(() => reader.events.filter((event) => event.name === 'typing')[2], 6000, 'three signs').finally(() => clearInterval(keepTyping));
    const ended = await reader.nextEntry('stop_typing', { ms: 9000 });
    assert.ok(ended.at - last.at > 5500, `after ${ended.at - last.at} ms`);
    assert.equal(reader.all('stop_typing').length, 1);
  });

  test('stops when the writer stops, sends or leaves', async () => {
    const { ann, bob } = await acquainted();
    const reader = await Device.connect(server, bob);
    const ends = {
      stop: (writer) => writer.emit('stop_typing', { receiverId: bob.id }),
      send: (writer) => writer.emit('send_message', { receiverId: bob.id, content: 'done' }),
      leave: (writer) => writer.close(),
    };
    for (const end of Object.values(ends)) {
      const writer = await Device.connect(server, ann);
      writer.emit('typing', { receiverId: bob.id });
      await reader.next('typing');
      end(writer);
      await reader.next('stop_typing', { ms: 3000 });
      writer.close();
    }
  });

  test('is stored nowhere: who comes later hears nothing of it', async () => {
    const { ann, bob } = await acquainted();
    const writer = await Device.connect(server, ann);
    writer.emit('typing', { receiverId: bob.id });
    await writer.barrier();
    const late = await Device.connect(server, bob);
    await late.next('receive_message');
    await late.barrier();
    assert.equal(late.all('typing').length, 0);
  });

  test('with a wrong argument disturbs nobody', async () => {
    const { ann, bob } = await acquainted();
    const [writer, reader] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    for (const name of ['typing', 'stop_typing']) {
      for (const body of [null, 'x', {}, { receiverId: 5 }, { receiverId: 'x' }, { receiverId: { $gt: '' } }, []]) writer.emit(name, body);
      writer.emit(name, { receiverId: unknownId });
    }
    await writer.barrier();
    writer.emit('typing', { receiverId: bob.id });
    await reader.next('typing');
    assert.equal(reader.all('typing').length, 1);
    assert.deepEqual(writer.drops, []);
  });

  test('asked for an acknowledgement says what was wrong', async () => {
    const writer = await Device.connect(server, await person(server));
    assertSocketError(await writer.ask('typing', { receiverId: 5 }), 'bad_request');
  });
});
