/** A login that has ended has ended on every node: those that nobody told, and those that were not there when it happened. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { login, person } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { until } from '../lib/wait.js';
import { setUp } from './setup.js';

const { cluster, test } = await setUp();
const { nodes, redis } = cluster;
after(() => cluster.destroy());
afterEach(closeDevices);

const status = async (node, { accessToken }) => (await new Rest(node.url, accessToken).get('/api/users/me')).status;
const statuses = (node, logins) => Promise.all(logins.map((one) => status(node, one)));
const ends = (what, check) => until(check, { what, ms: 12_000, every: 100 });

/** Somebody with three logins, of which each node has seen the tokens. */
async function loggedIn() {
  const who = await person(cluster);
  const logins = [await login(nodes[0], who), await login(nodes[0], who), await login(nodes[0], who)];
  for (const node of nodes) assert.deepEqual(await statuses(node, logins), [200, 200, 200]);
  return { who, logins };
}

test('nodes where nobody of theirs is connected refuse its tokens within seconds', async () => {
  const { who, logins } = await loggedIn();
  const [phone, laptop, tablet] = logins;
  await new Rest(nodes[0].url).post('/api/auth/logout', { refreshToken: phone.refreshToken });
  assert.equal(await status(nodes[0], phone), 401);
  for (const node of nodes) await ends('the first login', async () => (await status(node, phone)) === 401);
  for (const node of nodes) assert.deepEqual(await statuses(node, [laptop, tablet]), [200, 200]);
  await new Rest(nodes[1].url, tablet.accessToken).post('/api/auth/logout-all');
  const again = await login(nodes[1], who);
  for (const node of nodes) await ends('the others', async () => (await statuses(node, logins)).every((code) => code === 401));
  for (const node of nodes) assert.equal(await status(node, again), 200);
});

test('a node that was away refuses its tokens from its first answer on', async () => {
  const { logins } = await loggedIn();
  await cluster.kill(2);
  await new Rest(nodes[0].url, logins[1].accessToken).post('/api/auth/logout-all');
  await nodes[2].start();
  assert.deepEqual(await statuses(nodes[2], logins), [401, 401, 401]);
});

test('while Redis is away its connections end, too, and those of other logins stay', async () => {
  const { who, logins: [phone, laptop] } = await loggedIn();
  const [one, two] = [await Device.connect(nodes[1], phone.accessToken), await Device.connect(nodes[2], laptop.accessToken)];
  await redis.kill();
  await new Rest(nodes[0].url).post('/api/auth/logout', { refreshToken: phone.refreshToken });
  await ends('the connection', () => one.drops.length === 1);
  assert.equal(await status(nodes[1], phone), 401);
  await two.barrier();
  await redis.start();
  await cluster.ready();
  for (const node of nodes) await (await Device.connect(node, (await login(node, who)).accessToken)).barrier();
  assert.deepEqual(two.drops, []);
});
