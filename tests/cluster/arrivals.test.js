/** Devices that come while their user is written to: once connected they are online, and hear of everything, in order. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people } from '../lib/people.js';
import { pause } from '../lib/wait.js';
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
