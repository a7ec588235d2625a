/**
 * ejabberd of the Debian package, through @xmpp/client over TCP, which costs it less than WebSockets. Its archive (mod_mam) is in
 * PostgreSQL, as its guide advises. The sender asks for the acknowledgement of its stream (XEP-0198) with every message; the
 * receiver's client answers with a receipt (XEP-0184).
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { client as xmppClient, xml } from '@xmpp/client';

import { Child } from '../../tests/lib/child.js';
import { uniqueName } from '../../tests/lib/people.js';
import { freePort } from '../../tests/lib/ports.js';
import { temporaryDirectory } from '../../tests/lib/server.js';
import { deferred, inParallel, until, within } from '../../tests/lib/wait.js';
import { Postgres } from './postgres.mjs';

const libraries = '/usr/lib/x86_64-linux-gnu';
const schema = '/usr/share/ejabberd/sql/pg.sql';
const host = 'localhost';
const password = 'correct horse';
const receipts = 'urn:xmpp:receipts';
const streams = 'urn:xmpp:sm:3';

/** What a chat of two people with an archive needs, and nothing that would cost more. */
const settings = ({ port, httpPort, database }) => ({
  hosts: [host], loglevel: 'error', log_rotate_count: 0,
  auth_method: 'internal', auth_password_format: 'plain',
  sql_type: 'pgsql', sql_server: '127.0.0.1', sql_port: database.port, sql_database: 'ejabberd', sql_username: database.user, sql_password: 'none',
  listen: [
    { port, ip: '127.0.0.1', module: 'ejabberd_c2s', max_stanza_size: 262_144, access: 'all', shaper: 'none', starttls: false },
    { port: httpPort, ip: '127.0.0.1', module: 'ejabberd_http', request_handlers: { '/api': 'mod_http_api' } },
  ],
  api_permissions: { bench: { who: 'all', what: ['register'] } },
  modules: {
    mod_http_api: {}, mod_disco: {}, mod_caps: {}, mod_carboncopy: {}, mod_client_state: {}, mod_roster: {}, mod_last: {},
    mod_offline: { use_mam_for_storage: true }, mod_stream_mgmt: {},
    mod_mam: { db_type: 'sql', default: 'always', assume_mam_usage: true },
  },
});

class Client {
  static async connect(port, name, hears) {
    const client = new Client(hears);
    const authenticate = (login) => login({ username: name, password }, 'PLAIN');
    client.xmpp = xmppClient({ service: `xmpp://127.0.0.1:${port}`, domain: host, resource: 'bench', credentials: authenticate });
    client.xmpp.reconnect.stop();
    client.listen(name);
    await within(60_000, 'connect', client.xmpp.start());
    await client.xmpp.send(xml('presence'));
    return client;
  }

  constructor(hears) {
    this.hears = hears;
  }

  listen() {
    const { xmpp } = this;
    const failed = (error) => this.hears.failed(error.message);
    xmpp.on('error', failed);
    xmpp.on('disconnect', () => this.isClosing || this.hears.failed('the connection broke'));
    // It asks itself, with every message; receipts need no request of their own.
    xmpp.streamManagement.requestAckDebounce = 60_000;
    xmpp.streamManagement.on('ack', (stanza) => stanza.getChild('body') && this.hears.acknowledged(Number(stanza.attrs.id)));
    xmpp.on('stanza', (stanza) => {
      if (!stanza.is('message')) return;
      if (stanza.attrs.type === 'error') return void this.hears.failed(stanza.toString());
      if (stanza.getChild('received', receipts)) this.hears.delivered(1);
      const text = stanza.getChildText('body');
      if (!text) return;
      const { from, id } = stanza.attrs;
      xmpp.send(xml('message', { to: from, type: 'chat', id: `r${id}` }, xml('received', { xmlns: receipts, id }))).catch(failed);
      this.hears.received(text);
    });
  }

  meet() {}

  send(name, text, number) {
    const message = xml('message', { to: `${name}@${host}`, type: 'chat', id: `${number}` }, xml('body', {}, text), xml('request', { xmlns: receipts }));
    this.xmpp.sendMany([message, xml('r', { xmlns: streams })]).catch((error) => this.hears.failed(error.message));
  }

  close() {
    this.isClosing = true;
    this.xmpp.socket?.destroy?.();
    this.xmpp.disconnect().catch(() => {});
  }
}

/** @param at {directory, port, httpPort, database} */
async function launch(wrap, at) {
  if (!existsSync(schema)) throw new Error('ejabberd is not there: apt-get install ejabberd erlang-p1-pgsql');
  const config = join(at.directory, 'ejabberd.yml');
  writeFileSync(config, JSON.stringify(settings(at), null, 1));
  // Nobody spins while waiting for work: that would count as CPU time of messages.
  const emulator = ['+K', 'true', '+P', '250000', ...['+sbwt', '+sbwtdcpu', '+sbwtdio'].flatMap((flag) => [flag, 'none'])];
  const [command, ...args] = [...wrap, 'erl', ...emulator, '-noinput', '-mnesia', 'dir', `"${at.directory}/mnesia"`, '-s', 'ejabberd'];
  const env = {
    ...process.env, HOME: at.directory, ERL_LIBS: libraries, EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: join(at.directory, 'ejabberd.log'),
    ERL_CRASH_DUMP_BYTES: '0', ERL_MAX_PORTS: '100000',
  };
  const child = new Child(command, args, { cwd: at.directory, env });
  await until(() => {
    if (!child.isRunning) throw new Error('it has ended');
    return fetch(`http://127.0.0.1:${at.httpPort}/`, { headers: { connection: 'close' } });
  }, { what: () => `ejabberd\n${child.output}`, ms: 60_000, every: 100 });
  return child;
}

async function register(httpPort) {
  const name = uniqueName();
  const answer = await fetch(`http://127.0.0.1:${httpPort}/api/register`, { method: 'POST', body: JSON.stringify({ user: name, host, password }) });
  if (!answer.ok) throw new Error(`register: ${answer.status} ${await answer.text()}`);
  return name;
}

export async function start(wrap) {
  const database = await Postgres.start(wrap);
  database.query('CREATE DATABASE ejabberd');
  database.runFile(schema, 'ejabberd');
  const at = { directory: temporaryDirectory(), port: await freePort(), httpPort: await freePort(), database };
  let child = await launch(wrap, at);
  const end = async () => {
    child.signal('SIGTERM');
    await child.ended;
  };
  return {
    makeUsers: (count) => inParallel(count, 16, () => register(at.httpPort)),
    connect: (user, hears) => Client.connect(at.port, user, hears),
    pids: () => [child.pid],
    databasePids: () => [database.pid],
    restart: async () => {
      await end();
      child = await launch(wrap, at);
    },
    stop: async () => {
      await end();
      await database.stop();
    },
    // One copy for each of the two people.
    stored: () => Number(database.query('SELECT count(*) FROM archive', 'ejabberd')) / 2,
  };
}
