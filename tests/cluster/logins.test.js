/** A login that has ended has ended on every node: those that nobody told, and those that were not there when it happened. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { login, person } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { originalLogin } from '../lib/tokens.js';
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

test('tokens of the original that name none end everywhere with the others', async () => {
  const { who, logins: [phone] } = await loggedIn();
  const [stolen, other] = [originalLogin(who.id), originalLogin((await person(cluster)).id)];
  const refresh = async (node, { refreshToken }) => (await new Rest(node.url).post('/api/auth/refresh', { refreshToken })).status;
  for (const node of nodes) assert.equal(await status(node, stolen), 200);
  await cluster.kill(2);
  assert.equal((await new Rest(nodes[1].url, phone.accessToken).post('/api/auth/logout-all')).status, 204);
  assert.equal(await refresh(nodes[0], stolen), 401);
  await ends('its access token', async () => (await status(nodes[0], stolen)) === 401);
  await nodes[2].start();
  assert.deepEqual([await status(nodes[2], stolen), await refresh(nodes[2], stolen)], [401, 401]);
  for (const node of nodes) assert.equal(await status(node, other), 200);
  const after = originalLogin(who.id, 0);
  assert.deepEqual([await status(nodes[0], after), await refresh(nodes[2], after)], [200, 200]);
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
