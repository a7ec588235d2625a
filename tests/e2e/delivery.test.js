import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, login, people, person, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { assertMessage, assertSocketError, timeForm, unknownId } from '../lib/shapes.js';
import { until } from '../lib/wait.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

const statusOf = async (who, message) => (await history(who, message.conversationId)).find((each) => each._id === message._id).status;
const unreadOf = async (who) => (await conversationList(who))[0]?.unreadCount;

async function gone(who) {
  await until(async () => !(await who.rest.get(`/api/users/${who.id}/online`)).body.online, { what: 'offline' });
}

describe('message_delivered', () => {
  test('comes to every device of the sender when a device of the receiver has it', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [phone, laptop] = [await Device.connect(server, ann), await Device.connect(server, ann)];
    const receiver = await Device.connect(server, bob);
    const sent = await phone.send(bob, 'Hello');
    await receiver.next('receive_message');
    for (const device of [phone, laptop]) {
      const { deliveredAt, ...rest } = await device.next('message_delivered');
      assert.match(deliveredAt, timeForm);
      assert.deepEqual(rest, { messageId: sent._id, conversationId: sent.conversationId, seq: 1, receiverId: bob.id, status: 'delivered' });
    }
    assert.equal(await statusOf(ann, sent), 'delivered');
    assert.deepEqual(receiver.all('message_delivered'), []);
  });

  test('does not come while the receiver is offline: the message stays `sent`', async () => {
    const [ann, bob, cat] = await people(server, 'ann', 'bob', 'cat');
    const phone = await Device.connect(server, ann);
    const witness = await Device.connect(server, cat);
    const sent = await phone.send(bob, 'to nobody there');
    const seen = await phone.send(cat, 'to somebody there');
    assert.equal((await phone.next('message_delivered')).messageId, seen._id);
    await witness.next('receive_message');
    await phone.barrier();
    assert.deepEqual(phone.all('message_delivered').map((event) => event.messageId), [seen._id]);
    assert.equal(await statusOf(ann, sent), 'sent');
  });

  test('comes when the receiver comes back, who gets everything that waited, in order', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const sent = await phone.sendMany(bob, Array.from({ length: 250 }, (_, index) => `${index}`));
    const receiver = await Device.connect(server, bob);
    await receiver.wait(() => receiver.all('receive_message').length >= 250, 10_000, 'the backlog');
    const got = receiver.all('receive_message');
    assert.deepEqual(got.map((message) => message._id), sent.map((message) => message._id));
    got.forEach((message) => assertMessage(message));
    const last = sent.at(-1);
    await phone.next('message_delivered', { where: (event) => event.messageId === last._id });
    for (const message of await history(ann, last.conversationId)) assert.equal(message.status, 'delivered');
    assert.equal(await unreadOf(bob), 250);
  });

  test('comes over REST and across a restart as well', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await say(ann, bob, 'waits');
    await server.restart();
    const phone = await Device.connect(server, ann);
    const receiver = await Device.connect(server, bob);
    assert.equal((await receiver.next('receive_message'))._id, sent._id);
    assert.equal((await phone.next('message_delivered')).messageId, sent._id);
  });

  test('what waited for several people goes to each his own', async () => {
    const [ann, bob, cat] = await people(server, 'ann', 'bob', 'cat');
    for (let index = 0; index < 10; index += 1) {
      await say(ann, bob, `bob ${index}`);
      await say(ann, cat, `cat ${index}`);
    }
    for (const [who, name] of [[bob, 'bob'], [cat, 'cat']]) {
      const device = await Device.connect(server, who);
      await device.wait(() => device.all('receive_message').length >= 10, 5000, 'the backlog');
      await device.barrier();
      assert.deepEqual(device.all('receive_message').map((message) => message.content), [...Array(10).keys()].map((i) => `${name} ${i}`));
    }
  });

  test('is not repeated for a second device, nor is the backlog', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    await phone.send(bob, 'once');
    const first = await Device.connect(server, bob);
    await first.next('receive_message');
    await phone.next('message_delivered');
    const second = await Device.connect(server, bob);
    await second.barrier();
    await phone.send(bob, 'marker');
    await second.next('receive_message');
    await phone.next('message_delivered');
    assert.deepEqual(second.all('receive_message').map((message) => message.content), ['marker']);
    assert.equal(phone.all('message_delivered').length, 2);
  });
});

