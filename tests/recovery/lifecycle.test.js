import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';

import { Child } from '../lib/child.js';
import { Device, closeDevices } from '../lib/device.js';
import { history, people, person, say } from '../lib/people.js';
import { freePort } from '../lib/ports.js';
import { Rest } from '../lib/rest.js';
import { Server, binary, parley, temporaryDirectory } from '../lib/server.js';
import { median, patience, until } from '../lib/wait.js';
import { Wire } from '../lib/wire.js';
import { logFiles, patchLog } from './wal.js';

afterEach(closeDevices);

async function started(t, options) {
  const server = await Server.start(options);
  t.after(() => server.destroy());
  return server;
}

function assertOrderly({ code, signal, ms }, server) {
  assert.deepEqual([code, signal], [0, null], server.tail());
  assert.ok(ms < 10_000 * patience, `took ${ms} ms`);
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Not started, and said why in a sentence that fits. */
function assertRefused(result, form) {
  assert.ok(result.code > 0, `exit ${result.code}: ${result.stdout}${result.stderr}`);
  assert.match(result.stdout + result.stderr, form);
}

const serve = (args, env = {}) => parley(['serve', ...args], {
  cwd: temporaryDirectory(), env: { NODE_ENV: undefined, PARLEY_ENV: undefined, HOST: '127.0.0.1', DATA_DIR: temporaryDirectory(), ...env },
});

describe('SIGTERM', () => {
  test('ends the server with 0 in time, with clients connected, and they come back afterwards', async (t) => {
    const server = await started(t);
    const crowd = await people(server, ...Array(20).fill('crowd'));
    const transports = [['websocket'], ['polling'], ['polling', 'websocket']];
    const devices = await Promise.all(Array.from({ length: 120 }, (_, index) => (
      Device.connect(server, crowd[index % 20], { transports: transports[index % 3], reconnect: true }))));
    const ended = await server.stop();
    assertOrderly(ended, server);
    console.log(`drain with 120 clients: ${ended.ms} ms`);
    for (const device of devices) assert.notEqual(await device.next('disconnect'), 'io server disconnect');
    await server.start();
    for (const device of devices) await device.wait(() => device.socket.connected, 15_000, 'the reconnection');
  });

  test('loses nothing that was acknowledged while it drains', async (t) => {
    const server = await started(t);
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, ann);
    const acknowledged = [];
    let stopped = false;
    const send = (index) => phone.socket.emit('send_message', { receiverId: bob.id, content: `${index}` }, (answer) => {
      if (answer.ok) acknowledged.push(answer.message);
      if (!stopped) send(index + 1);
    });
    send(0);
    await until(() => acknowledged.length > 50, { what: 'load', ms: 10_000 });
    assertOrderly(await server.stop(), server);
    stopped = true;
    await server.start();
    const stored = await history(ann, acknowledged[0].conversationId);
    assert.deepEqual(stored.slice(0, acknowledged.length).map((message) => message._id), acknowledged.map((message) => message._id));
  });

  test('is not held up by idle, slow or hanging connections', async (t) => {
    // Who has begun to ask is waited for, a second less than all the time there is.
    const server = await started(t, { env: { DRAIN_TIMEOUT: '2s' } });
    const idle = await Wire.connect(server.port);
    idle.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await idle.answer();
    const slow = await Wire.connect(server.port);
    slow.write('POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{');
    const silent = await Wire.connect(server.port);
    t.after(() => [idle, slow, silent].forEach((wire) => wire.destroy()));
    assertOrderly(await server.stop(), server);
  });

  test('stops accepting at once', async (t) => {
    const server = await started(t);
    const device = await Device.connect(server, await person(server));
    const stopping = server.stop();
    await device.next('disconnect');
    assertOrderly(await stopping, server);
    await assert.rejects(Wire.connect(server.port));
  });

  test('from a keyboard (SIGINT) ends it in order as well, and a second signal at once', async (t) => {
    const server = await started(t);
    process.kill(server.pid, 'SIGINT');
    assertOrderly({ ...(await server.exit), ms: 0 }, server);
    await server.start();
    await Device.connect(server, await person(server));
    process.kill(server.pid, 'SIGTERM');
    const { code, signal } = await server.stop();
    assert.ok(code === 0 || signal === 'SIGTERM', `exit ${code} ${signal}`);
    await server.start();
  });

  test('sets lastSeen of those who were online', async (t) => {
    const server = await started(t);
    const who = await person(server);
    await Device.connect(server, who);
    await server.stop();
    await server.start();
    const { body } = await who.rest.get(`/api/users/${who.id}/last-seen`);
    assert.equal(body.online, false);
    assert.ok(Math.abs(Date.now() - body.lastSeen) < 60_000, `lastSeen ${body.lastSeen}`);
  });
});

