/** What a cluster does when Redis is there, answers, and takes no writes: its memory is full, or it lacks replicas. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { parley, temporaryDirectory } from '../lib/server.js';
import { pause, until } from '../lib/wait.js';
import { heard, presenceOf, promptly, setUp } from './setup.js';

// A lease so long that none of a node's turns comes to its help.
const { cluster, test } = await setUp({ nodes: 2, env: { PRESENCE_LEASE: '60s' } });
const { nodes, redis } = cluster;
const admin = await redis?.client();
after(() => cluster.destroy());
const limit = (name, value) => admin.configSet(name, `${value}`);
afterEach(async () => {
  closeDevices();
  await limit('maxmemory', 0);
  await limit('min-replicas-to-write', 0);
});

const about = (who) => ({ where: (event) => event.userId === who.id });
const metric = async (node, name) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(await (await fetch(`${node.url}/metrics`)).text())?.[1]);
const says = (kind) => ({ status, text }) => status === 200 && text.includes('degraded') && new RegExp(`refuses writes since 20[^ ]*Z: ${kind} `).test(text);
async function doctor() {
  const env = { DATA_DIR: temporaryDirectory(), MONGO_URI: cluster.database, SMTP_URL: '', REDIS_URL: redis.url };
  const { code, stdout } = await parley(['doctor', '--json'], { env, cwd: temporaryDirectory(), deadline: 40_000 });
  const bad = JSON.parse(stdout).findings.filter(({ subject, verdict }) => subject === 'Redis' && verdict === 'bad');
  return { code, bad: bad.map(({ what }) => what) };
}

for (const [name, kind] of [['maxmemory', 'OOM'], ['min-replicas-to-write', 'NOREPLICAS']]) {
  test(`Redis refuses writes (${kind}): it is said everywhere until it ends, and presence is right a moment after`, async () => {
    const [ann, stays, goes, comes] = await people(cluster, ...['ann', 'stays', 'goes', 'comes'].map((each) => `${each}_${kind.toLowerCase()}`));
    for (const who of [stays, goes, comes]) await say(ann, who, 'we know each other');
    const watcher = await Device.connect(nodes[0], ann);
    await Device.connect(nodes[1], stays);
    const going = await Device.connect(nodes[1], goes);
    for (const who of [stays, goes]) await watcher.next('user_online', about(who));

    await limit(name, 1);
    await cluster.ready(says(kind));
    for (const node of nodes) {
      assert.equal(await metric(node, 'parley_redis_connected'), 1, 'it is there');
      assert.equal(await metric(node, 'parley_redis_refuses_writes'), 1);
      assert.equal(await metric(node, 'parley_redis_refused_channels'), 0, 'what is told goes on');
      assert.match(node.log(), new RegExp(`Redis refuses writes [^\n]*${kind}`));
    }
    const found = await doctor();
    assert.equal(found.code, 1);
    assert.match(found.bad.join('\n'), new RegExp(`^refuses writes: ${kind} `));
    assert.deepEqual((await presenceOf(cluster, stays)).map(({ online }) => online), [true, true], 'each node knows, or asks');

    going.close();
    const coming = await Device.connect(nodes[1], comes);
    await watcher.send(comes, 'hello');
    await coming.next('receive_message', { where: ({ content }) => content === 'hello' });
    await pause(1500);
    await limit(name, 0);
    await promptly(cluster, 2000, 'presence', () => until(async () => {
      const all = await Promise.all([stays, comes, goes].map((who) => presenceOf(cluster, who)));
      return JSON.stringify(all.map((each) => each.map(({ online }) => online))) === JSON.stringify([[true, true], [true, true], [false, false]]);
    }, { what: 'presence', ms: 30_000, every: 60 }));
    await cluster.ready();
    assert.equal(await metric(nodes[0], 'parley_redis_refuses_writes'), 0);
    assert.match(nodes[0].log(), /Redis takes writes again/);
    assert.deepEqual(await doctor(), { code: 0, bad: [] });
    await watcher.next('user_offline', { ...about(goes), ms: 15_000 });
    await watcher.next('user_online', { ...about(comes), ms: 15_000 });
    await watcher.barrier();
    assert.equal(heard(watcher, 'user_offline', stays), 0, 'nobody who stayed was announced as gone');
  });
}
