/** What two servers in one cluster do for each other's clients; `classic.test.js` and `sharded.test.js` choose them. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { closeDevices } from '../lib/device.js';
import { timed, until } from '../lib/wait.js';
import { NativePeer } from './native_peer.js';
import { NodePeer } from './node_peer.js';
import { Scene, disconnected, fresh, got } from './scene.js';

const values = [0, -1, 1.5, 2 ** 31, -(2 ** 40), 2 ** 53 - 1, true, false, null, '', 'ä\u0000€𝄞', [], {}, [[1, [2]]], { a: { b: [null, { c: 'd' }] } }];

let number = 70;

/** Everything that `from` does to clients of `to` (and to its own). */
function directions(scene, fromIndex, toIndex) {
  const from = () => scene().peers[fromIndex];
  const to = () => scene().peers[toIndex];
  const far = (options) => scene().client(to(), options);
  const near = (options) => scene().client(from(), options);

  test('a room: its members on both servers get it, once, and nobody else', async () => {
    const room = fresh();
    const clients = [await far({ rooms: [room] }), await far({ rooms: [room] }), await near({ rooms: [room] }), await far(), await near({ rooms: [fresh()] })];
    for (let index = 0; index < 20; index += 1) await from().emit({ rooms: [room] }, 'evt', index);
    await scene().flushed(from(), clients);
    const all = Array.from({ length: 20 }, (_, index) => [index]);
    assert.deepEqual(got(clients, 'evt'), [all, all, all, [], []]);
  });

  test('a room: a member\'s own message comes to all but itself', async () => {
    const room = fresh();
    const [teller, ...others] = [await near({ rooms: [room] }), await near({ rooms: [room] }), await far({ rooms: [room] })];
    teller.emit('tell', room, 1, 'x');
    for (const other of others) assert.deepEqual((await other.nextEntry('told')).args, [1, 'x']);
    await scene().flushed(from(), [teller, ...others]);
    assert.deepEqual(got([teller, ...others], 'told').map((list) => list.length), [0, 1, 1]);
  });

  test('a room that was left is not told any more', async () => {
    const room = fresh();
    const client = await far({ rooms: [room] });
    await client.ask('leave', room);
    await scene().listeners(`socket.io#/#${room}#`, 0);
    await from().emit({ rooms: [room] }, 'evt');
    await scene().flushed(from(), [client]);
    assert.deepEqual(client.all('evt'), []);
  });

  test('several rooms: whoever is in two of them gets it once', async () => {
    const [one, two] = [fresh(), fresh()];
    const clients = [await far({ rooms: [one, two] }), await far({ rooms: [two] }), await near({ rooms: [one, two] }), await far()];
    await from().emit({ rooms: [one, two] }, 'evt', 'both');
    await scene().flushed(from(), clients);
    assert.deepEqual(got(clients, 'evt'), [[['both']], [['both']], [['both']], []]);
  });

  test('everybody', async () => {
    const clients = [await far(), await far(), await near()];
    await from().emit({}, 'evt', 'all');
    await scene().flushed(from(), clients);
    assert.deepEqual(got(clients, 'evt'), [[['all']], [['all']], [['all']]]);
  });

  test('one socket by its id, which is a room of 20 characters', async () => {
    const [client, other] = [await far(), await far()];
    await from().emit({ rooms: [client.id] }, 'evt', 1);
    await scene().flushed(from(), [client, other]);
    assert.deepEqual(got([client, other], 'evt'), [[[1]], []]);
  });

  test('a room whose name has 20 characters without being an id', async () => {
    const room = fresh().padEnd(20, '_');
    const client = await scene().client(to());
    await client.ask('join', [room]);
    await from().emit({ rooms: [room] }, 'evt', 1);
    await client.next('evt');
  });

  test('names of rooms that mean something to somebody', async () => {
    for (const name of ['#', 'a#b#', '*', '[a]?', 'ä€', '/', ' ', '{x}', 'a\nb']) {
      const room = `${fresh()}${name}`;
      const client = await far({ rooms: [room] });
      await from().emit({ rooms: [room] }, 'evt', room);
      assert.equal(await client.next('evt'), room);
    }
  });

  test('a number as a room, as users of Node.js have it', async () => {
    if (from().name !== NodePeer.kind) return;
    number += 1;
    const clients = [await near({ rooms: [number] }), await far({ rooms: [to().name === NodePeer.kind ? number : `${number}`] })];
    await from().emit({ rooms: [number] }, 'evt', 1);
    await scene().flushed(from(), clients);
    assert.deepEqual(got(clients, 'evt'), [[[1]], [[1]]]);
    assert.equal((await from().fetchSockets({ rooms: [number] })).length, 2);
  });

  test('except rooms, and except a socket', async () => {
    const [room, not] = [fresh(), fresh()];
    const clients = [await far({ rooms: [room] }), await far({ rooms: [room, not] }), await far({ rooms: [room] }), await near({ rooms: [room, not] })];
    await from().emit({ rooms: [room], except: [not, clients[2].id] }, 'evt', 1);
    await from().emit({ except: [not, clients[2].id] }, 'evt', 2);
    await scene().flushed(from(), clients);
    assert.deepEqual(got(clients, 'evt'), [[[1], [2]], [], [], []]);
  });

  test('volatile', async () => {
    const room = fresh();
    const clients = [await far({ rooms: [room] }), await near({ rooms: [room] })];
    for (const target of [{ rooms: [room], volatile: true }, { volatile: true }]) {
      await from().emit(target, 'evt', fresh());
      for (const client of clients) await client.next('evt');
    }
  });

  test('every kind of value', async () => {
    const client = await far();
    await from().emit({ rooms: [client.id] }, 'evt', ...values);
    assert.deepEqual((await client.nextEntry('evt')).args, values);
  });

  test('binary arguments, alone, nested, empty and large', async () => {
    const room = fresh();
    const client = await far({ rooms: [room] });
    const large = Buffer.alloc(70_000, 0xab);
    const args = [Buffer.from([0, 1, 255]), { deep: [{ bytes: Buffer.alloc(0) }, 'text'] }, large, 7];
    for (const target of [{ rooms: [room] }, {}]) {
      await from().emit(target, 'evt', ...args);
      const [first, second, third, fourth] = (await client.nextEntry('evt')).args;
      assert.deepEqual([Buffer.from(first), Buffer.from(second.deep[0].bytes), second.deep[1]], [args[0], Buffer.alloc(0), 'text']);
      assert.ok(large.equals(Buffer.from(third)));
      assert.equal(fourth, 7);
    }
  });

  test('arguments of many sizes', async () => {
    const client = await far();
    for (const size of [31, 32, 255, 256, 65_535, 65_536, 200_000]) {
      const args = ['x'.repeat(size), Array.from({ length: Math.min(size, 70_000) }, (_, index) => index % 128)];
      await from().emit({ rooms: [client.id] }, 'evt', ...args);
      assert.deepEqual((await client.nextEntry('evt')).args, args);
    }
  });

  test('by polling, too', async () => {
    const client = await far({ transports: ['polling'] });
    await from().emit({ rooms: [client.id] }, 'evt', Buffer.from('abc'));
    assert.equal(Buffer.from(await client.next('evt')).toString(), 'abc');
  });

  test('fetchSockets: ids, rooms, data and handshake of both servers\' clients', async () => {
    const room = fresh();
    const clients = [await far({ rooms: [room, `${room}b`] }), await near({ rooms: [room] })];
    await far();
    const found = await from().fetchSockets({ rooms: [room] });
    assert.deepEqual(found.map(({ id }) => id).sort(), clients.map(({ id }) => id).sort());
    const one = found.find(({ id }) => id === clients[0].id);
    assert.deepEqual(one.rooms.sort(), [clients[0].id, room, `${room}b`].sort());
    assert.equal(one.name, clients[0].name);
    if (one.handshake) {
      for (const name of ['headers', 'time', 'address', 'xdomain', 'secure', 'issued', 'url', 'query', 'auth']) assert.ok(name in one.handshake, `handshake.${name}`);
      assert.deepEqual(one.handshake.auth, { name: clients[0].name });
    }
  });

  test('fetchSockets: everybody, and nobody', async () => {
    const clients = [await far(), await near()];
    const ids = (await from().fetchSockets({})).map(({ id }) => id);
    for (const { id } of clients) assert.ok(ids.includes(id));
    assert.deepEqual(await from().fetchSockets({ rooms: [fresh()] }), []);
    const except = (await from().fetchSockets({ except: [clients[0].id] })).map(({ id }) => id);
    assert.ok(!except.includes(clients[0].id) && except.includes(clients[1].id));
  });

  test('socketsJoin and socketsLeave', async () => {
    const [room, one, two] = [fresh(), fresh(), fresh()];
    const clients = [await far({ rooms: [room] }), await near({ rooms: [room] }), await far()];
    const members = async (name) => (await from().fetchSockets({ rooms: [name] })).map(({ id }) => id).sort();
    const both = clients.slice(0, 2).map(({ id }) => id).sort();
    await from().socketsJoin({ rooms: [room] }, [one, two]);
    for (const name of [one, two]) await until(async () => (await members(name)).length === 2, { what: `the joins of ${name}` });
    assert.deepEqual(await members(two), both);
    await scene().hears('/', one);
    await from().emit({ rooms: [one] }, 'evt', 'joined');
    await clients[0].next('evt');
    await from().socketsLeave({ rooms: [room] }, [one]);
    await until(async () => (await members(one)).length === 0, { what: 'the leaves' });
    assert.deepEqual(await members(two), both);
    await from().socketsJoin({ rooms: [clients[2].id] }, [one]);
    await until(async () => (await members(one)).join() === clients[2].id, { what: 'the join of one socket' });
  });

  test('disconnectSockets: of the namespace, and of the whole connection', async () => {
    const [room, other] = [fresh(), fresh()];
    const clients = [await far({ rooms: [room] }), await near({ rooms: [room] }), await far({ rooms: [other] })];
    await from().disconnectSockets({ rooms: [room] }, false);
    for (const client of clients.slice(0, 2)) assert.equal(await disconnected(client), 'io server disconnect');
    assert.equal(clients[2].socket.connected, true);
    await from().disconnectSockets({ rooms: [other] }, true);
    await disconnected(clients[2]);
  });

  test('acknowledgements of clients of both servers', async () => {
    const room = fresh();
    const clients = [await far({ rooms: [room] }), await near({ rooms: [room] }), await far({ rooms: [room] })];
    clients.forEach((client, index) => answer(client, { index, bytes: Buffer.from([index]) }));
    const { failed, answers } = await from().emitWithAck({ rooms: [room], timeout: 3000 }, 'question', 'why');
    assert.equal(failed, false);
    assert.deepEqual(answers.map(({ index, bytes }) => [index, [...bytes]]).sort(), [[0, [0]], [1, [1]], [2, [2]]]);
  });

  test('acknowledgements of nobody are there at once', async () => {
    const { value, ms } = await timed(() => from().emitWithAck({ rooms: [fresh()], timeout: 3000 }, 'question'));
    assert.deepEqual(value, { failed: false, answers: [] });
    assert.ok(ms < 2000, `${ms} ms`);
  });

  test('a client that does not acknowledge makes a timeout, with the others\' answers', async () => {
    const room = fresh();
    const clients = [await far({ rooms: [room] }), await near({ rooms: [room] }), await far({ rooms: [room], confirm: false })];
    clients.slice(0, 2).forEach((client, index) => answer(client, index));
    const { failed, answers } = await from().emitWithAck({ rooms: [room], timeout: 600 }, 'question');
    assert.equal(failed, true);
    assert.deepEqual([...answers].sort(), [0, 1]);
  });

  test('serverSideEmit', async () => {
    const text = fresh('text');
    await from().serverSideEmit('/', 'server_says', text, { n: 1 });
    const said = async (peer) => (await peer.heardFrom('/', 'server_says')).filter(([first]) => first === text);
    await until(async () => (await said(to())).length > 0, { what: 'the event' });
    assert.deepEqual(await said(to()), [[text, { n: 1 }]]);
    assert.deepEqual(await said(from()), [], 'not the server that says it');
  });

  test('serverSideEmit with an acknowledgement', async () => {
    const text = fresh('text');
    const { failed, answers } = await from().serverSideEmitWithAck('/', 'server_asks', text);
    assert.equal(failed, false);
    assert.deepEqual(answers, [{ from: to().name, got: [text] }]);
  });

  test('a dynamic namespace is a world of its own', async () => {
    const nsp = `/dyn-${fresh('').slice(1)}`;
    const room = fresh();
    const clients = [await far({ nsp }), await near({ nsp })];
    await scene().everybodyListens(nsp);
    for (const peer of scene().peers) await peer.hand?.(nsp);
    const all = { nsp, except: scene().hands(nsp) };
    await clients[0].ask('join', [room]);
    await scene().hears(nsp, room);
    const outside = await far({ rooms: [room] });
    await from().emit({ nsp, rooms: [room] }, 'evt', 'inside');
    await from().emit({ nsp }, 'evt', 'all');
    assert.deepEqual([await clients[0].next('evt'), await clients[0].next('evt')], ['inside', 'all']);
    assert.equal(await clients[1].next('evt'), 'all');
    await scene().flushed(from(), [outside]);
    assert.deepEqual(outside.all('evt'), []);
    assert.deepEqual((await from().fetchSockets(all)).map(({ id }) => id).sort(), clients.map(({ id }) => id).sort());
    clients.forEach((client) => answer(client, 'yes'));
    assert.deepEqual(await from().emitWithAck({ ...all, timeout: 3000 }, 'question'), { failed: false, answers: ['yes', 'yes'] });
    await from().serverSideEmit(nsp, 'server_says', room);
    await until(async () => (await to().heardFrom(nsp, 'server_says')).some(([text]) => text === room), { what: 'the event' });
    await from().disconnectSockets(all, false);
    for (const client of clients) assert.equal(await disconnected(client), 'io server disconnect');
  });

  test('many messages keep their order', async () => {
    const room = fresh();
    const client = await far({ rooms: [room] });
    for (let index = 0; index < 500; index += 1) await from().emit(index % 3 ? { rooms: [room] } : { rooms: [room, 'another'] }, 'evt', index);
    await client.wait(() => client.all('evt').length >= 500, 5000, '500 events');
    assert.deepEqual(client.all('evt'), Array.from({ length: 500 }, (_, index) => index));
  });
}

