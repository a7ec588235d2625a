import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';

import { makeCertificate } from '../lib/certificate.js';
import { closeDevices, Device } from '../lib/device.js';
import { history, people, say } from '../lib/people.js';
import { freePort } from '../lib/ports.js';
import { Rest } from '../lib/rest.js';
import { parley, Server, temporaryDirectory } from '../lib/server.js';
import { deferred, until, within } from '../lib/wait.js';

// For fetch alone, which takes no certificate; all that is about certificates names the one that it trusts.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

class TlsServer extends Server {
  static async start(env = {}) {
    const folder = temporaryDirectory();
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    const server = new TlsServer({ env: { TLS_CERT: files.cert, TLS_KEY: files.key, SHARDS: '2', ...env } });
    server.cluster = {};
    server.files = files;
    server.use(makeCertificate());
    server.port = await freePort();
    await server.start();
    return server;
  }

  get url() {
    return `https://127.0.0.1:${this.port}`;
  }

  use(certificate) {
    this.certificate = certificate;
    writeFileSync(this.files.key, certificate.key);
    writeFileSync(this.files.cert, certificate.cert);
  }

  device(who, options = {}) {
    const ioOptions = { ca: this.certificate.cert, rejectUnauthorized: true };
    return Device.connect(this, who, { ...options, ioOptions: { ...ioOptions, ...options.ioOptions } });
  }

  /** SIGHUP; returns when the log has had something to say of it. */
  async hangUp(words) {
    const before = count(this.log(), words);
    this.child.kill('SIGHUP');
    await until(() => count(this.log(), words) > before, { what: () => `"${words}" in\n${this.tail()}` });
  }
}

const count = (text, words) => text.split(words).length - 1;

let server;
before(async () => {
  server = await TlsServer.start({ TLS_HANDSHAKE_TIMEOUT: '700ms' });
});
afterEach(closeDevices);
after(() => server?.destroy());

/** A connection that trusts `ca` alone; gives {fingerprint, protocol, alpn}. */
async function handshake(port, options) {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: true, ...options });
  const done = deferred();
  socket.once('secureConnect', done.resolve);
  socket.once('error', done.reject);
  try {
    await within(5000, 'a TLS handshake', done.promise);
    const fingerprint = socket.getPeerCertificate().fingerprint256;
    return { fingerprint, protocol: socket.getProtocol(), alpn: socket.alpnProtocol };
  } finally {
    socket.destroy();
  }
}

/** Everything that comes over a plain connection until its end. */
async function plainly(port, bytes) {
  const socket = connectTcp(port, '127.0.0.1');
  const [ended, pieces] = [deferred(), []];
  socket.on('data', (piece) => pieces.push(piece));
  socket.once('close', ended.resolve);
  socket.once('error', ended.reject);
  if (bytes) socket.write(bytes);
  await within(5000, 'the end of the connection', ended.promise);
  return Buffer.concat(pieces).toString('latin1');
}

/** What `openssl s_client` says of a handshake. */
function sClient(...args) {
  const run = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, ...args],
    { input: '', encoding: 'utf8', timeout: 10_000 });
  return { code: run.status, text: run.stdout + run.stderr };
}

describe('HTTPS', () => {
  test('is what the server says it speaks, and what it answers', async () => {
    assert.match(server.log(), /parley is ready: https:\/\/127\.0\.0\.1:\d+/);
    const done = deferred();
    get(`${server.url}/`, { ca: server.certificate.cert, rejectUnauthorized: true }, done.resolve).once('error', done.reject);
    const answer = await within(5000, 'an answer', done.promise);
    answer.resume();
    assert.equal(answer.statusCode, 200);
    assert.match(answer.headers['strict-transport-security'], /max-age=31536000/);
  });

  test('carries large answers and large bodies', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const content = 'ü'.repeat(4096);
    for (let i = 0; i < 100; i += 1) await say(ann, bob, content);
    const { conversationId } = await say(ann, bob, 'last');
    const all = await history(bob, conversationId);
    assert.equal(all.length, 101);
    assert.ok(all.slice(0, 100).every((message) => message.content === content));
  });

  test('shows in metrics', async () => {
    const { text } = await new Rest(server.url).get('/metrics');
    assert.match(text, /^parley_tls_established_total [1-9]/m);
    const [, end] = /^parley_tls_certificate_end_seconds ([\d.e+]+)$/m.exec(text);
    assert.ok(Math.abs(Number(end) - Date.now() / 1000 - 2 * 86_400) < 3600, end);
  });
});

