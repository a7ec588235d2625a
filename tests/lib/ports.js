/** Ports for what tests start, each given once among all test processes that run. */
import { createServer } from 'node:net';

/**
 * A port nobody listens on, this process' own until it ends: what was started on it may be started again. It is below the
 * ephemeral range, so that no reconnecting client can connect to itself.
 */
export async function freePort() {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    if ((await claims(port)) && (await isFree(port))) return port;
  }
}

/** An abstract socket with the port's number in its name stands for the claim: the kernel knows one of a name, and ends it with its process. */
const claims = (port) => listens(createServer().unref(), `\0parley-test-port-${port}`);

async function isFree(port) {
  const probe = createServer();
  if (!(await listens(probe, port, '127.0.0.1'))) return false;
  await new Promise((done) => probe.close(done));
  return true;
}

const listens = (server, ...where) =>
  new Promise((done) => server.once('error', () => done(false)).listen(...where, () => done(true)));
