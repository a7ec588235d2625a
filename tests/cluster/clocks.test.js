/** Nodes whose machines' clocks are a minute apart: one is right, one is behind, one ahead. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people } from '../lib/people.js';
import { shiftedClock } from '../lib/shifted_clock.js';
import { at, contents, setUp } from './setup.js';

const shifts = [0, -60, 60];
const { cluster, test } = await setUp({ env: (index) => shiftedClock(shifts[index]) });
const { nodes } = cluster;
after(() => cluster.destroy());
afterEach(closeDevices);

/** Each node with each other one. */
const pairs = shifts.flatMap((_, one) => shifts.map((_, other) => [one, other])).filter(([one, other]) => one !== other);
const told = ([one, other]) => `${shifts[one]} s and ${shifts[other]} s`;

test('the machines\' clocks are what the test says', async () => {
  for (const [index, node] of nodes.entries()) {
    const answer = await fetch(`${node.url}/healthz`, { headers: { connection: 'close' } });
    await answer.text();
    const ahead = Date.parse(answer.headers.get('date')) - Date.now();
    assert.ok(Math.abs(ahead - shifts[index] * 1000) < 15_000, `${ahead} ms`);
  }
});

test('a sync misses nothing that another node wrote behind its cursor', async () => {
  for (const [reader, writer] of pairs) {
    const [ann, bob, eve] = await people(cluster, 'ann', 'bob', 'eve');
    await (await Device.connect(nodes[reader], ann)).send(bob, 'before');
    const device = await Device.connect(nodes[reader], bob);
    const { cursor, messages } = await device.sync();
    assert.deepEqual(contents(messages), ['before']);
    const sent = await (await Device.connect(nodes[writer], eve)).send(bob, 'missed?');
    const read = await (await Device.connect(nodes[writer], bob)).ask('message_read', { messageId: sent._id });
    assert.ok(read.ok);
    const missed = await device.sync(cursor);
    assert.deepEqual(contents(missed.messages), ['missed?'], `between ${told([reader, writer])}`);
    assert.ok(missed.receipts.some(({ readSeq, conversationId }) => readSeq === 1 && conversationId === sent.conversationId));
    closeDevices();
  }
});

test('times of messages are in order and those of MongoDB, whoever writes them', async () => {
  for (const [first, then] of pairs) {
    const [ann, bob] = await people(cluster, 'ann', 'bob');
    const [phone, device] = [await Device.connect(nodes[first], ann), await Device.connect(nodes[then], bob)];
    const began = Date.now();
    const sent = await phone.send(bob, 'Hello');
    await phone.next('message_delivered');
    await device.ask('message_read', { messageId: sent._id });
    const { body } = await at(nodes[first], ann).rest.get(`/api/conversations/${sent.conversationId}/messages`);
    const times = ['createdAt', 'deliveredAt', 'readAt'].map((name) => Date.parse(body.messages[0][name]));
    const bounds = [began - 1000, ...times, Date.now() + 1000];
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b), `between ${told([first, then])}`);
  }
});

test('a device that has just come sees what its user sends on another node', async () => {
  for (const [first, then] of pairs) {
    const [ann, bob] = await people(cluster, 'ann', 'bob');
    const laptop = await Device.connect(nodes[then], ann);
    await laptop.barrier();
    const sent = await (await Device.connect(nodes[first], ann)).send(bob, 'Hello');
    assert.equal((await laptop.next('receive_message'))._id, sent._id, `between ${told([first, then])}`);
    closeDevices();
  }
});
