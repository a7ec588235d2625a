import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { closeDevices, Device } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { closeStores, stores } from './place.js';

afterEach(closeDevices);
after(closeStores);

for (const { name, skip, start } of stores) {
  describe(`parley message trace on ${name}`, { skip }, () => {
    let place;
    before(async () => {
      place = await start();
    });
    after(() => place?.destroy());

    test('says whether a message has arrived, and why not, and nothing of its text', async () => {
      const { server } = place;
      const [ann, bob] = await people(server, 'ann', 'bob');
      const message = await say(ann, bob, 'a secret');
      const trace = () => place.json('message', 'trace', message._id);
      const first = await trace();
      assert.deepEqual([first.message.seq, first.message.status, first.receiver._id], [1, 'sent', bob.id]);
      assert.ok(!JSON.stringify(first).includes('secret'));
      const { stdout } = await place.run('message', 'trace', message._id);
      assert.match(stdout, /^delivered {2}no: no device of the receiver/m);
      assert.match(stdout, /^mail {7}/m);

      const device = await Device.connect(server, bob);
      await device.next('receive_message');
      await until(async () => (await trace()).message.status === 'delivered', { what: 'delivery' });
      // Only a server knows its devices, and only one with a store of its own is asked.
      const { devices } = await trace();
      const live = [['live', false, 0]];
      assert.deepEqual(devices?.map(({ state, confirms, held }) => [state, confirms, held]), name === 'the embedded store' ? live : undefined);
      device.emit('message_read', { messageId: message._id });
      await until(async () => (await trace()).message.readAt, { what: 'reading' });
      const { receipts } = await trace();
      assert.equal(receipts.find(({ user }) => user === bob.id).readSeq, 1);
    });

    test('knows no message that is not there', async () => {
      const { code, stderr } = await place.run('message', 'trace', '507f1f77bcf86cd799439011');
      assert.deepEqual([code, stderr], [1, 'parley: there is no message 507f1f77bcf86cd799439011\n']);
      assert.equal((await place.run('message', 'trace', 'x')).code, 1);
    });
  });
}
