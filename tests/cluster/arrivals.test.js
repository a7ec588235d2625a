/** Devices that come while their user is written to: once connected they are online, and hear of everything, in order. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people } from '../lib/people.js';
import { pause } from '../lib/wait.js';
import { randomFrom } from '../recovery/random.js';
import { contents, presenceOf, setUp } from './setup.js';

const { cluster, test } = await setUp({ nodes: 2, linked: true });
const { nodes, links } = cluster;
after(() => cluster.destroy());
afterEach(() => {
  for (const { redis, mongo } of links) [redis, mongo].forEach((way) => way.restore());
  closeDevices();
});

const received = (device) => contents(device.all('receive_message'));
const some = 300;  // Milliseconds of a way that is held: less than anybody gives up after.

test('who is told that they are connected is online on all nodes', async () => {
  const [ann] = await people(cluster, 'ann');
  links[1].redis.hold();
  const coming = Device.connect(nodes[1], ann);
  assert.equal(await Promise.race([coming, pause(some)]), undefined);
  links[1].redis.restore();
  await coming;
  assert.deepEqual((await presenceOf(cluster, ann)).map((presence) => presence.online), [true, true]);
});

test('a device is not told that it is connected before its node hears what others have for it', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const phone = await Device.connect(nodes[0], ann);
  links[1].redis.hold();
  const coming = Device.connect(nodes[1], ann);
  assert.equal(await Promise.race([coming, pause(some)]), undefined);
  links[1].redis.restore();
  const tablet = await coming;
  await phone.send(bob, 'of the phone');
  await tablet.wait(() => received(tablet).length > 0, 5000, 'what the other device has sent');
  assert.deepEqual(received(tablet), ['of the phone']);
});

test('a device whose backlog takes its time has all that came since, whatever another device was faster to confirm', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const phone = await Device.connect(nodes[0], ann);
  const fast = await Device.connect(nodes[0], bob, { acks: true });
  links[1].mongo.hold();
  const slow = await Device.connect(nodes[1], bob);
  await pause(some);
  await phone.send(bob, 'confirmed');
  await phone.next('message_delivered');
  fast.confirm = false;
  await phone.send(bob, 'not confirmed');
  links[1].mongo.restore();
  await phone.send(bob, 'the last one');
  await slow.wait(() => received(slow).includes('the last one'), 5000, 'the last one');
  assert.deepEqual(received(slow), ['confirmed', 'not confirmed', 'the last one']);
});

/** Says one thing after the other until `isOver`; `begun` has what was said, in order. */
async function chatter(phone, other, begun, isOver) {
  while (!isOver()) {
    const text = `${phone.socket.id} ${begun.length}`;
    begun.push(text);
    await phone.send(other, text);
  }
}

test('devices that come and go while both people write have everything from their connection on, in order, once', async () => {
  const seed = Number(process.env.CRASH_SEED ?? Date.now() % 100_000);
  console.log(`arrivals: CRASH_SEED=${seed}`);
  const random = randomFrom(seed);
  const both = await people(cluster, 'ann', 'bob');
  const phones = await Promise.all(both.map((who, index) => Device.connect(nodes[index], who)));
  const begun = [[], []];
  let isOver = false;
  const talking = [0, 1, 0, 1].map((index) => chatter(phones[index], both[1 - index], begun[index], () => isOver));

  const visit = async () => {
    const node = random.below(2);
    const way = links[node][random.pick(['redis', 'mongo'])];
    way.hold();
    const coming = Device.connect(nodes[node], random.pick(both), { acks: random.chance(0.5) });
    await pause(random.below(100));
    way.restore();
    const device = await coming;
    const before = begun.map((list) => list.length);
    await pause(100 + random.below(200));
    const owed = begun.flatMap((list, index) => list.slice(before[index]));
    await device.wait(() => owed.every((text) => received(device).includes(text)), 10_000, () => `${owed.filter((text) => !received(device).includes(text))}, CRASH_SEED=${seed}`);
    const places = device.all('receive_message').map((message) => message.seq);
    assert.deepEqual(places, [...new Set(places)].sort((a, b) => a - b), `CRASH_SEED=${seed}`);
    device.socket.disconnect();
  };
  const visits = async () => {
    for (let times = 0; times < 12; times += 1) await visit();
  };
  try {
    await Promise.all([visits(), visits()]);
  } finally {
    isOver = true;
    await Promise.allSettled(talking);
  }
  await Promise.all(talking);
});