describe('a device with auth.acks', () => {
  test('has a message only when it says so', async () => {
    const [ann, bob, cat] = await people(server, 'ann', 'bob', 'cat');
    const phone = await Device.connect(server, ann);
    const receiver = await Device.connect(server, bob, { acks: true, confirm: false });
    await Device.connect(server, cat);
    const sent = await phone.send(bob, 'confirm me');
    const entry = await receiver.nextEntry('receive_message');
    assert.equal(typeof entry.confirm, 'function', 'receive_message asks for an acknowledgement');
    await phone.send(cat, 'marker');
    await phone.next('message_delivered');
    assert.equal(phone.all('message_delivered', (event) => event.messageId === sent._id).length, 0);
    assert.equal(await statusOf(ann, sent), 'sent');
    entry.confirm();
    await phone.next('message_delivered', { where: (event) => event.messageId === sent._id });
    assert.equal(await statusOf(ann, sent), 'delivered');
  });

  test('that goes away without confirming gets the message again', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const deaf = await Device.connect(server, bob, { acks: true, confirm: false });
    const sent = await phone.send(bob, 'confirm me');
    await deaf.next('receive_message');
    await deaf.cut();
    await gone(bob);
    assert.equal(await statusOf(ann, sent), 'sent');
    const hearing = await Device.connect(server, bob, { acks: true });
    assert.equal((await hearing.next('receive_message'))._id, sent._id);
    assert.equal((await phone.next('message_delivered')).messageId, sent._id);
  });

  test('beside one without: the first that has it counts', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const deaf = await Device.connect(server, bob, { acks: true, confirm: false });
    const plain = await Device.connect(server, bob);
    const sent = await phone.send(bob, 'to both');
    await plain.next('receive_message');
    await deaf.next('receive_message');
    assert.equal((await phone.next('message_delivered')).messageId, sent._id);
  });

  test('confirms a long backlog in order', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    await phone.sendMany(bob, Array.from({ length: 1500 }, (_, index) => `${index}`));
    const receiver = await Device.connect(server, bob, { acks: true });
    await receiver.wait(() => receiver.all('receive_message').length >= 1500, 15_000, 'the backlog');
    assert.deepEqual(receiver.all('receive_message').map((message) => message.seq), Array.from({ length: 1500 }, (_, i) => i + 1));
    await phone.next('message_delivered', { where: (event) => event.seq === 1500 });
    assert.deepEqual(receiver.drops, []);
  });

  test('far away, whose confirmations take their time, gets a long backlog as well', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    await phone.sendMany(bob, Array.from({ length: 1500 }, (_, index) => `${index}`));
    const receiver = new Device(server, bob, { acks: true, confirm: false, reconnect: true });
    receiver.socket.on('receive_message', (_, confirm) => setTimeout(confirm, 60));
    await receiver.connect();
    const got = () => new Set(receiver.all('receive_message').map((message) => message.seq)).size;
    await receiver.wait(() => got() === 1500, 15_000, () => `the backlog (${got()} of 1500, ${receiver.drops.length} drops)`);
    await phone.next('message_delivered', { where: (event) => event.seq === 1500 });
  });

  test('is not asked to confirm its own messages\' echo', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann, { acks: true, confirm: false });
    const sent = await phone.send(bob, 'mine');
    await phone.next('receive_message');
    await phone.barrier();
    assert.equal(await statusOf(ann, sent), 'sent');
  });
});