describe('SIGHUP', () => {
  test('of somebody who reloads daemons or rotates logs ends nothing', async (t) => {
    const server = await started(t);
    const [ann, bob] = await people(server, 'ann', 'bob');
    const phone = await Device.connect(server, bob);
    for (let times = 1; times <= 3; times += 1) {
      process.kill(server.pid, 'SIGHUP');
      await until(() => server.log().split('SIGHUP: without TLS').length > times, { what: () => server.tail() });
    }
    await say(ann, bob, 'still there');
    assert.equal((await phone.next('receive_message')).content, 'still there');
    assert.equal(phone.drops.length, 0);
    const stopping = server.stop();
    await phone.next('disconnect');
    process.kill(server.pid, 'SIGHUP');
    assertOrderly(await stopping, server);
  });

  const inTerminal = {
    'as its first program': { command: 'exec PARLEY', ends: true },
    'under a shell': { command: 'sh -c "PARLEY; true"', ends: true },
    'as a job of a shell': { command: "exec bash --norc -ic 'PARLEY; true'", ends: true },
    'as a job in the background': { command: "exec bash --norc -ic 'PARLEY & wait'", ends: true },
    'under nohup': { command: 'nohup PARLEY', ends: false },
  };
  for (const [how, { command, ends }] of Object.entries(inTerminal)) {
    test(`of a closed terminal, ${how}: ${ends ? 'ends it in order' : 'is not heard'}`, async (t) => {
      const server = new Server();
      server.port = await freePort();
      const file = (name) => join(server.dataDir, name);
      writeFileSync(file('start.sh'), `echo $$ > ${file('pid')}; exec ${binary} serve 2> ${file('log')}\n`);
      const inside = command.replace('PARLEY', `sh ${file('start.sh')}`);
      const terminal = new Child('script', ['-qc', inside, '/dev/null'], { env: server.environment(), cwd: server.dataDir });
      t.after(() => terminal.kill());
      const log = () => (existsSync(file('log')) ? readFileSync(file('log'), 'utf8') : terminal.output);
      await until(() => log().includes('ready'), { what: log, ms: 15_000 });
      const pid = Number(readFileSync(file('pid'), 'utf8'));
      t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
      process.kill(pid, 'SIGHUP');
      await until(() => log().includes('SIGHUP: without TLS'), { what: log });
      await terminal.kill();
      if (ends) {
        await until(() => log().includes('stopped') && !isAlive(pid), { what: log, ms: 15_000 });
        assert.match(log(), /draining.*SIGHUP/);
      } else {
        await until(() => log().split('SIGHUP: without TLS').length > 2, { what: log });
        assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
        assert.doesNotMatch(log(), /draining/);
      }
    });
  }
});

describe('the start', () => {
  test('on an empty store is quick, and says where to connect', async (t) => {
    const times = [];
    for (let round = 0; round < 5; round += 1) {
      const server = await started(t);
      times.push(server.startMs);
      await until(() => server.log().includes(String(server.port)), { what: () => `an address in:\n${server.log()}` });
      await server.destroy();
    }
    console.log(`start-up on an empty store: ${median(times).toFixed(0)} ms (median of 5, until /readyz answers)`);
    assert.ok(median(times) < 5000 * patience);
  });

  test('is refused on data that another server uses, and that one goes on', async (t) => {
    const server = await started(t);
    const port = await freePort();
    assertRefused(await serve(['--port', `${port}`, '--data-dir', server.dataDir]), /us(e|ing)|lock|running/i);
    assert.equal((await new Rest(server.url).get('/readyz')).status, 200);
  });

  test('is refused on a port that is taken, with its number', async (t) => {
    const port = await freePort();
    const taken = createServer().listen(port, '127.0.0.1');
    t.after(() => taken.close());
    assertRefused(await serve(['--port', `${port}`]), new RegExp(`${port}`));
  });

  test('is refused on a store of a newer format, which stays as it was', async (t) => {
    const server = await started(t);
    await server.kill();
    const format = Buffer.concat([Buffer.from('format'), Buffer.from([8]), Buffer.from('0000000000000001', 'hex')]);
    const newer = Buffer.concat([Buffer.from('format'), Buffer.from([8]), Buffer.from('00000000000003e7', 'hex')]);
    const patched = logFiles(server.dataDir).reduce((sum, path) => sum + patchLog(path, format, newer), 0);
    assert.equal(patched, 1, 'the format record of a new store is in its log');
    const result = await serve(['--port', `${await freePort()}`, '--data-dir', server.dataDir]);
    assertRefused(result, /999/);
    assert.match(result.stdout + result.stderr, /newer/i);
    assertRefused(await serve(['--port', `${await freePort()}`, '--data-dir', server.dataDir]), /999/);
  });

  test('is refused in a place where no data can be kept', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    assertRefused(await serve(['--port', `${await freePort()}`, '--data-dir', join(file, 'data')]), /data/i);
  });

  test('is refused in a place with too long a name for a socket', async () => {
    const dataDir = join(temporaryDirectory(), 'n'.repeat(100));
    for (let attempt = 0; attempt < 5; attempt += 1)
      assertRefused(await serve(['--port', `${await freePort()}`, '--data-dir', dataDir]), /shorter DATA_DIR/);
    const copy = join(temporaryDirectory(), 'copy');
    assert.equal((await parley(['backup', copy, '--data-dir', dataDir])).code, 0, 'a command finds no server there');
  });
});

