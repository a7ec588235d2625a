/**
 * Tinode, through tinode-sdk: two people attached to their p2p topic. Its server takes somebody's message as a mark that they have
 * read all before it, and says no more of it; beside that the SDK tells what has been received a tenth of a second after the last
 * message of a topic. So where both write all the time, marks cost nothing.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sdk from 'tinode-sdk';

import { Child } from '../../tests/lib/child.js';
import { freePort } from '../../tests/lib/ports.js';
import { temporaryDirectory } from '../../tests/lib/server.js';
import { inParallel, until, within } from '../../tests/lib/wait.js';
import { goProgram } from './go_program.mjs';
import { PlainWebSocket } from './plain_websocket.mjs';
import { Postgres } from './postgres.mjs';

const { Tinode } = sdk;
Tinode.setNetworkProviders(PlainWebSocket, class {});
/** It keeps nothing, and asks only to have what it kept removed. */
Tinode.setDatabaseProvider({
  deleteDatabase: () => {
    const request = {};
    queueMicrotask(() => request.onsuccess());
    return request;
  },
});

/** Signed with the salt of Tinode's sample configuration, as is the salt below: they are public, and keep nobody out. */
const apiKey = 'AQEAAAABAAD_rAp4DJh05a1HAwFT3A6K';
const apiKeySalt = 'T713/rYYgW7g4m3vG6zGRh7+FM1t0T8j13koXScOAj4=';
const tokenKey = randomBytes(32);

/** As its sample configuration, without what this does not use: compression, gRPC, statistics, files, calls, push, e-mail. */
const settings = (port, database) => ({
  listen: `127.0.0.1:${port}`, api_path: '/', grpc_listen: '', ws_compression_disabled: true, expvar: '-', server_status: '-',
  push: [], api_key_salt: apiKeySalt, max_message_size: 262_144, max_subscriber_count: 128, max_tag_count: 16,
  auth_config: {
    token: { expire_in: 1_209_600, serial_num: 1, key: tokenKey.toString('base64') },
    basic: { add_to_tags: true, min_login_length: 4, min_password_length: 6 }, code: { expire_in: 900, max_retries: 3, code_length: 6 },
  },
  store_config: {
    uid_key: 'la6YsO+bNX/+XIkOqc5Svw==', max_results: 1024, use_adapter: 'postgres',
    adapters: {
      postgres: {
        User: database.user, Passwd: 'none', Host: '127.0.0.1', Port: `${database.port}`, DBName: 'tinode',
        max_open_conns: 50, max_idle_conns: 50, conn_max_lifetime: 60, sql_timeout: 10,
      },
    },
  },
});

const programs = () => ['server', 'tinode-db'].map((main) => goProgram({ module: 'github.com/tinode/chat', version: 'v0.22.13', main, tags: 'postgres' }));
export const prepare = programs;

async function connected(host) {
  const tinode = new Tinode({ appName: 'bench', host, apiKey, transport: 'ws', secure: false, persist: false });
  const refused = (event) => {
    throw new Error(event?.message ?? `${event}`);
  };
  await within(30_000, 'connect', tinode.connect().catch(refused));
  return tinode;
}

/**
 * An account without a password, because a thousand bcrypt hashes take a minute, and a token as somebody gets who has logged in with
 * one: user 8 bytes, expiry 4, level 2, serial number 2, features 2, HMAC-SHA256 32; little endian.
 */
async function register(tinode) {
  const { params } = await tinode.account('new', 'anonymous', undefined, false, {});
  const claims = Buffer.alloc(18);
  Buffer.from(params.user.slice('usr'.length), 'base64url').copy(claims);
  claims.writeUInt32LE(Math.floor(Date.now() / 1000) + 36_000, 8);
  claims.writeUInt16LE(20, 12);
  claims.writeUInt16LE(1, 14);
  return { id: params.user, token: Buffer.concat([claims, createHmac('sha256', tokenKey).update(claims).digest()]).toString('base64') };
}

class Client {
  static async connect(host, user, hears) {
    const client = new Client(user, hears);
    client.tinode = await connected(host);
    client.tinode.onDisconnect = () => client.isClosing || hears.failed('the connection broke');
    await within(30_000, 'login', client.tinode.loginToken(user.token));
    await within(30_000, 'subscribe to me', client.tinode.getMeTopic().subscribe());
    return client;
  }

  constructor(user, hears) {
    Object.assign(this, { user, hears, unmarked: [], markedTo: 0 });
  }

  async meet({ id }) {
    this.topic = this.tinode.getTopic(id);
    this.topic.onData = (data) => {
      if (data?.from !== id) return;
      this.hears.received(data.content);
      this.mark(data.seq);
    };
    this.topic.onInfo = ({ what, seq, from }) => {
      if (what === 'recv' && from === id) this.mark(seq);
    };
    await within(30_000, 'subscribe', this.topic.subscribe());
  }

  send(_, text, number) {
    this.topic.publish(text, true).then((ctrl) => {
      if (ctrl?.code !== 202) return this.hears.failed(ctrl ? `refused: ${JSON.stringify(ctrl)}` : 'refused, or not answered for five seconds: the SDK does not tell which');
      this.unmarked.push(ctrl.params.seq);
      this.mark(this.markedTo);
      return this.hears.acknowledged(number);
    });
  }

  /** The other one has all messages of the topic up to this one. */
  mark(seq) {
    this.markedTo = Math.max(this.markedTo, seq);
    const still = this.unmarked.filter((one) => one > this.markedTo);
    const marked = this.unmarked.length - still.length;
    this.unmarked = still;
    if (marked > 0) this.hears.delivered(marked);
  }

  close() {
    this.isClosing = true;
    this.tinode.disconnect();
  }
}

async function launch(wrap, { config, directory, port }) {
  const [command, ...args] = [...wrap, programs()[0], '--config', config, '--static_data', '-'];
  const child = new Child(command, args, { cwd: directory });
  await until(() => {
    if (!child.isRunning) throw new Error('it has ended');
    return fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  }, { what: () => `tinode\n${child.output}`, ms: 20_000 });
  return child;
}

export async function start(wrap) {
  const database = await Postgres.start(wrap);
  const [directory, port] = [temporaryDirectory(), await freePort()];
  const config = join(directory, 'tinode.conf');
  writeFileSync(config, JSON.stringify(settings(port, database)));
  execFileSync(programs()[1], ['--config', config], { cwd: directory, stdio: 'pipe' });
  const host = `127.0.0.1:${port}`;
  let child = await launch(wrap, { config, directory, port });
  const end = async () => {
    child.signal('SIGTERM');
    await child.ended;
  };
  return {
    makeUsers: async (count) => {
      const makers = await inParallel(16, 16, () => connected(host));
      const users = await inParallel(count, 16, (index) => register(makers[index % 16]));
      makers.forEach((maker) => maker.disconnect());
      return users;
    },
    connect: (user, hears) => Client.connect(host, user, hears),
    pids: () => [child.pid],
    databasePids: () => [database.pid],
    restart: async () => {
      await end();
      child = await launch(wrap, { config, directory, port });
    },
    stop: async () => {
      await end();
      await database.stop();
    },
    stored: () => Number(database.query('SELECT count(*) FROM messages', 'tinode')),
  };
}
