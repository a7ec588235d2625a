/** A Socket.IO server of Node.js in a cluster by Redis, as its users write one; what `native_peer.js` does, too. */
import { createServer } from 'node:http';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';

export const namespaces = /^\/dyn-\d+$/;

export class NodePeer {
  static kind = 'Node.js';
  name = NodePeer.kind;

  static async start(adapter, redis, requestsTimeout = 5000) {
    const peer = new NodePeer();
    peer.heard = [];
    peer.clients = await Promise.all([0, 1].map(() => connectTo(redis)));
    const make = adapter === 'sharded' ? createShardedAdapter : createAdapter;
    peer.http = createServer();
    peer.io = new Server(peer.http, { adapter: make(...peer.clients, { requestsTimeout }), serveClient: false });
    peer.serve(peer.io.of('/'));
    peer.serve(peer.io.of(namespaces));
    await new Promise((done) => peer.http.listen(0, '127.0.0.1', done));
    peer.url = `http://127.0.0.1:${peer.http.address().port}`;
    return peer;
  }

  serve(nsp) {
    nsp.on('connection', (socket) => {
      socket.data.name = socket.handshake.auth.name;
      socket.on('join', (rooms, done) => {
        socket.join(rooms);
        done();
      });
      socket.on('leave', (room, done) => {
        socket.leave(room);
        done();
      });
      socket.on('tell', (room, ...args) => socket.to(room).emit('told', ...args));
    });
    if (!nsp.children) this.hear(nsp);
    else this.io.on('new_namespace', (child) => namespaces.test(child.name) && this.hear(child));
  }

  /** Keeps what other servers say, and answers them. */
  hear(nsp) {
    for (const event of ['server_says', 'server_asks']) {
      nsp.on(event, (...args) => {
        const answer = typeof args.at(-1) === 'function' ? args.pop() : undefined;
        this.heard.push({ nsp: nsp.name, event, args });
        answer?.({ from: this.name, got: args });
      });
    }
  }

  /** Whom something is for. @param target {nsp, rooms, except, volatile, timeout} */
  of({ nsp = '/', rooms = [], except = [], volatile = false, timeout }) {
    let whom = this.io.of(nsp);
    if (rooms.length > 0) whom = whom.to(rooms);
    if (except.length > 0) whom = whom.except(except);
    if (volatile) whom = whom.volatile;
    return timeout ? whom.timeout(timeout) : whom;
  }

  async emit(target, event, ...args) {
    this.of(target).emit(event, ...args);
  }

  /** {failed, answers}: failed when not everybody answered in time. */
  emitWithAck(target, event, ...args) {
    return new Promise((done) => {
      this.of(target).emit(event, ...args, (error, answers) => done({ failed: Boolean(error), answers }));
    });
  }

  /** [{id, rooms, name}]; throws when a server does not answer. */
  async fetchSockets(target) {
    const sockets = await this.of(target).fetchSockets();
    return sockets.map(({ id, rooms, data, handshake }) => ({ id, rooms: [...rooms], name: data.name, handshake }));
  }

  async socketsJoin(target, rooms) {
    this.of(target).socketsJoin(rooms);
  }

  async socketsLeave(target, rooms) {
    this.of(target).socketsLeave(rooms);
  }

  async disconnectSockets(target, close) {
    this.of(target).disconnectSockets(close);
  }

  async serverSideEmit(nsp, event, ...args) {
    this.io.of(nsp).serverSideEmit(event, ...args);
  }

  /** {failed, answers} of all other servers. */
  serverSideEmitWithAck(nsp, event, ...args) {
    return new Promise((done) => {
      this.io.of(nsp).serverSideEmit(event, ...args, (error, answers) => done({ failed: Boolean(error), answers }));
    });
  }

  /** What servers have said to this one. */
  async heardFrom(nsp, event) {
    return this.heard.filter((each) => each.nsp === nsp && each.event === event).map((each) => each.args);
  }

  /** Whether it knows that Redis is away. */
  noticed() {
    return this.clients.every((client) => !client.isReady);
  }

  /** It needs no client to do something. */
  hands = new Map();

  async stop() {
    await this.io.close();
    await Promise.all(this.clients.map((client) => client.close()));
  }
}

async function connectTo(redis) {
  const client = createClient({ url: redis.url, socket: { reconnectStrategy: 50 } }).on('error', () => {});
  await client.connect();
  return client;
}
