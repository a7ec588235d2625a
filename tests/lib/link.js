/** The way from one process to a server of its own kind: a TCP relay that can be cut, or hang, for this one alone. */
import { connect, createServer } from 'node:net';
import { freePort } from './ports.js';


export class Link {
  /** @param target the port of the server at the other end */
  static async start(target) {
    const link = new Link();
    Object.assign(link, { target, pairs: new Set(), port: await freePort() });
    link.listener = createServer((near) => link.accept(near));
    await new Promise((done, fail) => link.listener.once('error', fail).listen(link.port, '127.0.0.1', done));
    return link;
  }

  isCut = false;
  isHeld = false;
  delay = 0;  // Milliseconds that each way takes longer.

  accept(near) {
    if (this.isCut) return void near.resetAndDestroy();
    const far = connect({ port: this.target, host: '127.0.0.1' });
    const pair = [near, far];
    this.pairs.add(pair);
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('data', (bytes) => (this.delay > 0 ? setTimeout(() => to.write(bytes), this.delay) : to.write(bytes)));
      from.once('close', () => {
        to.destroy();
        this.pairs.delete(pair);
      });
    }
    if (this.isHeld) pair.forEach((socket) => socket.pause());
  }

  /** Ends every connection, and refuses new ones until `restore`. */
  cut() {
    this.isCut = true;
    for (const pair of this.pairs) pair.forEach((socket) => socket.resetAndDestroy());
  }

  /** Connections stay, and nothing passes until `restore`; then all of it does that is not given up by then. */
  hold() {
    this.isHeld = true;
    for (const pair of this.pairs) pair.forEach((socket) => socket.pause());
  }

  restore() {
    this.isCut = false;
    this.isHeld = false;
    for (const pair of this.pairs) pair.forEach((socket) => socket.resume());
  }

  async destroy() {
    const closed = new Promise((done) => this.listener.close(done));
    for (const pair of this.pairs) pair.forEach((socket) => socket.destroy());
    await closed;
  }
}
