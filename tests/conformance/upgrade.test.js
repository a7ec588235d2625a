/** From polling to WebSocket, with the rules that clients rely on. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Polling, Socket, http } from './client.js';
import { forEachServer } from './program.js';

const path = '/engine.io/';

forEachServer({ after, before, describe }, (port, takes) => {
  const probed = async (polling, options) => {
    const socket = await Socket.upgrade(polling, options);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    return socket;
  };
  const upgraded = async (options) => {
    const polling = await Polling.open(port(), path);
    const socket = await probed(polling, options);
    socket.send('5');
    return { polling, socket };
  };

  test('the session goes on over the WebSocket', async () => {
    const { socket } = await upgraded();
    socket.send('4hello');
    assert.equal(await socket.next(), '4hello');
    socket.end();
  });

  test('an idle GET is released with a noop, as often as the client asks', async () => {
    const polling = await Polling.open(port(), path);
    let waiting;
    await polling.waits((options) => { waiting = polling.packets(options); });
    const socket = await probed(polling);
    assert.deepEqual(await waiting, ['6']);
    for (let i = 0; i < 3; ++i) {
      await takes({ most: 150 }, async () => assert.deepEqual(await polling.packets(), ['6']));
    }
    socket.end();
  });

  test('until then packets leave by polling, never by the probing WebSocket', async () => {
    const polling = await Polling.open(port(), path);
    const socket = await probed(polling);
    await polling.post('4a');
    assert.deepEqual(await polling.packets(), ['4a']);
    await polling.post('4b');
    socket.send('5');
    assert.equal(await socket.next(), '4b');
    socket.end();
  });

  test('no GET is needed, and no probe either', async () => {
    const polling = await Polling.open(port(), path);
    const socket = await Socket.upgrade(polling);
    socket.send('5', '4x');
    assert.equal(await socket.next(), '4x');
    socket.end();
  });

  for (const message of ['4hello', 'abc', '2', Buffer.from('x')]) {
    test(`anything else on the probing WebSocket closes that alone: ${message}`, async () => {
      const polling = await Polling.open(port(), path);
      const socket = await Socket.upgrade(polling);
      socket.send(message);
      await socket.closed;
      await polling.post('4still');
      assert.deepEqual(await polling.take(1), ['4still']);
    });
  }

  test('a probing WebSocket that goes away changes nothing', async () => {
    const polling = await Polling.open(port(), path);
    const socket = await probed(polling);
    socket.end();
    while ((await polling.packets()).includes('6')) {
      // A GET is released as long as the probe goes on; the next one waits for a ping.
    }
    await polling.post('3\x1e4still');
    assert.deepEqual(await polling.take(1), ['4still']);
    const again = await probed(polling);
    again.send('5', '4second try');
    assert.equal(await again.next(), '4second try');
    again.end();
  });

  test('polling is refused afterwards', async () => {
    const { polling, socket } = await upgraded();
    socket.send('4sync');
    await socket.next();
    for (const method of ['GET', 'POST']) {
      const answer = await http(port(), method, polling.path, { body: method === 'POST' ? '4x' : undefined });
      assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
    }
    socket.send('4alive');
    assert.equal(await socket.next(), '4alive');
    socket.end();
  });

  test('another WebSocket is closed, and the session untouched', async () => {
    const { polling, socket } = await upgraded();
    const second = await Socket.upgrade(polling);
    await second.closed;
    socket.send('4alive');
    assert.equal(await socket.next(), '4alive');
    socket.end();
  });

  test('the heartbeat goes on across the upgrade', async () => {
    const { socket } = await upgraded({ answersPings: false });
    for (let i = 0; i < 3; ++i) {
      assert.equal(await socket.next(), '2');
      socket.send('3');
    }
    socket.send('4alive');
    assert.equal(await socket.next(), '4alive');
    socket.end();
  });
});
