/** @socket.io/redis-emitter: whoever has no server of his own, such as a worker, reaches the clients of all of them. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Emitter } from '@socket.io/redis-emitter';

import { closeDevices } from '../lib/device.js';
import { until } from '../lib/wait.js';
import { NativePeer } from './native_peer.js';
import { NodePeer } from './node_peer.js';
import { Scene, disconnected, fresh, got } from './scene.js';

for (const kind of [NodePeer, NativePeer]) {
  describe(`the emitter reaches the clients of two servers of ${kind.kind}`, () => {
    let scene;
    let emitter;
    before(async () => {
      scene = await Scene.start('classic', [kind, kind]);
      emitter = new Emitter(await scene.redis.client());
    });
    after(() => scene?.destroy());
    afterEach(closeDevices);

    /** One client on each server, with the same options. */
    const clientsOf = (options) => Promise.all(scene.peers.map((peer) => scene.client(peer, options)));

    /** Returns when what was emitted before has arrived. */
    async function flushed(clients, nsp = '/') {
      const text = fresh('marker');
      for (const client of clients) {
        emitter.of(nsp).to(client.id).emit('marker', text);
        await client.next('marker', { where: (body) => body === text });
      }
    }

    test('in a room, with every kind of argument', async () => {
      const room = fresh();
      const [members, others] = [await clientsOf({ rooms: [room] }), await clientsOf()];
      emitter.to(room).emit('evt', 1, { a: [null, 'ä'] }, Buffer.from([1, 255]));
      await flushed([...members, ...others]);
      for (const [[number, object, bytes]] of got(members, 'evt')) assert.deepEqual([number, object, [...bytes]], [1, { a: [null, 'ä'] }, [1, 255]]);
      assert.deepEqual(got(others, 'evt'), [[], []]);
    });

    test('everybody, several rooms, and except', async () => {
      const [one, two] = [fresh(), fresh()];
      const clients = [...(await clientsOf({ rooms: [one] })), ...(await clientsOf({ rooms: [one, two] }))];
      emitter.emit('evt', 'all');
      emitter.to([one, two]).emit('evt', 'either');
      emitter.to(one).except(two).emit('evt', 'not two');
      emitter.except(one).emit('evt', 'nobody');
      await flushed(clients);
      assert.deepEqual(got(clients, 'evt').map((list) => list.flat()), [['all', 'either', 'not two'], ['all', 'either', 'not two'], ['all', 'either'], ['all', 'either']]);
    });

    test('volatile, and numbers as rooms', async () => {
      const clients = await clientsOf({ rooms: ['77'] });
      emitter.volatile.to('77').emit('evt', 'now');
      for (const client of clients) assert.equal(await client.next('evt'), 'now');
    });

    test('in a dynamic namespace', async () => {
      const nsp = '/dyn-500';
      const clients = await clientsOf({ nsp });
      await scene.everybodyListens(nsp);
      emitter.of(nsp).emit('evt', 'inside');
      for (const client of clients) assert.equal(await client.next('evt'), 'inside');
    });

    test('and makes them join, leave and go', async () => {
      const [room, other] = [fresh(), fresh()];
      const clients = await clientsOf({ rooms: [room] });
      const members = async (name) => (await scene.peers[0].fetchSockets({ rooms: [name] })).length;
      emitter.in(room).socketsJoin(other);
      await until(async () => (await members(other)) === 2, { what: 'the joins' });
      emitter.in(other).socketsLeave(room);
      await until(async () => (await members(room)) === 0, { what: 'the leaves' });
      emitter.in(other).disconnectSockets();
      for (const client of clients) assert.equal(await disconnected(client), 'io server disconnect');
    });

    test('and speaks to the servers themselves', async () => {
      const text = fresh('text');
      emitter.serverSideEmit('server_says', text, [1]);
      for (const peer of scene.peers) {
        await until(async () => (await peer.heardFrom('/', 'server_says')).some((args) => args[0] === text && args[1][0] === 1), { what: peer.url });
      }
    });
  });
}
