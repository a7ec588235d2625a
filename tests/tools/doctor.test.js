import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { makeCertificate } from '../lib/certificate.js';
import { freePort } from '../lib/ports.js';
import { Server, parley, temporaryDirectory } from '../lib/server.js';
import { shiftedClock } from '../lib/shifted_clock.js';
import { closeStores, stores } from './place.js';

after(closeStores);

/** `parley doctor --json` with these settings; gives {code, findings: {subject: [finding…]}}. */
async function examine(env) {
  const settings = { DATA_DIR: join(temporaryDirectory(), 'data'), MONGO_URI: '', REDIS_URL: '', SMTP_URL: '', ...env };
  const { code, stdout, stderr } = await parley(['doctor', '--json'], { env: settings, cwd: temporaryDirectory(), deadline: 40_000 });
  const found = JSON.parse(stdout || `{"findings":[],"error":${JSON.stringify(stderr)}}`);
  const findings = new Map();
  for (const one of found.findings) findings.set(one.subject, [...(findings.get(one.subject) ?? []), one]);
  return { code, findings, good: found.good };
}

const verdicts = (list) => list.map(({ verdict }) => verdict);

for (const { name, skip, start } of stores) {
  describe(`parley doctor on ${name}`, { skip }, () => {
    let place;
    before(async () => {
      place = await start();
    });
    after(() => place?.destroy());

    test('finds nothing bad, beside a server and without one', async () => {
      for (const stop of [false, true]) {
        if (stop) await place.server.stop();
        const { code, findings } = await examine({ DATA_DIR: place.server.dataDir, ...place.store });
        assert.equal(code, 0);
        for (const subject of ['settings', 'open files', 'clock', 'disk', 'mail', ...(place.store.MONGO_URI ? ['MongoDB', 'Redis'] : ['store'])])
          assert.ok(findings.get(subject)?.every(({ verdict }) => verdict !== 'bad'), subject);
        for (const { what } of (findings.get('Redis') ?? []).slice(1)) assert.match(what, /differs by \d+ ms/, 'the clock of one machine is never behind itself');
      }
    });

    if (name === 'MongoDB and Redis') {
      test('says what depends on a clock that is wrong, and when a start is refused', async () => {
        const late = await examine({ ...place.store, ...shiftedClock(-60) });
        const finding = late.findings.get('MongoDB').find(({ verdict }) => verdict === 'warn');
        assert.match(finding.what, /^its clock differs by (59|60)\d{3} ms$/);
        assert.match(finding.mend, /tokens/);
        const year = 366 * 24 * 3600;
        const { code, findings } = await examine({ ...place.store, ...shiftedClock(year) });
        assert.equal(code, 1);
        assert.match(findings.get('MongoDB')[0].what, /set the one that is wrong/);
        assert.match(findings.get('MongoDB')[0].mend, /start is refused/);
        const start = await parley(['serve', '--port', '0'], { env: { DATA_DIR: temporaryDirectory(), ...place.store, ...shiftedClock(year) }, cwd: temporaryDirectory() });
        assert.equal(start.code, 1);
        assert.match(start.stderr, /MongoDB's clock says .* and this machine's .*: set the one that is wrong/);
      });
    }
  });
}

