/** Each example, talked to by the official client. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';

import { Program } from '../conformance/program.js';

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
    await new Promise((done) => setTimeout(done, 1500));
    assert.equal(socket.connected, true);
    assert.equal(socket.io.engine.transport.name, 'websocket');
  });
});

test('every program of examples/ is run here', () => {
  const programs = readdirSync(examples, { withFileTypes: true, recursive: false })
    .filter((entry) => entry.isDirectory() && readdirSync(join(examples, entry.name)).includes('main.cpp'))
    .map((entry) => entry.name);
  assert.deepEqual([...covered].sort(), programs.sort());
});