describe('message_read', () => {
  /** Ann has sent `count` messages to Bob; both have two devices. */
  async function scene(count) {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const devices = {
      phone: await Device.connect(server, ann), laptop: await Device.connect(server, ann),
      reader: await Device.connect(server, bob), tablet: await Device.connect(server, bob),
    };
    const sent = [];
    for (let index = 1; index <= count; index += 1) sent.push(await devices.phone.send(bob, `${index}`));
    await devices.phone.next('message_delivered', { where: (event) => event.seq === count });
    await devices.reader.next('receive_message', { where: (message) => message.seq === count });
    return { ann, bob, sent, ...devices };
  }

  test('tells the sender\'s devices and the reader\'s other devices', async () => {
    const { bob, sent, phone, laptop, reader, tablet } = await scene(1);
    reader.emit('message_read', { messageId: sent[0]._id });
    for (const device of [phone, laptop, tablet]) {
      const { readAt, ...rest } = await device.next('message_read');
      assert.match(readAt, timeForm);
      assert.deepEqual(rest, { messageId: sent[0]._id, conversationId: sent[0].conversationId, seq: 1, readerId: bob.id, status: 'read' });
    }
    await reader.barrier();
    assert.deepEqual(reader.all('message_read'), [], 'the reading device knows it already');
  });

  test('reads that message and all earlier ones, and no later one', async () => {
    const { ann, bob, sent, phone, reader } = await scene(5);
    reader.emit('message_read', { messageId: sent[2]._id });
    assert.equal((await phone.next('message_read')).seq, 3);
    const statuses = (await history(ann, sent[0].conversationId)).map((message) => message.status);
    assert.deepEqual(statuses, ['read', 'read', 'read', 'delivered', 'delivered']);
    assert.equal(await unreadOf(bob), 2);
    assert.equal(await unreadOf(ann), 0);
  });

  test('never goes back: an earlier or repeated read changes and tells nothing', async () => {
    const { ann, sent, phone, reader } = await scene(3);
    const [first, , last] = sent;
    assert.equal((await reader.ask('message_read', { messageId: last._id })).ok, true);
    await phone.next('message_read');
    const before = await history(ann, first.conversationId);
    assert.equal((await reader.ask('message_read', { messageId: first._id })).ok, true);
    assert.equal((await reader.ask('message_read', { messageId: last._id })).ok, true);
    await phone.barrier();
    assert.equal(phone.all('message_read').length, 1);
    assert.deepEqual(await history(ann, first.conversationId), before);
  });

  test('is refused to the sender, to strangers, and for what does not exist', async () => {
    const { ann, bob, sent, phone, reader } = await scene(1);
    const stranger = await Device.connect(server, await person(server, 'eve'));
    const messageId = sent[0]._id;
    assertSocketError(await phone.ask('message_read', { messageId }), 'forbidden');
    assertSocketError(await stranger.ask('message_read', { messageId }), ['not_found', 'forbidden']);
    assertSocketError(await reader.ask('message_read', { messageId: unknownId }), 'not_found');
    for (const body of [null, {}, { messageId: 'x' }, { messageId: 5 }, { messageId: { $gt: '' } }, 'text', [messageId]]) {
      assertSocketError(await reader.ask('message_read', body), 'bad_request');
    }
    await phone.barrier();
    assert.deepEqual(phone.all('message_read'), []);
    assert.equal(await statusOf(ann, sent[0]), 'delivered');
    assert.equal(await unreadOf(bob), 1);
  });

  test('says the same to strangers whether a message exists or not', async () => {
    const { sent } = await scene(1);
    const stranger = await Device.connect(server, await person(server, 'eve'));
    const [real, none] = [await stranger.ask('message_read', { messageId: sent[0]._id }), await stranger.ask('message_read', { messageId: unknownId })];
    assert.deepEqual(real, none);
  });

  test('of a message that never reached a device delivers it as well', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const reader = await Device.connect(server, bob, { acks: true, confirm: false });
    const sent = await phone.send(bob, 'read before confirmed');
    await reader.next('receive_message');
    reader.emit('message_read', { messageId: sent._id });
    await phone.next('message_read');
    const [message] = await history(ann, sent.conversationId);
    assertMessage(message, { status: 'read' });
    assert.ok(message.deliveredAt);
  });

  test('counts down what conversation_updated shows next', async () => {
    const { bob, sent, phone, reader } = await scene(3);
    assert.equal((await reader.ask('message_read', { messageId: sent[1]._id })).ok, true);
    const next = await phone.send(bob, '4');
    const updated = await reader.next('conversation_updated', { where: (event) => event.lastMessage._id === next._id });
    assert.equal(updated.unreadCount, 2);
  });

  test('does not touch the other direction of the conversation', async () => {
    const { ann, bob, sent, phone, reader } = await scene(2);
    await reader.send(ann, 'an answer');
    await phone.next('receive_message', { where: (message) => message.sender === bob.id });
    assert.equal((await reader.ask('message_read', { messageId: sent[1]._id })).ok, true);
    assert.equal(await unreadOf(ann), 1);
    assert.equal(await unreadOf(bob), 0);
    const statuses = (await history(ann, sent[0].conversationId)).map((message) => message.status);
    assert.deepEqual(statuses.slice(0, 2), ['read', 'read']);
    assert.notEqual(statuses[2], 'read');
  });

  test('survives a kill once it was told', async () => {
    const { ann, bob, sent, phone, reader } = await scene(2);
    reader.emit('message_read', { messageId: sent[1]._id });
    await phone.next('message_read');
    await server.restart();
    assert.deepEqual((await history(ann, sent[0].conversationId)).map((message) => message.status), ['read', 'read']);
    assert.equal(await unreadOf(bob), 0);
  });
});

test('unread counts fall when messages are read, not when they are delivered', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  const sent = await say(ann, bob, 'one');
  await say(ann, bob, 'two');
  assert.equal(await unreadOf(bob), 2);
  const reader = await Device.connect(server, bob);
  await reader.next('receive_message', { where: (message) => message.content === 'two' });
  assert.equal(await unreadOf(bob), 2);
  assert.equal((await reader.ask('message_read', { messageId: sent._id })).ok, true);
  assert.equal(await unreadOf(bob), 1);
});

test('a device of each login hears of everything: two real logins', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  const tokens = [await login(server, bob), await login(server, bob)].map((session) => session.accessToken);
  const devices = await Promise.all(tokens.map((token) => Device.connect(server, token)));
  const sent = await say(ann, bob, 'to both');
  for (const device of devices) assert.equal((await device.next('receive_message'))._id, sent._id);
});
