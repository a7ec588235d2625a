/** Whoever stands beside Parley reaches its people: @socket.io/redis-emitter, and a Node.js server in the same cluster. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Emitter } from '@socket.io/redis-emitter';

import { Cluster } from '../lib/cluster.js';
import { Device, closeDevices } from '../lib/device.js';
import { people } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { NodePeer } from './node_peer.js';

for (const adapter of ['classic', 'sharded']) {
  const cluster = await Cluster.start({ nodes: 2, env: { CLUSTER_ADAPTER: adapter } });
  const skip = cluster.missing;
  if (skip) console.log(`skipped: ${skip}`);

  describe(`two nodes of Parley and what stands beside them, ${adapter}`, { skip }, () => {
    let peer;
    before(async () => { peer = await NodePeer.start(adapter, cluster.redis); });
    after(async () => {
      await peer?.stop();
      await cluster.destroy();
    });
    afterEach(closeDevices);

    /** Ann with a device on each node, and bob with one. */
    async function scene() {
      const [ann, bob] = await people(cluster, 'ann', 'bob');
      const devices = [await Device.connect(cluster.nodes[0], ann), await Device.connect(cluster.nodes[1], ann)];
      const other = await Device.connect(cluster.nodes[1], bob);
      const members = async (room) => (await peer.fetchSockets({ rooms: [room] })).length;
      await until(async () => (await members(`user:${ann.id}`)) === 2, { what: 'both devices in their room' });
      return { ann, bob, devices, other };
    }

    if (adapter === 'classic') {
      test('the emitter reaches all devices of a user, and everybody', async () => {
        const { ann, devices, other } = await scene();
        const emitter = new Emitter(await cluster.redis.client());
        emitter.to(`user:${ann.id}`).emit('announcement', { text: 'for ann', bytes: Buffer.from([1, 2]) });
        emitter.emit('announcement', { text: 'for all' });
        for (const device of devices) {
          const first = await device.next('announcement');
          assert.deepEqual([first.text, [...first.bytes]], ['for ann', [1, 2]]);
          assert.equal((await device.next('announcement')).text, 'for all');
        }
        assert.equal((await other.next('announcement')).text, 'for all');
      });
    }

    test('a Node.js server reaches all devices of a user, and everybody', async () => {
      const { ann, devices, other } = await scene();
      await peer.emit({ rooms: [`user:${ann.id}`] }, 'announcement', 'for ann');
      await peer.emit({}, 'announcement', 'for all');
      for (const device of devices) assert.deepEqual([await device.next('announcement'), await device.next('announcement')], ['for ann', 'for all']);
      assert.equal(await other.next('announcement'), 'for all');
    });

    test('a Node.js server asks them, and makes them go', async () => {
      const { ann, devices, other } = await scene();
      for (const device of devices) {
        device.confirm = false;
        device.socket.on('question', (...args) => args.at(-1)('yes'));
      }
      assert.deepEqual(await peer.emitWithAck({ rooms: [`user:${ann.id}`], timeout: 3000 }, 'question'), { failed: false, answers: ['yes', 'yes'] });
      await peer.disconnectSockets({ rooms: [`user:${ann.id}`] }, true);
      for (const device of devices) await device.next('disconnect');
      await other.barrier();
      assert.equal(other.socket.connected, true);
    });

    test('its own people chat on, and its client hears nothing of them', async () => {
      const { ann, bob, devices, other } = await scene();
      const stranger = await Device.connect({ url: peer.url }, undefined, { auth: { name: 'stranger' } });
      const sent = await devices[0].send(bob, 'between us');
      assert.equal((await other.next('receive_message'))._id, sent._id);
      await peer.emit({}, 'marker');
      await stranger.next('marker');
      assert.deepEqual(stranger.events.map((event) => event.name), ['connect', 'marker'], ann.id);
    });
  });
}
