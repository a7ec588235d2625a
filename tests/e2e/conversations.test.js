import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, people, person, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { assertError, assertMessage, assertPublicUser, timeForm, unknownId } from '../lib/shapes.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

/** `count` messages from the first to the second, with contents "1", "2", … */
async function talk(sender, receiver, count) {
  const messages = [];
  for (let index = 1; index <= count; index += 1) messages.push(await say(sender, receiver, String(index)));
  return messages;
}

describe('POST /api/messages', () => {
  test('stores the message and answers 201 with it', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const answer = await ann.rest.post('/api/messages', { receiverId: bob.id, content: 'Hello', clientId: 'c-1' });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.success, true);
    assertMessage(answer.body.message, { sender: ann.id, receiver: bob.id, content: 'Hello', clientId: 'c-1', seq: 1, status: 'sent' });
    const stored = await history(bob, answer.body.message.conversationId);
    assert.equal(stored.length, 1);
    assertMessage(stored[0], { _id: answer.body.message._id, content: 'Hello' });
  });

  test('takes the same path as the event: devices hear of it', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [phone, other] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    const message = await say(ann, bob, 'by REST', 'rest-1');
    assertMessage(await other.next('receive_message'), { _id: message._id, content: 'by REST' });
    assertMessage(await phone.next('receive_message'), { _id: message._id, clientId: 'rest-1' });
    assert.equal((await phone.next('message_delivered')).messageId, message._id);
    assert.equal((await other.next('conversation_updated')).unreadCount, 1);
  });

  test('with the same clientId gives the first message back and stores nothing', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const first = await say(ann, bob, 'once', 'same');
    const again = await ann.rest.post('/api/messages', { receiverId: bob.id, content: 'twice', clientId: 'same' });
    assert.ok([200, 201].includes(again.status), again.text);
    assertMessage(again.body.message, { _id: first._id, content: 'once' });
    assert.equal((await history(ann, first.conversationId)).length, 1);
  });

  test('counts the same clientId of another sender as another message', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [first, second] = [await say(ann, bob, 'mine', 'shared'), await say(bob, ann, 'yours', 'shared')];
    assert.notEqual(first._id, second._id);
    assert.equal((await history(ann, first.conversationId)).length, 2);
  });

  test('makes one conversation of many first messages at once, from both sides', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sends = Array.from({ length: 20 }, (_, index) => (index % 2 ? say(ann, bob, 'a') : say(bob, ann, 'b')));
    const messages = await Promise.all(sends);
    assert.equal(new Set(messages.map((message) => message.conversationId)).size, 1);
    assert.deepEqual(messages.map((message) => message.seq).sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
    assert.equal((await conversationList(ann)).length, 1);
  });

  const bad = (bob) => ({
    'no receiver': [{ content: 'x' }, 400, 'receiverId'],
    'no content': [{ receiverId: bob.id }, 400, 'content'],
    'empty content': [{ receiverId: bob.id, content: '' }, 400, 'content'],
    'a number as content': [{ receiverId: bob.id, content: 5 }, 400, 'content'],
    'null as content': [{ receiverId: bob.id, content: null }, 400, 'content'],
    'an object as content': [{ receiverId: bob.id, content: { $gt: '' } }, 400, 'content'],
    'content of 4097 characters': [{ receiverId: bob.id, content: 'x'.repeat(4097) }, 400, 'content'],
    'content of 4097 characters outside the BMP': [{ receiverId: bob.id, content: '🦉'.repeat(4097) }, 400, 'content'],
    'a query as receiver': [{ receiverId: { $ne: null }, content: 'x' }, 400, 'receiverId'],
    'a receiver that is no id': [{ receiverId: 'bob', content: 'x' }, 400, 'receiverId'],
    'a clientId of 65 characters': [{ receiverId: bob.id, content: 'x', clientId: 'c'.repeat(65) }, 400, 'clientId'],
    'a number as clientId': [{ receiverId: bob.id, content: 'x', clientId: 7 }, 400, 'clientId'],
    'nobody as receiver': [{ receiverId: unknownId, content: 'x' }, 404],
  });
  test('refuses what is wrong, names the field, and stores nothing', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    for (const [what, [draft, status, field]] of Object.entries(bad(bob))) {
      const answer = await ann.rest.post('/api/messages', draft);
      assert.equal(answer.status, status, `${what}: ${answer.text}`);
      assertError(answer, status, { field });
    }
    assertError(await ann.rest.post('/api/messages', { receiverId: ann.id, content: 'x' }), 400);
    assert.deepEqual(await conversationList(ann), []);
    assert.deepEqual(await conversationList(bob), []);
  });

  test('takes 4096 characters, however many bytes they have, and a clientId of 64', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    for (const [index, content] of ['x'.repeat(4096), '🦉'.repeat(4096), 'é'.repeat(4096)].entries()) {
      const message = await say(ann, bob, content, `${index}`.padEnd(64, 'c'));
      assert.equal(message.content, content);
    }
  });

  test('keeps every character as it was sent', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const contents = [' leading and trailing ', 'line\nbreak\ttab', '"\\/\b\f', '\u2028\u2029', '👩‍👩‍👧‍👦 العربية 日本', '<b>&amp;</b>', '\u0001\u007f', 'null'];
    for (const content of contents) assert.equal((await say(ann, bob, content)).content, content);
    const [{ conversationId }] = await conversationList(ann);
    assert.deepEqual((await history(bob, conversationId)).map((message) => message.content), contents);
  });
});

