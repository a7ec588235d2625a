// Bytes of the server's memory per idle authenticated WebSocket: resident and private, before and after.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { makeCertificate } from '../tests/lib/certificate.js';
import { CheapClient } from '../tests/lib/cheap_client.js';
import { person } from '../tests/lib/people.js';
import { cpuOf, memoryOf, openFilesLimit, untilAtRest } from '../tests/lib/process.js';
import { freePort } from '../tests/lib/ports.js';
import { Server, temporaryDirectory } from '../tests/lib/server.js';
import { inParallel } from '../tests/lib/wait.js';

const overTls = process.argv.includes('--tls');
const wish = Number(process.argv.slice(2).find((word) => word !== '--tls') ?? 10_000);
const count = Math.min(wish, openFilesLimit() - 200);
if (count < wish) console.log(`only ${count} connections: the limit of open files is ${openFilesLimit()}`);
const together = 50;

/** `parley serve` with a certificate, which fetch takes because it takes any. */
async function startWithTls(env) {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const { file, keyFile } = certificateFiles();
  const server = new TlsServer({ env: { ...env, TLS_CERT: file, TLS_KEY: keyFile } });
  server.cluster = {};
  server.port = await freePort();
  await server.start();
  return server;
}

class TlsServer extends Server {
  get url() {
    return `https://127.0.0.1:${this.port}`;
  }
}

function certificateFiles() {
  const { file, key } = makeCertificate();
  const keyFile = join(temporaryDirectory(), 'key.pem');
  writeFileSync(keyFile, key);
  return { file, keyFile };
}

const env = { HASH_QUEUE: '1000', LOG_LEVEL: 'warn', PING_INTERVAL: '5m', PING_TIMEOUT: '1m' };
const server = await (overTls ? startWithTls(env) : Server.start({ env }));
try {
  const persons = await inParallel(count, together, () => person(server));
  await untilAtRest(() => cpuOf(server.pid));
  const before = memoryOf(server.pid);
  const clients = await inParallel(count, together, (index) => CheapClient.connect(server.port, persons[index].token, overTls ? { tls: {} } : {}));
  await untilAtRest(() => cpuOf(server.pid));
  const after = memoryOf(server.pid);
  const each = (name) => Math.round((after[name] - before[name]) / count);
  console.log(`${count} idle authenticated websockets${overTls ? ' over TLS' : ''}: ${each('own')} bytes private each, ${each('resident')} bytes resident each`);
  const MiB = (bytes) => (bytes / 1024 / 1024).toFixed(1);
  console.log(`server: ${MiB(before.resident)} MiB resident before, ${MiB(after.resident)} MiB after (the kernel's socket buffers not counted)`);
  clients.forEach((client) => client.close());
} finally {
  await server.destroy();
}
