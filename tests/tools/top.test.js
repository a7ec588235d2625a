import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { closeDevices, Device } from '../lib/device.js';
import { people } from '../lib/people.js';
import { freePort } from '../lib/ports.js';
import { parley, Server, temporaryDirectory } from '../lib/server.js';
import { closeStores, stores } from './place.js';

afterEach(closeDevices);
after(closeStores);

for (const { name, skip, start } of stores) {
  describe(`parley top on ${name}`, { skip }, () => {
    let place;
    before(async () => {
      place = await start();
    });
    after(() => place?.destroy());

    test('counts what happens between two looks', async () => {
      const { server } = place;
      const [ann, bob] = await people(server, 'ann', 'bob');
      const [from, to] = await Promise.all([Device.connect(server, ann), Device.connect(server, bob)]);
      const where = place.store.MONGO_URI ? ['--host', '127.0.0.1', '--port', String(server.port)] : [];
      const looking = place.json('top', '--once', '--interval', '1.5', ...where);
      let isOver = false;
      looking.finally(() => (isOver = true)).catch(() => {});
      while (!isOver) await from.send(bob, 'hello');
      const seen = await looking;
      assert.ok(seen.rates.messages > 1, JSON.stringify(seen));
      assert.deepEqual([seen.connections.devices, seen.connections.websocket], [2, 2]);
      assert.ok(seen.latencies.send.p99 > 0);
      assert.ok(seen.process.memoryBytes > 1e6);
      assert.ok(to.all('receive_message').length > 0);
      const { stdout } = await place.run('top', '--once', '--interval', '0.1', ...where);
      assert.match(stdout, /^connections {2}open \d+/);
    });
  });
}

test('parley top asks the server that is named, not the one on DATA_DIR', async () => {
  const server = await Server.start();
  try {
    const { code, stderr } = await parley(['top', '--once', '--interval', '0.1', '--port', String(await freePort())], { env: { DATA_DIR: server.dataDir } });
    assert.equal(code, 1);
    assert.match(stderr, /no server answers/);
  } finally {
    await server.destroy();
  }
});

test('parley top says when there is no server', async () => {
  const port = String(await freePort());
  const { code, stderr } = await parley(['top', '--once', '--port', port], { env: { DATA_DIR: temporaryDirectory() } });
  assert.equal(code, 1);
  assert.match(stderr, /no server answers on 127\.0\.0\.1 port/);
});