describe('the list of conversations', () => {
  test('is empty at first', async () => {
    const { rest } = await person(server);
    for (const path of ['/api/conversations', '/api/conversations/list']) {
      const answer = await rest.get(path);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.success, true);
      assert.deepEqual(answer.body.conversations, []);
    }
  });

  test('shows the other person, the last message, presence and the own unread count', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'first');
    const last = await say(ann, bob, 'last');
    const [short] = (await bob.rest.get('/api/conversations')).body.conversations;
    const [long] = (await bob.rest.get('/api/conversations/list')).body.conversations;
    assert.equal(short.lastMessage, 'last');
    assertMessage(long.lastMessage, { _id: last._id, content: 'last', seq: 2 });
    for (const entry of [short, long]) {
      assert.equal(entry.conversationId, last.conversationId);
      assert.equal(entry.participants.length, 1);
      assertPublicUser(entry.participants[0], ann);
      assert.equal(entry.online, false);
      assert.equal(entry.lastSeen ?? null, null);
      assert.equal(entry.unreadCount, 2);
    }
    assert.equal((await conversationList(ann))[0].unreadCount, 0);
  });

  test('shows who is online', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'hello');
    const device = await Device.connect(server, bob);
    await device.next('receive_message');
    assert.equal((await conversationList(ann))[0].online, true);
    assert.equal((await conversationList(bob))[0].online, false);
  });

  test('has the newest first, and moves one up when something is said', async () => {
    const [ann, bob, cat, dan] = await people(server, 'ann', 'bob', 'cat', 'dan');
    for (const other of [bob, cat, dan]) await say(ann, other, 'hello');
    const order = async () => (await conversationList(ann)).map((entry) => entry.participants[0]._id);
    assert.deepEqual(await order(), [dan.id, cat.id, bob.id]);
    await say(bob, ann, 'back');
    assert.deepEqual(await order(), [bob.id, dan.id, cat.id]);
  });

  test('is paged by limit and cursor, each conversation once', async () => {
    const ann = await person(server, 'ann');
    const others = await people(server, ...Array(7).fill('many'));
    for (const other of others) await say(ann, other, 'hello');
    const seen = [];
    let cursor = '';
    for (let page = 0; page < 4; page += 1) {
      const { body } = await ann.rest.get(`/api/conversations/list?limit=3${cursor}`);
      assert.ok(body.conversations.length <= 3);
      seen.push(...body.conversations.map((entry) => entry.participants[0]._id));
      if (!body.nextCursor) break;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    assert.deepEqual(seen, others.map((other) => other.id).reverse());
  });

  test('refuses a cursor or limit that is none', async () => {
    const { rest } = await person(server);
    for (const query of ['cursor=nonsense!', 'cursor=%00%ff', 'limit=abc', 'limit=-1', 'limit=0', 'limit=1.5']) {
      assertError(await rest.get(`/api/conversations/list?${query}`), 400);
    }
  });

  test('shows nothing of conversations of others', async () => {
    const [ann, bob, eve] = await people(server, 'ann', 'bob', 'eve');
    await say(ann, bob, 'secret');
    assert.deepEqual(await conversationList(eve), []);
  });
});

