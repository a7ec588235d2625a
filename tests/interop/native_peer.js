/** `examples/cluster-node` behind the same interface as `node_peer.js`: it does what a client of its own asks for. */
import assert from 'node:assert/strict';

import { Program } from '../conformance/program.js';
import { Device } from '../lib/device.js';
import { deferred, within } from '../lib/wait.js';

export class NativePeer {
  static kind = 'Parley';

  static async start(adapter, redis) {
    counter += 1;
    const peer = new NativePeer();
    peer.name = `${NativePeer.kind} ${counter}`;
    peer.program = await Program.start('cluster-node', '--redis', redis.url, '--adapter', adapter, '--name', peer.name, '--requests-timeout', 2000, '--shards', 2);
    peer.url = `http://127.0.0.1:${peer.program.port}`;
    peer.hands = new Map();
    await peer.hand('/');
    return peer;
  }

  /** The client in that namespace whose wishes the server fulfils. Tests except it from what is for everybody. */
  async hand(nsp = '/') {
    const known = this.hands.get(nsp);
    if (known?.socket.connected) return known;
    const hand = new Device({ url: this.url + nsp }, undefined, { auth: { name: 'hand' }, confirm: false });
    await hand.connect();
    this.hands.set(nsp, hand);
    return hand;
  }

  async ask(nsp, event, ...args) {
    const done = deferred();
    (await this.hand(nsp)).socket.emit(event, ...args, (answer) => done.resolve(answer));
    return within(10_000, `the answer to ${event}`, done.promise);
  }

  emit(target, event, ...args) {
    return this.ask(target.nsp, 'emit', target, event, ...args);
  }

  emitWithAck(target, event, ...args) {
    return this.ask(target.nsp, 'emit_with_ack', target, event, ...args);
  }

  async fetchSockets(target) {
    const { failed, sockets } = await this.ask(target.nsp, 'fetch', target);
    if (failed) throw new Error('not everybody answered');
    return sockets.map(({ id, rooms, data, handshake }) => ({ id, rooms, name: data.name, handshake }));
  }

  socketsJoin(target, rooms) {
    return this.ask(target.nsp, 'sockets_join', target, rooms);
  }

  socketsLeave(target, rooms) {
    return this.ask(target.nsp, 'sockets_leave', target, rooms);
  }

  disconnectSockets(target, close) {
    return this.ask(target.nsp, 'disconnect_sockets', target, close);
  }

  serverSideEmit(nsp, event, ...args) {
    return this.ask(nsp, 'server_side_emit', event, ...args);
  }

  serverSideEmitWithAck(nsp, event, ...args) {
    return this.ask(nsp, 'server_side_emit_with_ack', event, ...args);
  }

  heardFrom(nsp, event) {
    return this.ask(nsp, 'heard', event);
  }

  /** {published, dropped, received, …}. */
  counts() {
    return this.ask('/', 'counts');
  }

  async stop() {
    this.hands.forEach((hand) => hand.close());
    assert.deepEqual(await this.program.stop(), { code: 0, signal: null });
  }
}

let counter = 0;
