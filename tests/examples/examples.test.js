/** Each example, talked to by the official client. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';

import { Program } from '../conformance/program.js';
import { Redis } from '../lib/redis.js';

const examples = join(dirname(fileURLToPath(import.meta.url)), '../../examples');
const transports = [['websocket'], ['polling'], ['polling', 'websocket']];
const covered = new Set();

/** A client that has connected. */
async function connect(port, options = {}) {
  const client = io(`http://localhost:${port}${options.nsp ?? ''}`, { forceNew: true, reconnection: false, ...options });
  await new Promise((done, fail) => { client.once('connect', done); client.once('connect_error', fail); });
  return client;
}

const once = (client, event) => new Promise((done) => client.once(event, (...args) => done(args)));

function example(name, body) {
  covered.add(name);
  for (const shards of [1, 2]) {
    describe(`${name}, shards: ${shards}`, () => {
      let program;
      const clients = [];
      before(async () => { program = await Program.start(name, '--shards', shards); });
      after(async () => {
        clients.forEach((client) => client.close());
        assert.deepEqual(await program.stop(), { code: 0, signal: null });
      });
      body(async (options) => {
        const client = await connect(program.port, options);
        clients.push(client);
        return client;
      }, () => program);
    });
  }
}

example('echo', (client, program) => {
  for (const way of transports) {
    test(`events and acknowledgements come back by ${way}`, async () => {
      const socket = await client({ transports: way });
      const back = once(socket, 'hello');
      assert.deepEqual(await socket.timeout(2000).emitWithAck('hello', 1, { a: [null] }, Buffer.from('x')), 1);
      const [number, object, bytes] = await back;
      assert.deepEqual([number, object, Buffer.from(bytes).toString()], [1, { a: [null] }, 'x']);
      assert.equal(socket.id.length, 20);
    });
  }

  test('the client is told of SIGTERM by a closed transport, so that it comes back', async () => {
    const socket = await client({ transports: ['websocket'] });
    const reason = once(socket, 'disconnect');
    const other = await Program.start('echo');
    const elsewhere = await connect(other.port, { transports: ['websocket'] });
    const left = once(elsewhere, 'disconnect');
    await other.stop();
    assert.equal((await left)[0], 'transport close');
    assert.ok(socket.connected && program().port > 0 && reason);
  });
});

example('rooms', (client) => {
  test('what is said in a room is heard by the others in it, on every shard', async () => {
    const [a, b, c, d] = await Promise.all([client(), client({ transports: ['websocket'] }), client(), client()]);
    for (const socket of [a, b, c]) assert.equal(await socket.emitWithAck('join', 'tea'), true);
    assert.equal(await a.emitWithAck('count', 'tea'), 3);
    const heard = [];
    for (const [name, socket] of Object.entries({ a, b, c, d })) socket.on('said', (...args) => heard.push([name, ...args]));
    a.emit('say', 'tea', 'hello');
    await Promise.all([once(b, 'said'), once(c, 'said')]);
    await d.emitWithAck('join', 'elsewhere');
    assert.deepEqual(heard.sort(), [['b', 'tea', 'hello'], ['c', 'tea', 'hello']]);
    const left = once(a, 'left');
    const id = b.id;
    b.close();
    assert.deepEqual(await left, [id]);
    assert.equal(await a.emitWithAck('count', 'tea'), 2);
  });

  test('a name that is none is refused', async () => {
    const socket = await client();
    for (const name of [7, null, 'x'.repeat(65)]) assert.equal(await socket.emitWithAck('join', name), false);
  });
});

example('conformance', (client) => {
  for (const way of transports) {
    test(`two namespaces share a connection by ${way}`, async () => {
      const main = await client({ transports: way, auth: { token: 'x' } });
      assert.deepEqual(await main.timeout(2000).emitWithAck('message-with-ack', 1, 'b'), 1);
      const custom = main.io.socket('/custom', { auth: { n: 1 } });
      const auth = once(custom, 'auth');
      assert.deepEqual(await auth, [{ n: 1 }]);
      const unknown = main.io.socket('/unknown');
      const refusal = once(unknown, 'connect_error');
      assert.equal((await refusal)[0].message, 'Invalid namespace');
      assert.equal(main.connected, true);
    });
  }

  test('a client that upgrades stays connected through many heartbeats', async () => {
    const socket = await client();
    for (let beats = 0; beats < 4; beats += 1) await once(socket.io, 'ping');
    assert.equal(socket.connected, true);
    assert.equal(socket.io.engine.transport.name, 'websocket');
  });
});

for (const adapter of ['classic', 'sharded']) {
  describe(`cluster-node, ${adapter}`, () => {
    covered.add('cluster-node');
    let redis, nodes;
    const clients = [];
    const client = async (node, auth) => {
      const socket = await connect(node.port, { auth });
      clients.push(socket);
      return socket;
    };
    before(async () => {
      redis = await Redis.start();
      nodes = await Promise.all([1, 2].map((shards) => Program.start('cluster-node', '--redis', redis.url, '--adapter', adapter, '--shards', shards)));
    });
    after(async () => {
      clients.forEach((socket) => socket.close());
      for (const node of nodes) assert.deepEqual(await node.stop(), { code: 0, signal: null });
      await redis.destroy();
    });

    test('the clients of two servers are those of one', async () => {
      const [a, b] = [await client(nodes[0], { name: 'a' }), await client(nodes[1], { name: 'b' })];
      await a.emitWithAck('join', ['tea']);
      await b.emitWithAck('join', 'tea');
      const heard = once(b, 'evt');
      await a.emitWithAck('emit', { rooms: ['tea'], except: [a.id] }, 'evt', 1, Buffer.from('x'));
      const [number, bytes] = await heard;
      assert.deepEqual([number, Buffer.from(bytes).toString()], [1, 'x']);
      const { failed, sockets } = await a.emitWithAck('fetch', { rooms: ['tea'] });
      assert.deepEqual([failed, sockets.map(({ data }) => data.name).sort()], [false, ['a', 'b']]);
      assert.deepEqual(await a.emitWithAck('server_side_emit_with_ack', 'ping'), { failed: false, answers: [`pong from ${nodes[1].port}`] });
      for (const socket of [a, b]) socket.on('why', (done) => done(socket.id));
      const { answers } = await b.emitWithAck('emit_with_ack', { rooms: ['tea'] }, 'why');
      assert.deepEqual(answers.sort(), [a.id, b.id].sort());
      const gone = once(b, 'disconnect');
      await a.emitWithAck('disconnect_sockets', { rooms: [b.id] }, false);
      assert.equal((await gone)[0], 'io server disconnect');
    });
  });
}

test('every program of examples/ is run here', () => {
  const programs = readdirSync(examples, { withFileTypes: true, recursive: false })
    .filter((entry) => entry.isDirectory() && readdirSync(join(examples, entry.name)).includes('main.cpp'))
    .map((entry) => entry.name)
    .filter((name) => name !== 'job-runner');  // tests/jobs runs it
  assert.deepEqual([...covered].sort(), programs.sort());
});

test('what docs/guide/library.md shows of a program is what is run here', () => {
  const guide = readFileSync(join(examples, '../docs/guide/library.md'), 'utf8');
  const shown = [...guide.matchAll(/`examples\/(\w+)`:\n\n```cpp\n([^]*?)```/g)];
  assert.ok(shown.length > 0);
  for (const [, name, text] of shown) assert.ok(readFileSync(join(examples, name, 'main.cpp'), 'utf8').includes(text), name);
});