describe('history', () => {
  const page = (who, id, query = '') => who.rest.get(`/api/conversations/${id}/messages${query}`);

  test('gives 20 a page, oldest to newest, and walks backwards by nextCursor', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await talk(ann, bob, 45);
    const id = sent[0].conversationId;
    const pages = [];
    let before = '';
    for (;;) {
      const answer = await page(bob, id, before);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.body.success, true);
      pages.push(answer.body);
      if (!answer.body.hasMore) break;
      assert.equal(answer.body.nextCursor, answer.body.messages[0]._id);
      before = `?before=${answer.body.nextCursor}`;
    }
    assert.deepEqual(pages.map((each) => each.messages.length), [20, 20, 5]);
    assert.equal(pages.at(-1).nextCursor ?? null, null);
    const all = pages.reverse().flatMap((each) => each.messages);
    assert.deepEqual(all.map((message) => message._id), sent.map((message) => message._id));
    assert.deepEqual(all.map((message) => message.seq), sent.map((_, index) => index + 1));
    all.forEach((message) => assertMessage(message));
  });

  test('walks forward by after', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await talk(ann, bob, 25);
    const id = sent[0].conversationId;
    const first = (await page(bob, id, `?after=${sent[2]._id}&limit=10`)).body;
    assert.deepEqual(first.messages.map((message) => message.content), ['4', '5', '6', '7', '8', '9', '10', '11', '12', '13']);
    assert.equal(first.hasMore, true);
    const last = (await page(bob, id, `?after=${sent[19]._id}&limit=10`)).body;
    assert.deepEqual(last.messages.map((message) => message.content), ['21', '22', '23', '24', '25']);
    assert.equal(last.hasMore, false);
    assert.deepEqual((await page(bob, id, `?after=${sent[24]._id}`)).body.messages, []);
  });

  test('obeys a limit up to 100', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await talk(ann, bob, 105);
    const id = sent[0].conversationId;
    for (const limit of [1, 50, 100]) {
      const { body } = await page(ann, id, `?limit=${limit}`);
      assert.equal(body.messages.length, limit);
      assert.equal(body.messages.at(-1).content, '105');
      assert.equal(body.hasMore, true);
    }
    const over = await page(ann, id, '?limit=1000');
    if (over.status === 200) assert.ok(over.body.messages.length <= 100);
    else assertError(over, 400, { field: 'limit' });
  });

  test('says hasMore rightly when a page ends exactly at the beginning', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [first] = await talk(ann, bob, 20);
    assert.equal((await page(ann, first.conversationId)).body.hasMore, false);
    await say(bob, ann, '21');
    assert.equal((await page(ann, first.conversationId)).body.hasMore, true);
  });

  test('has both people\'s messages in one order for both', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    for (let round = 0; round < 5; round += 1) await Promise.all([say(ann, bob, `a${round}`), say(bob, ann, `b${round}`)]);
    const [{ conversationId }] = await conversationList(ann);
    const [hers, his] = [await history(ann, conversationId), await history(bob, conversationId)];
    assert.deepEqual(hers.map((message) => message._id), his.map((message) => message._id));
    assert.deepEqual(hers.map((message) => message.seq), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const times = hers.map((message) => message.createdAt);
    assert.deepEqual(times, [...times].sort());
  });

  test('is a 404 for whoever takes no part, as for what does not exist', async () => {
    const [ann, bob, eve] = await people(server, 'ann', 'bob', 'eve');
    const { conversationId, _id } = await say(ann, bob, 'secret');
    const refused = await page(eve, conversationId);
    assertError(refused, 404, { code: 'not_found' });
    assertError(await page(eve, conversationId, `?before=${_id}`), 404);
    assert.equal((await page(eve, unknownId)).text, refused.text);
    for (const id of ['nonsense', '5', `${conversationId}0`]) {
      const answer = await page(ann, id);
      assert.ok([400, 404].includes(answer.status), answer.text);
      assertError(answer, answer.status);
    }
  });

  test('refuses cursors and limits that are none', async () => {
    const [ann, bob, cat] = await people(server, 'ann', 'bob', 'cat');
    const { conversationId } = await say(ann, bob, 'one');
    const elsewhere = await say(ann, cat, 'two');
    for (const query of ['before=nonsense', 'after=nonsense', 'limit=abc', 'limit=0', 'limit=-5', 'limit=1e9x']) {
      assertError(await page(ann, conversationId, `?${query}`), 400);
    }
    for (const query of [`before=${unknownId}`, `after=${elsewhere._id}`, `before=${elsewhere._id}`]) {
      assertError(await page(ann, conversationId, `?${query}`), 404);
    }
  });

  test('shows the status as it is now', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await say(ann, bob, 'hello');
    const device = await Device.connect(server, bob);
    const sender = await Device.connect(server, ann);
    await device.next('receive_message');
    device.emit('message_read', { messageId: sent._id });
    await sender.next('message_read');
    const [message] = await history(ann, sent.conversationId);
    assertMessage(message, { status: 'read' });
    assert.match(message.readAt, timeForm);
    assert.ok(message.createdAt <= message.deliveredAt && message.deliveredAt <= message.readAt);
    assert.equal(message.updatedAt, message.readAt);
  });
});

describe('POST /api/email/send', () => {
  test('is for administrators only', async () => {
    const { rest } = await person(server);
    assertError(await rest.post('/api/email/send', { email: 'a@example.org', content: 'x' }), 403, { code: 'forbidden' });
  });
});

test('lists and history are the same after a kill', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  const [{ conversationId }] = await talk(ann, bob, 5);
  const see = async () => [await conversationList(ann), await conversationList(bob), await history(bob, conversationId)];
  const before = await see();
  await server.restart();
  assert.deepEqual(await see(), before);
});
