import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, people, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { assertErrorObject, assertMessage, assertSocketError, timeForm, unknownId } from '../lib/shapes.js';

let server;
let ann;
let bob;
let phone;
let other;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

/** Two fresh people, each with one device. */
async function pair() {
  [ann, bob] = await people(server, 'ann', 'bob');
  [phone, other] = [await Device.connect(server, ann), await Device.connect(server, bob)];
}

describe('send_message', () => {
  test('is acknowledged with the stored message', async () => {
    await pair();
    const answer = await phone.ask('send_message', { receiverId: bob.id, content: 'Hello', clientId: 'c-1' });
    assert.deepEqual(Object.keys(answer).sort(), ['message', 'ok']);
    assert.equal(answer.ok, true);
    assertMessage(answer.message, { sender: ann.id, receiver: bob.id, content: 'Hello', clientId: 'c-1', seq: 1 });
    const [stored] = await history(ann, answer.message.conversationId);
    assertMessage(stored, { _id: answer.message._id, content: 'Hello', clientId: 'c-1' });
  });

  test('without an acknowledgement is answered by message_sent', async () => {
    await pair();
    phone.emit('send_message', { receiverId: bob.id, content: 'Hello', clientId: 'c-2' });
    const sent = await phone.next('message_sent');
    const received = await other.next('receive_message');
    assert.deepEqual(sent, { messageId: received._id, clientId: 'c-2', conversationId: received.conversationId, seq: 1, createdAt: received.createdAt });
    assert.match(sent.createdAt, timeForm);
  });

  test('tells message_sent to the sending device alone', async () => {
    await pair();
    const laptop = await Device.connect(server, ann);
    const message = await phone.send(bob, 'Hello', 'c-3');
    assert.equal((await phone.next('message_sent')).messageId, message._id);
    await laptop.next('receive_message');
    await laptop.barrier();
    assert.deepEqual(laptop.all('message_sent'), []);
    assert.deepEqual(other.all('message_sent'), []);
  });

  test('brings receive_message to every device of both', async () => {
    await pair();
    const [laptop, tablet] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    const sent = await phone.send(bob, 'Hello', 'c-4');
    for (const device of [phone, laptop]) {
      assertMessage(await device.next('receive_message'), { _id: sent._id, content: 'Hello', clientId: 'c-4' });
    }
    for (const device of [other, tablet]) {
      assertMessage(await device.next('receive_message'), { _id: sent._id, content: 'Hello', sender: ann.id, seq: 1 });
    }
    for (const device of [phone, laptop, other, tablet]) {
      await device.barrier();
      assert.equal(device.all('receive_message').length, 1);
    }
  });

  test('brings conversation_updated to every device of both, each with the own unread count', async () => {
    await pair();
    const [laptop, tablet] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    for (let count = 1; count <= 3; count += 1) {
      const sent = await phone.send(bob, `${count}`);
      for (const [device, unreadCount] of [[phone, 0], [laptop, 0], [other, count], [tablet, count]]) {
        const updated = await device.next('conversation_updated');
        assert.deepEqual(Object.keys(updated).sort(), ['conversationId', 'lastMessage', 'unreadCount']);
        assert.equal(updated.conversationId, sent.conversationId);
        assertMessage(updated.lastMessage, { _id: sent._id });
        assert.equal(updated.unreadCount, unreadCount);
      }
    }
  });

  test('keeps the order of one sender, without waiting for answers', async () => {
    await pair();
    const contents = Array.from({ length: 300 }, (_, index) => `${index}`);
    for (const content of contents) phone.emit('send_message', { receiverId: bob.id, content });
    for (const device of [phone, other]) {
      await device.wait(() => device.all('receive_message').length === 300, 10_000, '300 messages');
    }
    assert.deepEqual(other.all('receive_message').map((message) => message.content), contents);
    assert.deepEqual(other.all('receive_message').map((message) => message.seq), contents.map((_, index) => index + 1));
    assert.deepEqual(phone.all('receive_message').map((message) => message.content), contents);
  });

  test('gives both one order when both write at once', async () => {
    await pair();
    for (let index = 0; index < 100; index += 1) {
      phone.emit('send_message', { receiverId: bob.id, content: `a${index}` });
      other.emit('send_message', { receiverId: ann.id, content: `b${index}` });
    }
    for (const device of [phone, other]) {
      await device.wait(() => device.all('receive_message').length === 200, 10_000, '200 messages');
      assert.deepEqual(device.all('receive_message').map((message) => message.seq), Array.from({ length: 200 }, (_, i) => i + 1));
    }
    const ids = (device) => device.all('receive_message').map((message) => message._id);
    assert.deepEqual(ids(phone), ids(other));
  });

  test('makes one conversation of two first messages at once', async () => {
    await pair();
    const [hers, his] = await Promise.all([phone.send(bob, 'a'), other.send(ann, 'b')]);
    assert.equal(hers.conversationId, his.conversationId);
    assert.equal((await conversationList(ann)).length, 1);
  });

  test('reaches nobody else', async () => {
    await pair();
    const [eve] = await people(server, 'eve');
    const spy = await Device.connect(server, eve);
    await phone.send(bob, 'secret');
    await other.next('receive_message');
    await spy.barrier();
    assert.deepEqual(spy.events.filter((event) => event.name !== 'connect'), []);
  });

  test('takes 4096 characters of four bytes each', async () => {
    await pair();
    const content = '🦉'.repeat(4096);
    await phone.send(bob, content);
    assert.equal((await other.next('receive_message')).content, content);
  });

  test('takes a burst of large messages from a client that reads as fast as it writes', async () => {
    await pair();
    const contents = Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(4000)}`);
    await phone.sendMany(bob, contents, 300);
    await other.wait(() => other.all('receive_message').length === 300, 10_000, '300 messages');
    assert.deepEqual([phone.drops, other.drops], [[], []]);
  });

  test('keeps every character as it was sent', async () => {
    await pair();
    for (const content of ['\u0000', '\u2028', '"\\\n\t\b', '👩‍👩‍👧‍👦', '{"a":1}', '[1]', '\ufeffbom', '\u007f\u0080']) {
      const sent = await phone.send(bob, content);
      assert.equal(sent.content, content);
      assert.equal((await other.next('receive_message')).content, content);
    }
  });
});

describe('the same clientId', () => {
  test('gives the first message back and stores nothing', async () => {
    await pair();
    const first = await phone.send(bob, 'once', 'again');
    const second = await phone.send(bob, 'twice', 'again');
    assertMessage(second, { _id: first._id, seq: first.seq, content: 'once', createdAt: first.createdAt });
    await phone.send(bob, 'marker');
    await other.next('receive_message', { where: (message) => message.content === 'marker' });
    assert.deepEqual(other.all('receive_message').map((message) => message.content), ['once', 'marker']);
    assert.equal((await conversationList(bob))[0].unreadCount, 2);
  });

  test('many times at once, on two devices, stores one', async () => {
    await pair();
    const laptop = await Device.connect(server, ann);
    const devices = Array.from({ length: 20 }, (_, index) => (index % 2 ? phone : laptop));
    const messages = await Promise.all(devices.map((device) => device.send(bob, 'once', 'at-once')));
    assert.equal(new Set(messages.map((message) => message._id)).size, 1);
    assert.equal((await history(ann, messages[0].conversationId)).length, 1);
  });

  test('answers a repetition without acknowledgement by message_sent', async () => {
    await pair();
    const first = await phone.send(bob, 'once', 'event');
    await phone.next('message_sent');
    phone.emit('send_message', { receiverId: bob.id, content: 'once', clientId: 'event' });
    const again = await phone.next('message_sent');
    assert.deepEqual([again.messageId, again.clientId, again.seq], [first._id, 'event', first.seq]);
  });

  test('works across a reconnect and a kill of the server', async () => {
    await pair();
    const first = await phone.send(bob, 'once', 'durable');
    await phone.cut();
    await phone.connect();
    assert.equal((await phone.send(bob, 'once', 'durable'))._id, first._id);
    await server.restart();
    phone = await Device.connect(server, ann);
    assert.equal((await phone.send(bob, 'once', 'durable'))._id, first._id);
    assert.equal((await say(ann, bob, 'once', 'durable'))._id, first._id);
    assert.equal((await history(bob, first.conversationId)).length, 1);
  });

  test('of another sender is another message', async () => {
    await pair();
    const [hers, his] = [await phone.send(bob, 'a', 'shared'), await other.send(ann, 'b', 'shared')];
    assert.notEqual(hers._id, his._id);
  });

  test('is told to the sender and not to the receiver', async () => {
    await pair();
    const sent = await phone.send(bob, 'Hello', 'private-id');
    assert.equal(sent.clientId, 'private-id');
    const received = await other.next('receive_message');
    assert.ok(received.clientId === undefined || received.clientId === 'private-id');
  });
});

describe('a wrong send_message', () => {
  const wrong = () => ({
    'no argument': [undefined, 'bad_request'],
    null: [null, 'bad_request'],
    text: ['hello', 'bad_request'],
    'a list': [[bob.id, 'hello'], 'bad_request'],
    'no receiver': [{ content: 'x' }, 'bad_request'],
    'no content': [{ receiverId: bob.id }, 'bad_request'],
    'empty content': [{ receiverId: bob.id, content: '' }, 'bad_request'],
    'a number as content': [{ receiverId: bob.id, content: 5 }, 'bad_request'],
    'an object as content': [{ receiverId: bob.id, content: { $gt: '' } }, 'bad_request'],
    '4097 characters': [{ receiverId: bob.id, content: 'x'.repeat(4097) }, 'bad_request'],
    '4097 characters of four bytes': [{ receiverId: bob.id, content: '🦉'.repeat(4097) }, 'bad_request'],
    'a receiver that is no id': [{ receiverId: 'bob', content: 'x' }, 'bad_request'],
    'a receiver of 23 digits': [{ receiverId: bob.id.slice(1), content: 'x' }, 'bad_request'],
    'a query as receiver': [{ receiverId: { $ne: '' }, content: 'x' }, 'bad_request'],
    'a number as receiver': [{ receiverId: 7, content: 'x' }, 'bad_request'],
    'a clientId of 65 characters': [{ receiverId: bob.id, content: 'x', clientId: 'c'.repeat(65) }, 'bad_request'],
    'a number as clientId': [{ receiverId: bob.id, content: 'x', clientId: 5 }, 'bad_request'],
    oneself: [{ receiverId: ann.id, content: 'x' }, 'bad_request'],
    'somebody who does not exist': [{ receiverId: unknownId, content: 'x' }, 'not_found'],
    'half a surrogate pair': [{ receiverId: bob.id, content: 'a\ud800b' }, 'bad_request'],
  });

  test('is acknowledged with the error, stores nothing and keeps the connection', async () => {
    await pair();
    for (const [what, [draft, code]] of Object.entries(wrong())) {
      if (what === 'half a surrogate pair') continue; // Its own test: not every answer is an error.
      const answer = await phone.ask('send_message', draft);
      assert.equal(answer.ok, false, what);
      assertSocketError(answer, code);
    }
    await assertUntouched();
  });

  test('without an acknowledgement is answered by message_error', async () => {
    await pair();
    for (const [what, [draft, code]] of Object.entries(wrong())) {
      if (what === 'half a surrogate pair') continue;
      phone.emit('send_message', draft);
      const { error, ...rest } = await phone.next('message_error');
      assert.ok(Object.keys(rest).every((name) => name === 'clientId'), `${what}: ${Object.keys(rest)}`);
      assertErrorObject(error, code);
    }
    await assertUntouched();
  });

  test('names its clientId in message_error', async () => {
    await pair();
    phone.emit('send_message', { receiverId: unknownId, content: 'x', clientId: 'mine' });
    const { clientId, error } = await phone.next('message_error');
    assert.equal(clientId, 'mine');
    assertErrorObject(error, 'not_found');
  });

  test('with half a surrogate pair stores no bad UTF-8', async () => {
    await pair();
    const answer = await phone.ask('send_message', wrong()['half a surrogate pair'][0]);
    if (!answer.ok) return assertSocketError(answer, 'bad_request');
    assert.equal((await other.next('receive_message')).content, 'a\ufffdb');
  });

  test('with unknown members is sent, and they are ignored', async () => {
    await pair();
    const answer = await phone.ask('send_message', { receiverId: bob.id, content: 'x', sender: bob.id, status: 'read', _id: unknownId, seq: 99 });
    assertMessage(answer.message, { sender: ann.id, seq: 1 });
    assert.notEqual(answer.message._id, unknownId);
    assert.notEqual(answer.message.status, 'read');
  });

  async function assertUntouched() {
    assert.deepEqual(phone.drops, []);
    assert.deepEqual(await conversationList(ann), []);
    await phone.send(bob, 'works');
    await other.next('receive_message');
    assert.deepEqual(other.all('receive_message').map((message) => message.content), ['works']);
    assert.equal((await conversationList(ann)).length, 1);
  }
});
