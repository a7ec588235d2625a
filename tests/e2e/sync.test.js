import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, people, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { assertMessage, assertSocketError, idForm, timeForm } from '../lib/shapes.js';

let server;

before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());
afterEach(closeDevices);

const contents = (messages) => messages.map((message) => message.content);

function assertPage(page) {
  assert.deepEqual(Object.keys(page).sort(), ['conversations', 'cursor', 'hasMore', 'messages', 'ok', 'receipts']);
  assert.equal(page.ok, true);
  assert.equal(typeof page.cursor, 'string');
  assert.equal(typeof page.hasMore, 'boolean');
  for (const part of ['messages', 'receipts', 'conversations']) assert.ok(Array.isArray(page[part]), part);
}

function assertReceipt(receipt) {
  assert.match(receipt.conversationId, idForm);
  assert.match(receipt.userId, idForm);
  assert.ok(receipt.readSeq <= receipt.deliveredSeq, JSON.stringify(receipt));
  if (receipt.deliveredSeq > 0) assert.match(receipt.deliveredAt, timeForm);
  if (receipt.readSeq > 0) assert.match(receipt.readAt, timeForm);
}

describe('sync', () => {
  test('of somebody new is empty, and gives a cursor', async () => {
    const [ann] = await people(server, 'ann');
    const device = await Device.connect(server, ann);
    for (const request of [[], [{}], [null], [{ since: null }]]) {
      const page = await device.ask('sync', ...request);
      assertPage(page);
      assert.deepEqual([page.messages, page.receipts, page.conversations, page.hasMore], [[], [], [], false]);
    }
  });

  test('without a cursor gives everything from the beginning', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    for (const content of ['1', '2', '3']) await say(ann, bob, content);
    for (const who of [ann, bob]) {
      const device = await Device.connect(server, who);
      const page = await device.ask('sync');
      assertPage(page);
      assert.deepEqual(contents(page.messages), ['1', '2', '3']);
      page.messages.forEach((message) => assertMessage(message));
      assert.equal(page.conversations.length, 1);
    }
  });

  test('since a cursor gives what came after it, and nothing twice', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const device = await Device.connect(server, bob);
    await say(ann, bob, 'before');
    await device.next('receive_message');
    const { cursor } = await device.sync();
    device.close();
    await say(ann, bob, 'after 1');
    await say(ann, bob, 'after 2');
    const back = await Device.connect(server, bob);
    const missed = await back.sync(cursor);
    assert.deepEqual(contents(missed.messages), ['after 1', 'after 2']);
    await back.next('receive_message', { where: (message) => message.content === 'after 2' });
    const again = await back.sync(missed.cursor);
    assert.deepEqual(contents(again.messages), []);
  });

  test('goes on where the first page of a list stands, without all that there was before', async () => {
    const [ann, bob, carl] = await people(server, 'ann', 'bob', 'carl');
    for (const content of ['1', '2', '3']) await say(ann, bob, content);
    await say(carl, bob, 'hello');
    for (const path of ['/api/conversations', '/api/conversations/list']) {
      const first = (await bob.rest.get(`${path}?limit=1`)).body;
      const second = (await bob.rest.get(`${path}?limit=1&cursor=${encodeURIComponent(first.nextCursor)}`)).body;
      assert.equal(typeof first.syncCursor, 'string');
      assert.equal(second.syncCursor, undefined);
      const content = `after ${path}`;
      await say(ann, bob, content);
      const device = await Device.connect(server, bob);
      const came = contents((await device.sync(first.syncCursor)).messages);
      assert.equal(came.at(-1), content);
      // What other nodes may still be writing can come again.
      if (process.env.PARLEY_TEST_STORE !== 'mongo') assert.deepEqual(came, [content]);
    }
  });

  test('brings the sender the receipts that were missed', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const sent = await phone.send(bob, 'one');
    const last = await phone.send(bob, 'two');
    const { cursor } = await phone.sync();
    phone.close();
    const reader = await Device.connect(server, bob);
    await reader.next('receive_message', { where: (message) => message._id === last._id });
    assert.equal((await reader.ask('message_read', { messageId: sent._id })).ok, true);
    await Device.connect(server, ann).then(async (back) => {
      const find = (page) => page.receipts.find((receipt) => receipt.userId === bob.id);
      let missed = await back.sync(cursor);
      while (find(missed)?.deliveredSeq !== 2) missed = await back.sync(cursor);
      missed.receipts.forEach(assertReceipt);
      const receipt = find(missed);
      assert.deepEqual([receipt.conversationId, receipt.deliveredSeq, receipt.readSeq], [sent.conversationId, 2, 1]);
      assert.deepEqual(missed.messages, [], 'a receipt does not bring the message again');
    });
  });

  test('brings the reader\'s other device what was read elsewhere', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [tablet, reader] = [await Device.connect(server, bob), await Device.connect(server, bob)];
    const sent = await say(ann, bob, 'one');
    await tablet.next('receive_message');
    const { cursor } = await tablet.sync();
    tablet.close();
    assert.equal((await reader.ask('message_read', { messageId: sent._id })).ok, true);
    const back = await Device.connect(server, bob);
    const missed = await back.sync(cursor);
    const own = missed.receipts.find((receipt) => receipt.userId === bob.id);
    assert.equal(own.readSeq, 1);
    assert.equal(missed.conversations[0].unreadCount, 0);
  });

  test('gives the conversations that changed as the list shows them', async () => {
    const [ann, bob, cat] = await people(server, 'ann', 'bob', 'cat');
    await say(cat, bob, 'old');
    const device = await Device.connect(server, bob);
    await device.next('receive_message');
    const { cursor } = await device.sync();
    await say(ann, bob, 'new');
    await device.next('receive_message', { where: (message) => message.content === 'new' });
    const missed = await device.sync(cursor);
    const changed = new Map(missed.conversations.map((entry) => [entry.conversationId, entry]));
    const listed = (await conversationList(bob)).find((entry) => entry.lastMessage.content === 'new');
    const entry = changed.get(listed.conversationId);
    assert.deepEqual(Object.keys(entry).sort(), Object.keys(listed).sort());
    assert.deepEqual([entry.unreadCount, entry.participants, entry.lastMessage._id], [1, listed.participants, listed.lastMessage._id]);
  });

  test('shows messages with their present status', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const reader = await Device.connect(server, bob);
    const sent = await phone.send(bob, 'one');
    await phone.send(bob, 'two');
    await phone.next('message_delivered', { where: (event) => event.seq === 2 });
    await reader.ask('message_read', { messageId: sent._id });
    const { messages } = await phone.sync();
    assert.deepEqual(messages.map((message) => message.status), ['read', 'delivered']);
  });

  test('is paged in order, without a gap or a repetition', async () => {
    const [ann, bob, cat] = await people(server, 'ann', 'bob', 'cat');
    const phone = await Device.connect(server, ann);
    const said = [];
    for (let index = 0; index < 60; index += 1) {
      said.push(`${index}`);
      await phone.send(index % 3 ? bob : cat, `${index}`);
    }
    for (const limit of [1, 7, 100]) {
      const all = await phone.sync(undefined, limit);
      assert.deepEqual(contents(all.messages), said, `limit ${limit}`);
      assert.ok(all.pages >= Math.ceil(60 / limit));
    }
    const page = await phone.ask('sync', { limit: 7 });
    assert.ok(page.messages.length <= 7 && page.hasMore);
    const mine = await (await Device.connect(server, bob)).sync();
    assert.deepEqual(contents(mine.messages), said.filter((_, index) => index % 3));
  });

  test('has a bound for a page whatever is asked', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    await phone.sendMany(bob, Array.from({ length: 1200 }, (_, index) => `${index}`));
    const page = await phone.ask('sync', { limit: 1_000_000 });
    if (!page.ok) return assertSocketError(page, 'bad_request');
    assert.ok(page.messages.length <= 1000, `${page.messages.length} messages in one page`);
    assert.equal((await phone.sync()).messages.length, 1200);
  });

  test('goes on where it was while messages arrive', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [phone, device] = [await Device.connect(server, ann), await Device.connect(server, bob)];
    const synced = [];
    let cursor;
    for (let round = 0; round < 30; round += 1) {
      const sends = Array.from({ length: 5 }, (_, index) => phone.send(bob, `${round * 5 + index}`));
      const page = await device.sync(cursor, 3);
      synced.push(...contents(page.messages));
      cursor = page.cursor;
      await Promise.all(sends);
    }
    synced.push(...contents((await device.sync(cursor)).messages));
    assert.deepEqual(synced, Array.from({ length: 150 }, (_, index) => `${index}`));
  });

  test('keeps its cursor across a kill', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'before');
    const { cursor } = await (await Device.connect(server, bob)).sync();
    await server.restart();
    await say(ann, bob, 'after');
    const missed = await (await Device.connect(server, bob)).sync(cursor);
    assert.deepEqual(contents(missed.messages), ['after']);
  });

  test('shows nothing of others', async () => {
    const [ann, bob, eve] = await people(server, 'ann', 'bob', 'eve');
    await say(ann, bob, 'secret');
    const page = await (await Device.connect(server, eve)).sync();
    assert.deepEqual([page.messages, page.receipts, page.conversations], [[], [], []]);
  });

  test('refuses cursors that are none of ours and wrong types', async () => {
    const [ann] = await people(server, 'ann');
    const device = await Device.connect(server, ann);
    const wrong = [{ since: 'nonsense' }, { since: '-1' }, { since: '99999999999999999999999999' }, { since: 5 }, { since: {} },
      { since: { $gt: '' } }, { since: '18446744073709551615' }, { limit: 'x' }, { limit: -1 }, { limit: {} }, { limit: 1.5 }];
    for (const request of wrong) assertSocketError(await device.ask('sync', request), 'bad_request');
    await device.barrier();
    assert.deepEqual(device.drops, []);
  });

  test('without an acknowledgement is ignored', async () => {
    const [ann] = await people(server, 'ann');
    const device = await Device.connect(server, ann);
    device.emit('sync', {});
    device.emit('sync');
    await device.barrier();
    assert.deepEqual(device.drops, []);
  });
});
