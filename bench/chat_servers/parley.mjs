/** Parley, through the official Socket.IO client. */
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { start as startServer } from '../comparison/servers.mjs';
import { password, uniqueName } from '../../tests/lib/people.js';
import { Rest } from '../../tests/lib/rest.js';
import { repository, temporaryDirectory } from '../../tests/lib/server.js';
import { deferred, inParallel, within } from '../../tests/lib/wait.js';

/** Of the tests' dependencies: who drives Parley alone needs no others. */
const { io } = createRequire(join(repository, 'tests/package.json'))('socket.io-client');

async function register(url) {
  const rest = new Rest(url);
  const username = uniqueName();
  const account = { username, email: `${username}@example.org`, password };
  await rest.post('/api/auth/register', account);
  const { status, text, body } = await rest.post('/api/auth/login', account);
  if (status !== 200) throw new Error(`login: ${status} ${text}`);
  return { id: body.user._id, token: body.accessToken };
}

class Client {
  static async connect({ url, receipts }, user, hears) {
    const client = new Client(hears);
    client.socket = io(url, {
      transports: ['websocket'], forceNew: true, reconnection: false, perMessageDeflate: false, auth: { token: user.token, acks: receipts },
    });
    client.listen(user);
    const ready = deferred();
    client.socket.once('connect', ready.resolve).once('connect_error', ready.reject);
    await within(30_000, 'connect', ready.promise);
    return client;
  }

  constructor(hears) {
    this.hears = hears;
  }

  listen({ id }) {
    this.socket.on('receive_message', (message, confirm) => {
      confirm?.();
      if (message.sender !== id) this.hears.received(message.content);
    });
    this.socket.on('message_delivered', () => this.hears.delivered(1));
    this.socket.on('disconnect', (reason) => this.hears.failed(`the connection broke: ${reason}`));
  }

  meet() {}

  send({ id }, text, number) {
    this.socket.emit('send_message', { receiverId: id, content: text }, (answer) => {
      if (answer.ok) this.hears.acknowledged(number);
      else this.hears.failed(`refused: ${JSON.stringify(answer.error)}`);
    });
  }

  close() {
    this.socket.removeAllListeners('disconnect');
    this.socket.disconnect();
  }
}

/** @param options {receipts, folder}: whether the receiver's client confirms every message; where the store is */
export async function start(_, { receipts = true, folder = tmpdir() }) {
  const directory = temporaryDirectory(folder);
  let server = await startServer('parley', directory);
  return {
    makeUsers: (count) => inParallel(count, 32, () => register(server.url)),
    connect: (user, hears) => Client.connect({ url: server.url, receipts }, user, hears),
    pids: () => [server.pid],
    databasePids: () => [],
    restart: async () => {
      await server.end();
      server = await startServer('parley', directory);
    },
    stop: () => server.stop(),
  };
}
