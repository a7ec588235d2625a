/** What a cluster does when Redis is there and keeps its account from channels. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { Redis } from '../lib/redis.js';
import { parley, temporaryDirectory } from '../lib/server.js';
import { pause, until } from '../lib/wait.js';
import { setUp } from './setup.js';

const redis = await Redis.start();
const admin = await redis.client();
const allow = (...rules) => admin.sendCommand(['ACL', 'SETUSER', 'parley', ...rules]);
/** What docs/guide/deploying.md says. */
const documented = ['~*', '+@all', '-@dangerous', '+info', '+client', '+config|get'];
const channels = ['&parley:*', '&socket.io*', '&socket.io#/#*'];
await allow('on', '>secret', ...documented, 'resetchannels');
const account = { REDIS_URL: `redis://parley:secret@127.0.0.1:${redis.port}` };

const { cluster, test } = await setUp({ nodes: 2, redis, env: account });
const { nodes } = cluster;
after(async () => {
  await cluster.destroy();
  await redis.destroy();
});
afterEach(closeDevices);

const isRefused = ({ status, text }) => status === 200 && text.includes('degraded') && /refuses.*NOPERM/.test(text);
const contents = (device) => device.all('receive_message').map((message) => message.content);
const metric = async (name) => {
  const text = await (await fetch(`${nodes[0].url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
};
async function doctor() {
  const env = { DATA_DIR: temporaryDirectory(), MONGO_URI: cluster.database, SMTP_URL: '', ...account };
  const { code, stdout } = await parley(['doctor', '--json'], { env, cwd: temporaryDirectory(), deadline: 40_000 });
  const bad = JSON.parse(stdout).findings.filter(({ subject, verdict }) => subject === 'Redis' && verdict === 'bad');
  return { code, bad: bad.map(({ what }) => what) };
}

test('Redis refuses channels: it is said everywhere, and devices get what they missed when it permits them', async () => {
  await cluster.ready(isRefused);
  assert.equal(await metric('parley_redis_connected'), 1, 'it is there');
  assert.ok((await metric('parley_redis_refused_channels')) > 0);
  await until(() => /Redis refuses channels/.test(nodes[0].log()), { what: 'a line in the log', ms: 10_000 });
  const found = await doctor();
  assert.equal(found.code, 1);
  assert.match(found.bad.join('\n'), /heard: NOPERM[^]*told on channels: NOPERM/);

  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const [sender, receiver] = [await Device.connect(nodes[0], ann), await Device.connect(nodes[1], bob)];
  await sender.send(bob, 'unheard');
  await pause(1000);
  assert.deepEqual(contents(receiver), [], 'the other node does not hear');

  await allow(...channels);
  await cluster.ready(undefined, 30_000);
  await receiver.wait(() => contents(receiver).includes('unheard'), 15_000, () => 'what was missed');
  await sender.send(bob, 'heard');
  await receiver.wait(() => contents(receiver).includes('heard'), 5_000, () => 'what is said now');
  assert.equal(await metric('parley_redis_refused_channels'), 0);
  await until(() => /Redis permits all channels again/.test(nodes[0].log()), { what: 'a line in the log', ms: 10_000 });
  assert.deepEqual(await doctor(), { code: 0, bad: [] });
});

test('Redis takes the channels back while people are connected, and permits them again', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  await say(ann, bob, 'we know each other');
  const [sender, receiver] = [await Device.connect(nodes[0], ann), await Device.connect(nodes[1], bob)];
  await allow('resetchannels');
  await cluster.ready(isRefused);
  await sender.send(bob, 'unheard');
  await allow(...channels);
  await cluster.ready(undefined, 30_000);
  await receiver.wait(() => contents(receiver).includes('unheard'), 15_000, () => 'what was missed');
});

test('Redis lets channels be heard, and nothing be told there', async () => {
  await allow('-publish');
  await cluster.ready(isRefused);
  assert.match((await doctor()).bad.join('\n'), /^refuses what is told on channels: NOPERM/);
  await allow('+publish');
  await cluster.ready(undefined, 30_000);
});
