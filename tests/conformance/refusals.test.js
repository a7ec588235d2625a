/** What is refused before a session is touched: status and body to the letter. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Polling, http } from './client.js';
import { Wire } from '../lib/wire.js';
import { forEachServer } from './program.js';

const messages = {
  0: 'Transport unknown',
  1: 'Session ID unknown',
  2: 'Bad handshake method',
  3: 'Bad request',
  5: 'Unsupported protocol version',
};

forEachServer({ after, before, describe }, (port) => {
  const rows = [
    ['no transport', 'GET', '?EIO=4', 0],
    ['an unknown transport', 'GET', '?EIO=4&transport=abc', 0],
    ['an unknown transport before anything else', 'POST', '?EIO=3&transport=abc&sid=x', 0],
    ['an unknown session', 'GET', '?EIO=4&transport=polling&sid=abc', 1],
    ['an unknown session of the right form', 'POST', '?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA', 1],
    ['a handshake by POST', 'POST', '?EIO=4&transport=polling', 2],
    ['a handshake by OPTIONS', 'OPTIONS', '?EIO=4&transport=polling', 2],
    ['a WebSocket handshake over plain GET', 'GET', '?EIO=4&transport=websocket', 3],
    ['no version', 'GET', '?transport=polling', 5],
    ['version 3', 'GET', '?EIO=3&transport=polling', 5],
    ['version abc', 'GET', '?EIO=abc&transport=polling', 5],
  ];
  for (const path of ['/engine.io/', '/socket.io/']) {
    for (const [what, method, query, code] of rows) {
      test(`${path}: ${what}`, async () => {
        const answer = await http(port(), method, path + query);
        assert.equal(answer.status, 400);
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.equal(answer.body, `{"code":${code},"message":"${messages[code]}"}`);
      });
    }
  }

  test('a session cannot change its transport by plain GET, nor its version', async () => {
    const polling = await Polling.open(port());
    for (const path of [polling.path.replace('polling', 'websocket'), polling.path.replace('EIO=4', 'EIO=3')]) {
      const answer = await http(port(), 'GET', path);
      assert.deepEqual([answer.status, answer.body], [400, '{"code":3,"message":"Bad request"}']);
    }
    assert.equal((await polling.post('40')).status, 200);
  });

  test('other methods on a session are an error that it survives', async () => {
    const polling = await Polling.open(port());
    assert.equal((await http(port(), 'PUT', polling.path)).status, 500);
    assert.equal((await polling.post('40')).status, 200);
  });

  for (const [what, query] of [
    ['an unknown transport', '?EIO=4&transport=abc'],
    ['version 3', '?EIO=3&transport=websocket'],
    ['an unknown session', '?EIO=4&transport=websocket&sid=abc'],
  ]) {
    test(`a WebSocket with ${what} gets no 101`, async () => {
      const wire = await Wire.connect(port());
      wire.write(`GET /socket.io/${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
      const answer = await wire.answer();
      assert.equal(answer.status, 400);
      await wire.closed();
    });
  }

  test('a session of one path is unknown on the other', async () => {
    const polling = await Polling.open(port(), '/engine.io/');
    const answer = await http(port(), 'GET', polling.path.replace('engine.io', 'socket.io'));
    assert.equal(JSON.parse(answer.body).code, 1);
  });
});