describe('the official client', () => {
  for (const [name, options, transport] of [
    ['wss', { transports: ['websocket'] }, 'websocket'],
    ['polling over https', { transports: ['polling'] }, 'polling'],
  ]) {
    test(`chats by ${name}`, async () => {
      const [ann, bob] = await people(server, 'ann', 'bob');
      const devices = await Promise.all([server.device(ann, options), server.device(bob, options)]);
      const sent = await devices[0].send(bob, 'over TLS');
      assert.equal((await devices[1].next('receive_message')).content, 'over TLS');
      await devices[0].next('message_delivered', { where: ({ messageId }) => messageId === sent._id });
      assert.equal(devices[1].transport, transport);
    });
  }

  test('upgrades from polling to wss, whichever shard its connections reach', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const receiver = await server.device(bob);
    for (let i = 0; i < 6; i += 1) {
      const device = await server.device(ann, { transports: ['polling', 'websocket'] });
      await until(() => device.transport === 'websocket', { what: 'the upgrade' });
      await device.send(bob, `message ${i}`);
      assert.equal((await receiver.next('receive_message')).content, `message ${i}`);
      device.close();
    }
  });

  test('is refused by its own side when it does not trust the certificate', async () => {
    const [ann] = await people(server, 'ann');
    await assert.rejects(server.device(ann, { ioOptions: { ca: makeCertificate().cert } }));
  });
});

