/** Two Socket.IO servers and a Redis between them, and clients of either. */
import { Device, closeDevices } from '../lib/device.js';
import { Redis } from '../lib/redis.js';
import { deferred, until, within } from '../lib/wait.js';

let counter = 0;

/** A name that no other test uses. */
export function fresh(prefix = 'room') {
  counter += 1;
  return `${prefix}-${counter}`;
}

export class Scene {
  /** @param kinds classes of the two servers, such as [NodePeer, NativePeer] */
  static async start(adapter, kinds) {
    const scene = new Scene();
    scene.adapter = adapter;
    scene.redis = await Redis.start();
    scene.watcher = await scene.redis.client();
    scene.peers = [];
    for (const kind of kinds) scene.peers.push(await kind.start(adapter, scene.redis));
    await scene.everybodyListens('/');
    return scene;
  }

  /** A connected client, in those rooms when this returns, as far as the other server is concerned, too. */
  async client(peer, { nsp = '/', rooms = [], name = fresh('client'), ...options } = {}) {
    const device = await Device.connect({ url: peer.url + nsp }, undefined, { auth: { name }, ...options });
    device.id = device.socket.id;
    device.name = name;
    if (rooms.length > 0) await device.ask('join', rooms);
    for (const room of rooms) await this.hears(nsp, room);
    return device;
  }

  /** Ids of the clients that are there to make servers do something: except these from what is for everybody. */
  hands(nsp = '/') {
    return this.peers.map((peer) => peer.hands.get(nsp)?.socket.id).filter(Boolean);
  }

  /** Sharded servers subscribe a room's channel when somebody joins, and nobody is told when that has happened. */
  async hears(nsp, room, servers = 1) {
    if (this.adapter !== 'sharded') return;
    await this.listeners(`socket.io#${nsp}#${room}#`, servers);
  }

  /** Both servers serve that namespace. */
  async everybodyListens(nsp) {
    await this.listeners(this.requestChannel(nsp), this.peers.length);
  }

  requestChannel(nsp = '/') {
    return this.adapter === 'sharded' ? `socket.io#${nsp}#` : `socket.io-request#${nsp}#`;
  }

  async listeners(channel, wanted) {
    const question = ['PUBSUB', this.adapter === 'sharded' ? 'SHARDNUMSUB' : 'NUMSUB', channel];
    let found;
    await until(async () => {
      found = Number((await this.watcher.sendCommand(question))[1]);
      return wanted === 0 ? found === 0 : found >= wanted;
    }, { what: () => `${wanted} listeners of ${channel}; there are ${found}` });
  }

  /** A third subscriber of the servers' questions that never answers; `end()` makes it go. */
  async silentSubscriber() {
    const client = await this.redis.client();
    const channel = this.requestChannel();
    if (this.adapter === 'sharded') await client.sSubscribe(channel, () => {});
    else await client.subscribe(channel, () => {});
    await this.listeners(channel, 3);
    return { end: async () => {
      client.destroy();
      this.redis.clients.delete(client);
      await until(async () => Number((await this.watcher.sendCommand(['PUBSUB', this.adapter === 'sharded' ? 'SHARDNUMSUB' : 'NUMSUB', channel]))[1]) === 2, { what: 'its end' });
    } };
  }

  /** Returns when what `from` has emitted so far has reached these clients. */
  async flushed(from, clients) {
    const text = fresh('marker');
    for (const client of clients) {
      await from.emit({ nsp: client.nsp ?? '/', rooms: [client.id] }, 'marker', text);
      await client.next('marker', { where: (got) => got === text });
    }
  }

  /** Kills Redis; Node.js ends a process that publishes before it has noticed, so wait for that. */
  async redisGoes() {
    await this.redis.kill();
    for (const peer of this.peers) await until(() => peer.noticed?.() ?? true, { what: 'the end of the connection' });
  }

  /** Both servers come to everybody again, after Redis was away. */
  async healed() {
    await this.everybodyListens('/');
    const clients = [];
    for (const peer of this.peers) clients.push(await this.client(peer));
    for (const from of this.peers) {
      await until(async () => {
        await from.emit({}, 'healed', from.name);
        return clients.every((client) => client.all('healed', (name) => name === from.name).length > 0);
      }, { what: () => `a broadcast of ${from.name}`, ms: 10_000, every: 50 });
    }
  }

  async destroy() {
    closeDevices();
    for (const peer of this.peers) await peer.stop();
    await this.redis.destroy();
  }
}

/** What clients got of that event: the argument lists, client by client. */
export const got = (clients, event) => clients.map((client) => client.events.filter((entry) => entry.name === event).map((entry) => entry.args));

/** A client that says it is gone, with the reason. */
export async function disconnected(client, ms = 5000) {
  const done = deferred();
  if (!client.socket.connected) return client.drops.at(-1);
  client.socket.once('disconnect', done.resolve);
  return within(ms, 'the disconnect', done.promise);
}
