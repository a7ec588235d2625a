/**
 * A TCP balancer, round-robin, that knows nothing of HTTP: each connection goes to the next server in turn, or to the
 * one after it when that one refuses.
 */
import { connect, createServer } from 'node:net';
import { freePort } from './ports.js';


export class Balancer {
  /** @param ports of the servers behind it */
  static async start(ports) {
    const balancer = new Balancer();
    Object.assign(balancer, { ports, next: 0, sockets: new Set(), port: await freePort() });
    balancer.listener = createServer({ allowHalfOpen: true }, (client) => balancer.accept(client));
    await new Promise((done, fail) => balancer.listener.once('error', fail).listen(balancer.port, '127.0.0.1', done));
    return balancer;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections each server has got. */
  served = new Map();

  accept(client) {
    this.track(client);
    this.tryFrom(client, this.next++, this.ports.length);
  }

  tryFrom(client, turn, left) {
    if (left === 0) return void client.destroy();
    const port = this.ports[turn % this.ports.length];
    const server = this.track(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    const refused = () => this.tryFrom(client, turn + 1, left - 1);
    server.once('error', refused);
    server.once('connect', () => {
      server.removeListener('error', refused);
      this.served.set(port, (this.served.get(port) ?? 0) + 1);
      join(client, server);
    });
  }

  track(socket) {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => this.sockets.delete(socket));
    return socket;
  }

  async destroy() {
    const closed = new Promise((done) => this.listener.close(done));
    this.sockets.forEach((socket) => socket.destroy());
    await closed;
  }
}

/** Bytes both ways, ends as ends, and the death of one side as the death of the other. */
function join(client, server) {
  for (const [from, to] of [[client, server], [server, client]]) {
    if (from.destroyed) return void to.destroy();
    from.pipe(to);
    from.once('close', (hadError) => (hadError ? to.destroy() : to.end()));
  }
}
