import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, login, people, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server, parley, temporaryDirectory } from '../lib/server.js';
import { until } from '../lib/wait.js';

let folder;

before(() => {
  folder = temporaryDirectory();
});
after(() => rmSync(folder, { recursive: true, force: true }));
afterEach(closeDevices);

let made = 0;
const newPath = () => join(folder, `copy-${(made += 1)}`);

const backup = (server, target) => parley(['backup', target, '--data-dir', server.dataDir], { cwd: folder });
const restore = (source, dataDir) => parley(['restore', source, '--data-dir', dataDir], { cwd: folder });
const verify = (dataDir) => parley(['verify-store', '--data-dir', dataDir], { cwd: folder });

/** What `parley backup` and its like say to a server that runs; the answer comes as data. */
function ask(server, question) {
  const socket = connect(join(server.dataDir, 'control.sock'));
  socket.on('error', () => {});
  socket.write(`${JSON.stringify(question)}\n`);
  return socket;
}

function assertDone({ code, stdout, stderr }) {
  assert.equal(code, 0, stdout + stderr);
}

/** Failed, and said why in a sentence. */
function assertRefused({ code, stdout, stderr }) {
  assert.ok(code !== 0 && code !== null, `exit ${code}`);
  assert.match(stdout + stderr, /\w+ \w+/);
}

describe('parley backup', () => {
  test('copies the data of a running server under load; restored, all that was acknowledged before is there', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const reader = await Device.connect(server, bob);
    const acknowledged = [];
    let stopped = false;
    const load = (async () => {
      while (!stopped) acknowledged.push(...(await phone.sendMany(bob, Array.from({ length: 20 }, (_, i) => `${acknowledged.length + i}`))));
    })();
    await until(() => acknowledged.length >= 200, { what: '200 messages', ms: 20_000 });
    const read = acknowledged[99];
    assert.equal((await reader.ask('message_read', { messageId: read._id })).ok, true);

    const certain = acknowledged.length;
    const target = newPath();
    assertDone(await backup(server, target));
    stopped = true;
    await load;
    assert.ok(acknowledged.length >= certain);

    const dataDir = newPath();
    assertDone(await restore(target, dataDir));
    assertDone(await verify(dataDir));
    const restored = await Server.start({ dataDir });
    t.after(() => restored.destroy());
    const [again, other] = [ann, bob].map((who) => ({ ...who, rest: new Rest(restored.url, who.token) }));
    const stored = await history(again, acknowledged[0].conversationId);
    assert.ok(stored.length >= certain, `${stored.length} of ${certain}`);
    assert.deepEqual(stored.map((message) => message._id), acknowledged.slice(0, stored.length).map((message) => message._id));
    assert.deepEqual(stored.map((message) => message.seq), stored.map((_, index) => index + 1));
    stored.slice(0, 100).forEach((message) => assert.equal(message.status, 'read'));
    assert.equal((await conversationList(other))[0].unreadCount, stored.length - 100);
    await login(restored, ann);
    const next = await (await Device.connect(restored, ann)).send(bob, 'goes on');
    assert.equal(next.seq, stored.length + 1);
  });

  test('does not disturb the server that runs', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    const devices = [await Device.connect(server, ann), await Device.connect(server, bob)];
    for (let round = 0; round < 3; round += 1) {
      await say(ann, bob, `${round}`);
      assertDone(await backup(server, newPath()));
    }
    for (const device of devices) {
      await device.barrier();
      assert.deepEqual(device.drops, []);
    }
  });

  test('is made whole, or not at all, by a server that is told to stop', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'kept');
    // More than it makes at once, so that some wait when it stops.
    const targets = Array.from({ length: 5 }, newPath);
    for (const folder of targets) ask(server, { command: 'backup', folder });
    await once(ask(server, { command: 'alive' }), 'data');
    const { code, signal } = await server.stop();
    assert.deepEqual([code, signal], [0, null], server.tail());
    for (const target of targets.filter((path) => existsSync(path))) {
      const dataDir = newPath();
      assertDone(await restore(target, dataDir));
      assertDone(await verify(dataDir));
    }
  });

  test('goes to a folder with a name, outside the store', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const inside = [join(server.dataDir, 'db', 'copy'), `${server.dataDir}/db/../db/copy`, join(server.dataDir, 'db')];
    const refuse = async () => {
      const unnamed = await backup(server, '');
      assertRefused(unnamed);
      assert.match(unnamed.stderr, /the backup was not made: DIR is empty/);
      for (const target of inside) {
        const refused = await backup(server, target);
        assertRefused(refused);
        assert.match(refused.stderr, /is inside the store/);
      }
      assert.equal(existsSync(inside[0]), false);
    };
    await refuse();
    await server.stop();
    await refuse();
  });

  test('works without a server as well', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await say(ann, bob, 'kept');
    await server.stop();
    const [target, dataDir] = [newPath(), newPath()];
    assertDone(await backup(server, target));
    assertDone(await restore(target, dataDir));
    const restored = await Server.start({ dataDir });
    t.after(() => restored.destroy());
    const [message] = await history({ ...ann, rest: new Rest(restored.url, ann.token) }, sent.conversationId);
    assert.equal(message._id, sent._id);
  });

  test('refuses a folder that is there', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const target = newPath();
    mkdirSync(target);
    writeFileSync(join(target, 'precious'), 'data');
    assertRefused(await backup(server, target));
    assert.ok(existsSync(join(target, 'precious')));
  });

  test('keeps secrets and data from other users of the machine', async (t) => {
    const server = await Server.start({ env: { ACCESS_TOKEN_SECRET: undefined, REFRESH_TOKEN_SECRET: undefined } });
    t.after(() => server.destroy());
    const target = newPath();
    assertDone(await backup(server, target));
    assert.equal(statSync(target).mode & 0o007, 0, 'others may not look into the backup');
  });
});

