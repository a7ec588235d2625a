/**
 * Centrifugo, through centrifuge-js: a personal channel a user, to which it is subscribed as it connects, and into which others
 * publish. That is the layout that its guides recommend for chats, without the backend and the database that they put before it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Centrifuge } from 'centrifuge';

import { Child } from '../../tests/lib/child.js';
import { uniqueName } from '../../tests/lib/people.js';
import { freePort } from '../../tests/lib/ports.js';
import { temporaryDirectory } from '../../tests/lib/server.js';
import { forgedToken, now } from '../../tests/lib/tokens.js';
import { deferred, until, within } from '../../tests/lib/wait.js';
import { goProgram } from './go_program.mjs';
import { PlainWebSocket } from './plain_websocket.mjs';

const secret = 'the secret of a bench';
const inbox = (user) => `inbox:#${user}`;

/** The buffers are as its guide to many connections says. */
const settings = (port) => ({
  http_server: { address: '127.0.0.1', port },
  log: { level: 'error' },
  client: {
    allowed_origins: ['*'], token: { hmac_secret_key: secret },
    subscribe_to_user_personal_channel: { enabled: true, personal_channel_namespace: 'inbox' },
  },
  channel: {
    namespaces: [{ name: 'inbox', allow_user_limited_channels: true, allow_publish_for_client: true, history_size: 100, history_ttl: '24h', force_recovery: true }],
  },
  websocket: { use_write_buffer_pool: true, read_buffer_size: 512 },
});

class Client {
  static async connect({ url, receipts }, user, hears) {
    const token = forgedToken({ alg: 'HS256', typ: 'JWT' }, { sub: user, exp: now() + 36_000 }, { secret });
    const client = new Client(hears, receipts);
    client.centrifuge = new Centrifuge(url, { token, websocket: PlainWebSocket });
    client.listen();
    const ready = deferred();
    client.centrifuge.once('connected', ready.resolve);
    client.centrifuge.once('disconnected', ({ reason }) => ready.reject(new Error(reason)));
    client.centrifuge.connect();
    await within(30_000, 'connect', ready.promise);
    return client;
  }

  constructor(hears, receipts) {
    Object.assign(this, { hears, receipts });
  }

  listen() {
    this.centrifuge.on('publication', ({ data, info }) => {
      if (data.receipt) return void this.hears.delivered(1);
      if (this.receipts) this.publish(info.user, { receipt: Number.parseInt(data.text, 10) });
      this.hears.received(data.text);
    });
    this.centrifuge.on('error', ({ error }) => this.hears.failed(error.message));
    // It would come back by itself; nothing may break here.
    this.centrifuge.on('connecting', ({ reason, code }) => code !== 0 && this.hears.failed(`the connection broke: ${reason}`));
  }

  meet() {}

  publish(user, data, done) {
    this.centrifuge.publish(inbox(user), data).then(done, (error) => this.hears.failed(error.message));
  }

  send(user, text, number) {
    this.publish(user, { text }, () => this.hears.acknowledged(number));
  }

  close() {
    this.centrifuge.disconnect();
  }
}

export const prepare = () => goProgram({ module: 'github.com/centrifugal/centrifugo/v6', version: 'v6.9.1' });

async function launch(wrap) {
  const port = await freePort();
  const file = join(temporaryDirectory(), 'centrifugo.json');
  writeFileSync(file, JSON.stringify(settings(port)));
  const [command, ...args] = [...wrap, prepare(), '--config', file];
  const child = new Child(command, args);
  await until(() => {
    if (!child.isRunning) throw new Error('it has ended');
    return fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  }, { what: () => `centrifugo\n${child.output}`, ms: 20_000 });
  return { child, url: `ws://127.0.0.1:${port}/connection/websocket` };
}

/** @param options {receipts}: whether the receiver's client tells the sender's of every message */
export async function start(wrap, { receipts = true }) {
  let server = await launch(wrap);
  return {
    marks: receipts,
    makeUsers: (count) => Array.from({ length: count }, () => uniqueName()),
    connect: (user, hears) => Client.connect({ url: server.url, receipts }, user, hears),
    pids: () => [server.child.pid],
    databasePids: () => [],
    restart: async () => {
      await server.child.kill();
      server = await launch(wrap);
    },
    stop: () => server.child.kill(),
  };
}
