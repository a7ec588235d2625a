/** What the units rely on (`Type=notify`): the program tells systemd when it is ready and when it stops. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, afterEach, describe, test } from 'node:test';
import { join } from 'node:path';

import { Server, temporaryDirectory } from '../lib/server.js';
import { until } from '../lib/wait.js';
import { read } from './place.js';

/** Python, because Node.js has no datagrams but UDP: each that comes is printed as a line. */
const program = `
import socket, sys
name = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind('\\0' + name[1:] if name[0] == '@' else name)
print('listening', flush=True)
while True: print(listener.recv(4096).decode(), flush=True)`;

const listeners = new Set();

/** Stands for systemd: hears what is sent to the socket of that name. */
async function listen(name) {
  const child = spawn('python3', ['-c', program, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  listeners.add(child);
  let text = '';
  child.stdout.on('data', (bytes) => (text += bytes));
  const heard = () => text.split('\n').slice(1, -1);
  await until(() => text.startsWith('listening\n'), { what: `listening at ${name}`, ms: 20_000 });
  return heard;
}

describe('systemd', () => {
  const servers = [];
  afterEach(() => listeners.forEach((child) => child.kill()));
  after(() => Promise.all(servers.map((server) => server.destroy())));

  for (const [kind, name] of [['a path', join(temporaryDirectory(), 'notify')], ['an abstract name', `@parley-test-${process.pid}`]]) {
    test(`is told at ${kind} when the server is ready, and at once when it stops`, async () => {
      const heard = await listen(name);
      const server = await Server.start({ env: { NOTIFY_SOCKET: name } });
      servers.push(server);
      await until(() => heard().length > 0, { what: 'word of the server' });
      assert.deepEqual(heard(), ['READY=1']);
      assert.equal((await server.stop()).code, 0);
      await until(() => heard().length > 1, { what: 'word of its end' });
      assert.deepEqual(heard(), ['READY=1', 'STOPPING=1']);
    });
  }

  test('that cannot be told keeps no server from its work, and the log says so', async () => {
    const server = await Server.start({ env: { NOTIFY_SOCKET: '/nowhere/notify' } });
    servers.push(server);
    await until(() => server.log().includes('systemd is not told'), { what: 'a warning' });
    assert.match(server.log(), /warn systemd is not told state="READY=1" reason="No such file or directory"/);
  });

  test('waits for what it is told', () => {
    for (const unit of ['parley', 'parley-worker']) assert.match(read(`deploy/systemd/${unit}.service`), /^Type=notify$/m);
  });
});