describe('parley restore', () => {
  test('is refused while a server runs on the data', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    const target = newPath();
    assertDone(await backup(server, target));
    const sent = await say(ann, bob, 'newer than the backup');
    assertRefused(await restore(target, server.dataDir));
    assert.equal((await history(ann, sent.conversationId)).length, 1);
  });

  test('refuses what is not a backup, and leaves the data alone', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await say(ann, bob, 'kept');
    await server.stop();
    const junk = newPath();
    mkdirSync(junk);
    writeFileSync(join(junk, 'CURRENT'), 'nonsense');
    for (const source of [junk, join(folder, 'does-not-exist')]) assertRefused(await restore(source, server.dataDir));
    await server.start();
    assert.equal((await history(ann, sent.conversationId)).length, 1);
  });

  test('interrupted, lets no server begin an empty store; repeated, it ends', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    const sent = await say(ann, bob, 'kept');
    const [target, dataDir] = [newPath(), newPath()];
    assertDone(await backup(server, target));
    mkdirSync(join(dataDir, 'db.partial'), { recursive: true });
    writeFileSync(join(dataDir, 'db.partial', 'CURRENT'), 'MANIF');
    const refused = await parley(['serve', '--data-dir', dataDir, '--port', '0'], { cwd: folder });
    assertRefused(refused);
    assert.match(refused.stderr, /repeat parley restore/);
    assert.equal(existsSync(join(dataDir, 'db')), false);
    assertDone(await restore(target, dataDir));
    const restored = await Server.start({ dataDir });
    t.after(() => restored.destroy());
    assert.equal((await history({ ...ann, rest: new Rest(restored.url, ann.token) }, sent.conversationId)).length, 1);
  });
});

test('parley backup copies nothing where the messages are in MongoDB', async () => {
  const target = newPath();
  const answer = await parley(['backup', target], { cwd: folder, env: { MONGO_URI: 'mongodb://127.0.0.1:1/chat' } });
  assertRefused(answer);
  assert.match(answer.stderr, /MongoDB/);
  assert.equal(existsSync(target), false);
});

describe('parley verify-store', () => {
  test('says that a store is in order after a kill', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    await Promise.all(Array.from({ length: 50 }, (_, index) => say(ann, bob, `${index}`)));
    await server.kill();
    assertDone(await verify(server.dataDir));
  });

  test('refuses a store that a server has open, and says how a copy is checked', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'hello');
    const refused = await verify(server.dataDir);
    assertRefused(refused);
    assert.match(refused.stderr, /in use[^]*parley backup COPY, then parley verify-store --data-dir COPY/);
    const target = newPath();
    assertDone(await backup(server, target));
    assertDone(await verify(target));
  });

  test('fails where there is no store', async () => {
    assertRefused(await verify(join(folder, 'nothing-here')));
  });
});