describe('parley doctor', () => {
  test('says what cannot be reached and how to mend it', async () => {
    const nobody = await freePort();
    const { code, good, findings } = await examine({
      MONGO_URI: `mongodb://127.0.0.1:${nobody}/chat?serverSelectionTimeoutMS=500`,
      REDIS_URL: `redis://127.0.0.1:${nobody}`,
      SMTP_URL: `smtp://127.0.0.1:${nobody}`,
    });
    assert.deepEqual([code, good], [1, false]);
    for (const subject of ['MongoDB', 'Redis', 'mail']) {
      const [{ verdict, mend }] = findings.get(subject);
      assert.equal(verdict, 'bad', subject);
      assert.match(mend, /_UR[LI]/);
    }
  });

  test('says which setting names no host of its own, and so does a start', async () => {
    const { code, findings } = await examine({ HOST: '192.0.2.1' });
    assert.equal(code, 1);
    assert.match(findings.get('address')[0].what, /192\.0\.2\.1/);
    assert.match(findings.get('address')[0].mend, /^HOST: an address of this machine/);
    for (const [name, value] of [['HOST', '192.0.2.1'], ['REDIS_URL', 'redis://'], ['REDIS_URL', 'redis://:6379'], ['MONGO_URI', 'mongodb://']]) {
      const env = { DATA_DIR: join(temporaryDirectory(), 'data'), MONGO_URI: '', REDIS_URL: '', [name]: value };
      const start = await parley(['serve', '--port', '0'], { env, cwd: temporaryDirectory() });
      assert.equal(start.code, 2, start.stderr);
      assert.match(start.stderr, new RegExp(`${name} .*(an address of this machine|a URL that names a host)`));
    }
  });

  test('says that the port is taken, and so does a start, which opens no store', async (t) => {
    const other = createServer();
    await new Promise((done) => other.listen(0, '127.0.0.1', done));
    t.after(() => other.close());
    const env = { HOST: '127.0.0.1', PORT: String(other.address().port), DATA_DIR: join(temporaryDirectory(), 'data') };
    const { code, findings } = await examine(env);
    assert.equal(code, 1);
    assert.match(findings.get('address')[0].what, new RegExp(`127\\.0\\.0\\.1 port ${env.PORT}: Address already in use`));
    assert.match(findings.get('address')[0].mend, /another PORT/);
    const start = await parley(['serve'], { env: { ...env, MONGO_URI: '', REDIS_URL: '' }, cwd: temporaryDirectory() });
    assert.equal(start.code, 1);
    assert.match(start.stderr, /PORT cannot be used .*Address already in use/);
    assert.ok(!existsSync(join(env.DATA_DIR, 'db')));
  });

  test('says that a server which runs has its port, and nothing else', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const { findings } = await examine({ DATA_DIR: server.dataDir, PORT: String(server.port) });
    assert.deepEqual(verdicts(findings.get('address')), ['ok']);
  });

  test('says that the data cannot be made there', async () => {
    const file = join(temporaryDirectory(), 'file');  // in a closed folder root could write
    writeFileSync(file, '');
    const { code, findings } = await examine({ DATA_DIR: join(file, 'data') });
    assert.equal(code, 1);
    assert.match(findings.get('disk')[0].what, /cannot be made: .* cannot be written/);
  });

  test('says what to do about a damaged store, and so does a start', async () => {
    const server = await Server.start();
    await server.stop();
    const folder = join(server.dataDir, 'db');
    const manifest = readdirSync(folder).find((name) => name.startsWith('MANIFEST'));
    writeFileSync(join(folder, manifest), 'not a manifest');
    const { findings } = await examine({ DATA_DIR: server.dataDir });
    assert.equal(findings.get('store')[0].verdict, 'bad');
    assert.match(findings.get('store')[0].mend, /parley restore/);
    const start = await parley(['serve', '--port', '0'], { env: { DATA_DIR: server.dataDir, MONGO_URI: '', REDIS_URL: '' }, cwd: temporaryDirectory() });
    assert.match(start.stderr, /it is damaged: move that folder away, then parley restore/);
  });

  test('logs in to the mail server and sends nothing', async (t) => {
    const said = [];
    const server = createServer((socket) => {
      socket.write('220 hello\r\n');
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        for (const line of bytes.toString().split('\r\n').filter(Boolean)) {
          said.push(line);
          socket.write(line.startsWith('AUTH') ? '535 no\r\n' : '250 AUTH PLAIN\r\n');
        }
      });
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    t.after(() => server.close());
    const { port } = server.address();
    assert.deepEqual(verdicts((await examine({ SMTP_URL: `smtp://127.0.0.1:${port}` })).findings.get('mail')), ['ok']);
    const refused = (await examine({ SMTP_URL: `smtp://ann:secret@127.0.0.1:${port}` })).findings.get('mail')[0];
    assert.equal(refused.verdict, 'bad');
    assert.ok(!JSON.stringify(refused).includes('secret'));
    assert.ok(!said.some((line) => line.startsWith('MAIL')), said.join());
  });

  test('looks at the certificate, the settings and the data', async () => {
    const { key, file } = makeCertificate();
    const keyFile = join(temporaryDirectory(), 'key.pem');
    writeFileSync(keyFile, key);
    const { findings } = await examine({ TLS_CERT: file, TLS_KEY: keyFile });
    assert.equal(findings.get('TLS')[0].verdict, 'warn');
    assert.match(findings.get('store')[0].what, /nothing is in/);
    const production = await examine({ NODE_ENV: 'production', ACCESS_TOKEN_SECRET: '', REFRESH_TOKEN_SECRET: '' });
    assert.deepEqual([production.code, production.findings.get('settings')[0].verdict], [1, 'bad']);
    assert.equal(production.findings.get('mail')[0].verdict, 'warn');
    assert.equal((await parley(['doctor', '--port', 'x'])).code, 2);
  });

  test('asks the server how many open files it may have, which says so when they are few', async (t) => {
    const server = await Server.start({ wrap: ['bash', '-c', 'ulimit -n 1024; exec "$@"', '-'] });
    t.after(() => server.destroy());
    const [{ what, mend }] = (await examine({ DATA_DIR: server.dataDir })).findings.get('open files');
    assert.match(what, /^1024 open files are allowed to the server/);
    assert.match(mend, /LimitNOFILE/);
    assert.match(server.tail(), /allows fewer connections than MAX_CONNECTIONS open_files=1024 connections=512/);
  });

  test('changes nothing in a store that no server uses', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    await server.stop();
    const db = join(server.dataDir, 'db');
    const seen = () => readdirSync(db).sort().map((name) => [name, statSync(join(db, name)).mtimeMs]);
    const before = seen();
    const { findings } = await examine({ DATA_DIR: server.dataDir });
    assert.match(findings.get('store')[0].what, /^opens/);
    assert.deepEqual(seen(), before);
  });

  test('says that everybody may read what is kept', async () => {
    const place = temporaryDirectory();
    mkdirSync(join(place, 'db'));
    const mended = async (mode) => {
      for (const folder of [place, join(place, 'db')]) chmodSync(folder, mode);
      return (await examine({ DATA_DIR: place })).findings.get('disk')[0].mend;
    };
    assert.equal(await mended(0o755), `chmod 700 ${place}`);
    assert.doesNotMatch(await mended(0o700), /chmod/);
  });

  test('says that a server does not answer, and so do the commands that ask it', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const env = { DATA_DIR: server.dataDir };
    process.kill(server.pid, 'SIGSTOP');
    const [{ code, findings }, ...asked] = await Promise.all([
      examine(env), ...[['backup', join(temporaryDirectory(), 'copy')], ['jobs', 'counts'], ['top', '--once', '--port', String(server.port)]].map((args) => parley(args, { env })),
    ]);
    process.kill(server.pid, 'SIGCONT');
    assert.deepEqual([code, findings.get('store')[0].verdict], [1, 'bad']);
    for (const answer of asked) {
      assert.equal(answer.code, 1);
      assert.match(answer.stderr, /does not (answer|show)/);
    }
  });

  test('speaks to people, too', async () => {
    const { stdout } = await parley(['doctor'], { env: { DATA_DIR: temporaryDirectory() }, cwd: temporaryDirectory() });
    assert.match(stdout, /^ok {4}settings/m);
  });
});