describe('settings', () => {
  const wrong = {
    'an unknown flag': [['--nonsense', '1'], {}, /nonsense/],
    'a port that is no number': [[], { PORT: 'http' }, /PORT|port/],
    'a port that is too large': [['--port', '70000'], {}, /port/i],
    'a negative rate limit': [[], { RATE_LIMIT_AUTH: '-1' }, /RATE_LIMIT_AUTH|rate-limit-auth/],
    'a lifetime that is none': [[], { ACCESS_TOKEN_EXPIRE: 'soon' }, /ACCESS_TOKEN_EXPIRE|access-token-expire/],
    'a log level that is none': [['--log-level', 'loud'], {}, /log-level|LOG_LEVEL/],
    'a proxy that is no address': [[], { TRUSTED_PROXIES: 'somewhere' }, /TRUSTED_PROXIES|trusted-proxies/],
  };
  for (const [what, [args, env, form]] of Object.entries(wrong)) {
    test(`that are impossible stop the start: ${what}`, async () => {
      assertRefused(await serve(args, { ...env }), form);
    });
  }

  test('in production demand secrets, and say which', async () => {
    for (const name of ['NODE_ENV', 'PARLEY_ENV']) {
      const env = { [name]: 'production', ACCESS_TOKEN_SECRET: undefined, REFRESH_TOKEN_SECRET: undefined };
      const result = await serve(['--port', `${await freePort()}`], env);
      assertRefused(result, /ACCESS_TOKEN_SECRET/);
      assertRefused(result, /REFRESH_TOKEN_SECRET/);
    }
  });

  test('come from .env, from a config file, from the environment and from flags, the later ones first', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, '.env'), 'PORT=1001\nRATE_LIMIT_AUTH=7\nACCESS_TOKEN_EXPIRE=20m\n');
    const show = async (args, env) => (await parley(['show-config', ...args], { cwd: folder, env: { PORT: undefined, ...env } })).stdout;
    assert.match(await show([], {}), /port\s*=\s*1001/);
    assert.match(await show([], { PORT: '1002' }), /port\s*=\s*1002/);
    assert.match(await show(['--port', '1003'], { PORT: '1002' }), /port\s*=\s*1003/);
    assert.match(await show([], {}), /rate-limit-auth\s*=\s*7/);
  });

  test('are shown without the secrets', async () => {
    const { code, stdout } = await parley(['show-config'], { cwd: temporaryDirectory(), env: { ACCESS_TOKEN_SECRET: 'do-not-show-this-secret-anywhere' } });
    assert.equal(code, 0);
    assert.ok(!stdout.includes('do-not-show-this'));
  });

  test('are checked without starting anything', async () => {
    const cwd = temporaryDirectory();
    assert.equal((await parley(['check-config', '--data-dir', join(cwd, 'data')], { cwd })).code, 0);
    assert.ok((await parley(['check-config', '--port', 'x'], { cwd })).code > 0);
    assert.deepEqual(readdirSync(cwd), []);
  });

  test('that were made secrets are kept where only the owner reads them', async (t) => {
    const server = await started(t, { env: { ACCESS_TOKEN_SECRET: undefined, REFRESH_TOKEN_SECRET: undefined } });
    const secrets = join(server.dataDir, 'secrets');
    assert.ok(existsSync(secrets), readdirSync(server.dataDir).join(' '));
    const files = statSync(secrets).isDirectory() ? readdirSync(secrets).map((name) => join(secrets, name)) : [secrets];
    for (const file of files) assert.equal(statSync(file).mode & 0o077, 0, file);
  });
});

test('--version names the program', async () => {
  const { code, stdout } = await parley(['--version']);
  assert.equal(code, 0, binary);
  assert.match(stdout, /^parley \d+\.\d+/);
});