/** From now on the client acknowledges questions with this. */
function answer(client, value) {
  client.confirm = false;
  client.socket.on('question', (...args) => args.at(-1)(value));
}

/** A question that nobody may wait for longer than the servers' own deadline. */
async function endsInTime(question) {
  const { value, ms } = await timed(() => question().then((good) => ({ good }), (error) => ({ error })));
  assert.ok(ms < 7000, `took ${ms} ms`);
  return value;
}

/** All tests of two servers that are joined by that adapter. */
export function cluster(adapter, kinds) {
  describe(`${kinds.map((kind) => kind.kind).join(' beside ')}, ${adapter}`, () => {
    let scene;
    before(async () => { scene = await Scene.start(adapter, kinds); });
    after(() => scene?.destroy());
    afterEach(closeDevices);

    describe(`from ${kinds[0].kind}`, () => directions(() => scene, 0, 1));
    if (kinds[0] !== kinds[1]) describe(`from ${kinds[1].kind}`, () => directions(() => scene, 1, 0));

    test('a subscriber that never answers makes timeouts, no hangs', async () => {
      const silent = await scene.silentSubscriber();
      const questions = scene.peers.flatMap((peer) => [
        endsInTime(() => peer.fetchSockets({})),
        endsInTime(() => peer.serverSideEmitWithAck('/', 'server_asks', 1)),
      ]);
      const [fetched, said] = await Promise.all(questions);
      assert.ok(fetched.error, 'fetchSockets says that somebody did not answer');
      assert.equal(said.good.failed, true);
      assert.equal(said.good.answers.length, 1);
      await silent.end();
      for (const peer of scene.peers) await peer.fetchSockets({});
    });

    // Node.js throws out of the handler: upstream's own affair.
    if (!kinds.includes(NodePeer)) test('rubbish in the channels hurts nobody', async () => {
      const main = scene.requestChannel();
      const channels = scene.adapter === 'sharded' ? [main] : [main, 'socket.io-response#/#', 'socket.io#/##', 'socket.io#/#room#'];
      const send = scene.adapter === 'sharded' ? 'SPUBLISH' : 'PUBLISH';
      const rubbish = ['', '{', '{}', 'null', '[]', '{"type":99}', '{"type":"x","uid":5}', '{"type":3,"data":null,"uid":"a","nsp":"/"}', '\u0093', '{"type":5,"opts":7}',
        `${'['.repeat(50_000)}`, `{"type":5,"requestId":"${'r'.repeat(100_000)}","uid":"u","opts":{"rooms":[{}],"except":[[]]}}`, '{"requestId":"none","sockets":[]}'];
      for (const channel of channels) for (const text of rubbish) await scene.watcher.sendCommand([send, channel, text]);
      for (const bytes of [[0x93], [0x93, 0xdd, 0xff, 0xff, 0xff, 0xff], [0xc1], [0xdf, 0x7f, 0xff, 0xff, 0xff], Array(60_000).fill(0x91)]) {
        for (const channel of channels) await scene.watcher.sendCommand([send, channel, Buffer.from(bytes)]);
      }
      const client = await scene.client(scene.peers[1]);
      await scene.peers[0].emit({ rooms: [client.id] }, 'evt', 1);
      await client.next('evt');
    });

    test('Redis goes away and comes back: everything heals by itself', async () => {
      const room = fresh();
      const clients = [await scene.client(scene.peers[0], { rooms: [room] }), await scene.client(scene.peers[1], { rooms: [room] })];
      await scene.redisGoes();
      await scene.peers[1].emit({ rooms: [room] }, 'evt', 'while it is away').catch(() => {});
      if (kinds[1] === NativePeer) assert.equal(await clients[1].next('evt'), 'while it is away', 'local clients get it all the same');
      await scene.redis.start();
      await scene.healed();
      await scene.hears('/', room, 2);
      for (const peer of scene.peers) await peer.emit({ rooms: [room] }, 'after', peer.url);
      for (const client of clients) {
        const urls = [await client.next('after'), await client.next('after')];
        assert.deepEqual(urls.sort(), scene.peers.map((peer) => peer.url).sort());
      }
      for (const peer of scene.peers) assert.equal((await peer.fetchSockets({ rooms: [room] })).length, 2);
      assert.deepEqual((await scene.peers[0].serverSideEmitWithAck('/', 'server_asks', 1)).failed, false);
    });
  });
}