describe('a handshake', () => {
  test('is TLS 1.3 with http/1.1, or TLS 1.2 with forward secrecy', () => {
    const file = server.certificate.file;
    const newest = sClient('-CAfile', file, '-verify_return_error', '-alpn', 'h2,http/1.1');
    assert.match(newest.text, /TLSv1\.3, Cipher is TLS_/);
    assert.match(newest.text, /ALPN protocol: http\/1\.1/);
    assert.match(newest.text, /Verify return code: 0/);
    const older = sClient('-CAfile', file, '-tls1_2');
    assert.match(older.text, /TLSv1\.2, Cipher is ECDHE-ECDSA-(AES\d+-GCM|CHACHA20)/);
    assert.match(older.text, /Secure Renegotiation IS supported/);
  });

  test('is refused below TLS 1.2, without forward secrecy, and for h2 alone', () => {
    for (const args of [['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'],
      ['-tls1_2', '-cipher', 'AES128-GCM-SHA256'], ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA'], ['-alpn', 'h2']]) {
      const { text } = sClient(...args);
      assert.match(text, /Cipher is \(NONE\)|alert/, `${args}: ${text}`);
      assert.match(text, /alert|error/i);
    }
  });

  test('resumes by a ticket', () => {
    const file = join(temporaryDirectory(), 'session');
    assert.match(sClient('-tls1_2', '-sess_out', file).text, /New, TLSv1\.2/);
    assert.match(sClient('-tls1_2', '-sess_in', file).text, /Reused, TLSv1\.2/);
  });

  test('that says plain HTTP gets a plain answer and the end of the connection', async () => {
    const answer = await plainly(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.match(answer, /"message":"This port speaks HTTPS/);
  });

  test('that is garbage or silence is ended, and nobody else notices', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [from, to] = await Promise.all([server.device(ann), server.device(bob)]);
    const ends = [plainly(server.port), plainly(server.port, Buffer.from('1603010200', 'hex')), plainly(server.port, '\0'.repeat(300))];
    await from.send(bob, 'meanwhile');
    assert.equal((await to.next('receive_message')).content, 'meanwhile');
    await Promise.all(ends);
    assert.equal(from.drops.length + to.drops.length, 0);
  });
});

describe('SIGTERM', () => {
  test('does not wait for handshakes that are not complete', async (t) => {
    const stopping = await TlsServer.start();
    t.after(() => stopping.destroy());
    const ends = Promise.allSettled(['', '1603010200'].map((hello) => plainly(stopping.port, Buffer.from(hello, 'hex'))));
    await until(async () => /^parley_connections 3$/m.test((await new Rest(stopping.url).get('/metrics')).text), { what: 'their connections' });
    const { code, ms } = await stopping.stop();
    assert.equal(code, 0);
    assert.doesNotMatch(stopping.log(), /connections were left/);
    assert.ok(ms < 5000, `it took ${ms} ms`);
    await ends;
  });
});

describe('SIGHUP', () => {
  test('brings the new certificate to new connections and leaves the others alone, under load', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [from, to] = await Promise.all([server.device(ann), server.device(bob)]);
    const old = server.certificate;
    const before = await handshake(server.port, { ca: old.cert });
    const contents = Array.from({ length: 2000 }, (_, index) => `m${index}`);
    const sending = from.sendMany(bob, contents);
    for (let round = 0; round < 5; round += 1) {
      server.use(makeCertificate());
      await server.hangUp('certificate loaded');
    }
    assert.equal((await sending).length, contents.length);
    await until(() => to.all('receive_message').length === contents.length, { what: 'all messages' });
    assert.deepEqual(to.all('receive_message').map(({ content }) => content), contents);
    assert.equal(from.drops.length + to.drops.length, 0);
    const renewed = await handshake(server.port, { ca: server.certificate.cert });
    assert.notEqual(renewed.fingerprint, before.fingerprint);
    await assert.rejects(handshake(server.port, { ca: old.cert }));
    const later = await server.device(bob);
    await from.send(bob, 'after');
    assert.equal((await later.next('receive_message')).content, 'after');
  });

  test('with files that do not fit keeps the old certificate and says so', async () => {
    const good = server.certificate;
    writeFileSync(server.files.key, makeCertificate().key);
    await server.hangUp('the new certificate cannot be used; the old one stays');
    assert.match(server.log(), /key\.pem does not belong to the certificate/);
    writeFileSync(server.files.cert, 'half a fi');
    await server.hangUp('the new certificate cannot be used; the old one stays');
    await handshake(server.port, { ca: good.cert });
    server.use(good);
    await server.hangUp('certificate loaded');
  });
});

describe('a start', () => {
  /** What `parley serve` says and gives as exit code when it cannot start. */
  async function refusal(env) {
    const port = String(await freePort());
    const run = await parley(['serve'], { cwd: temporaryDirectory(), env: { HOST: '127.0.0.1', PORT: port, MONGO_URI: '', REDIS_URL: '', ...env } });
    return { code: run.code, text: run.stdout + run.stderr };
  }

  test('is refused with a sentence when certificate or key are wrong', async () => {
    const good = server.certificate.file;
    const key = join(temporaryDirectory(), 'key.pem');
    writeFileSync(key, makeCertificate().key);
    const locked = join(temporaryDirectory(), 'locked.pem');
    execFileSync('openssl', ['ec', '-aes128', '-passout', 'pass:word', '-in', key, '-out', locked], { stdio: 'ignore' });
    const garbage = join(temporaryDirectory(), 'garbage.pem');
    copyFileSync('/proc/self/status', garbage);
    for (const [env, words] of [
      [{ TLS_CERT: good }, /tls-cert is set and tls-key is not/],
      [{ TLS_KEY: key }, /tls-key is set and tls-cert is not/],
      [{ TLS_CERT: '/absent.pem', TLS_KEY: key }, /the certificate \/absent\.pem cannot be read: No such file/],
      [{ TLS_CERT: good, TLS_KEY: '/absent.pem' }, /the key \/absent\.pem cannot be read/],
      [{ TLS_CERT: garbage, TLS_KEY: key }, /garbage\.pem is no PEM file of a certificate/],
      [{ TLS_CERT: good, TLS_KEY: key }, /does not belong to the certificate/],
      [{ TLS_CERT: good, TLS_KEY: locked }, /is no PEM file of a private key without a password/],
      [{ TLS_CERT: good, TLS_KEY: key, ADVERTISE: '127.0.0.1:1' }, /tls-cert and advertise are both set/],
    ]) {
      const { code, text } = await refusal(env);
      assert.match(text, words);
      assert.equal(code, 2, text);
    }
  });
});
