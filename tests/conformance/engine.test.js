/** Engine.IO v4 on /engine.io/, which echoes: handshake, messages, heartbeat, close. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Polling, Socket, http } from './client.js';
import { forEachServer } from './program.js';

const path = '/engine.io/';

forEachServer({ after, before, describe }, (port, takes) => {
  const isGone = async (polling) => {
    const answer = await polling.get();
    assert.deepEqual([answer.status, answer.body], [400, '{"code":1,"message":"Session ID unknown"}']);
  };

  describe('handshake', () => {
    test('polling tells the session in one open packet', async () => {
      const { answer, open } = await Polling.open(port(), path);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8');
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.body[0], '0');
      assert.deepEqual(Object.keys(open).sort(), ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades']);
      assert.deepEqual({ ...open, sid: '' }, { sid: '', upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
      assert.match(open.sid, /^[\w-]{20}$/);
    });

    test('a WebSocket gets the same without upgrades', async () => {
      const socket = await Socket.open(port(), path);
      assert.deepEqual(socket.handshake.upgrades, []);
      assert.equal(socket.handshake.maxPayload, 1000000);
      socket.end();
    });

    test('answers IPv6 as well', { skip: process.env.NO_IPV6 }, async () => {
      const answer = await fetch(`http://[::1]:${port()}${path}?EIO=4&transport=polling`).catch((error) => error.cause);
      assert.ok(answer.code === 'EADDRNOTAVAIL' || answer.status === 200, answer.code);
    });

    test('the path without its slash is not ours', async () => {
      assert.equal((await http(port(), 'GET', '/engine.io?EIO=4&transport=polling')).status, 404);
    });
  });

  describe('message', () => {
    test('polling carries one text packet', async () => {
      const polling = await Polling.open(port(), path);
      const posted = await polling.post('4hello');
      assert.deepEqual([posted.status, posted.body, posted.headers['content-type']], [200, 'ok', 'text/html']);
      assert.deepEqual(await polling.packets(), ['4hello']);
    });

    test('polling carries many packets of both kinds in order', async () => {
      const polling = await Polling.open(port(), path);
      await polling.post(['4a', 'bAQIDBA==', '4é€😀', 'b', '4'].join('\x1e'));
      assert.deepEqual(await polling.packets(), ['4a', 'bAQIDBA==', '4é€😀', 'b', '4']);
    });

    test('a waiting GET is answered when something comes', async () => {
      const polling = await Polling.open(port(), path);
      let waiting;
      await polling.waits((options) => { waiting = polling.take(2, options); });
      await polling.post('4x\x1e4y');
      assert.deepEqual(await waiting, ['4x', '4y']);
    });

    test('a WebSocket carries text and binary', async () => {
      const socket = await Socket.open(port(), path);
      socket.send('4hello', Buffer.from([1, 2, 3]), '4é', Buffer.alloc(0));
      assert.equal(await socket.next(), '4hello');
      assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
      assert.equal(await socket.next(), '4é');
      assert.deepEqual(await socket.next(), Buffer.alloc(0));
      socket.end();
    });

    test('a WebSocket carries the largest payload, and no more', async () => {
      const socket = await Socket.open(port(), path);
      socket.send(`4${'x'.repeat(999_999)}`);
      assert.equal((await socket.next()).length, 1_000_000);
      socket.send(`4${'x'.repeat(1_000_000)}`);
      assert.equal(await socket.closed, 1009);
    });

    for (const [what, body] of [['an unknown type', 'abc'], ['nothing', ''], ['a client ping', '2'], ['an empty element', '4a\x1e\x1e4b'], ['bad base64', 'b***']]) {
      test(`polling ends by ${what}`, async () => {
        const polling = await Polling.open(port(), path);
        await polling.post(body);
        await isGone(polling);
      });
    }

    for (const message of ['abc', '', '9', '2']) {
      test(`a WebSocket ends by the packet "${message}"`, async () => {
        const socket = await Socket.open(port(), path);
        socket.send(message);
        await socket.closed;
      });
    }
  });

  describe('polling rules', () => {
    test('a second GET ends the session: 400 for it, a close packet for the first', async () => {
      const polling = await Polling.open(port(), path);
      const answers = await Promise.all([polling.get(), polling.get()]);  // either may come first
      assert.deepEqual(answers.map(({ status, body }) => [status, body]).sort(), [[200, '1'], [400, '']]);
      await isGone(polling);
    });

    test('a cancelled GET ends the session', async () => {
      const polling = await Polling.open(port(), path);
      const abort = new AbortController();
      await assert.rejects(polling.get({ signal: abort.signal, onSent: () => abort.abort() }));
      // Long before the heartbeat would end it.
      await takes({ most: 200 }, async () => {
        while ((await polling.post('6')).body === 'ok');
      });
      await isGone(polling);
    });

    test('octet-stream is refused and ends the session', async () => {
      const polling = await Polling.open(port(), path);
      const answer = await polling.post('4a', { 'content-type': 'application/octet-stream' });
      assert.deepEqual([answer.status, answer.body], [400, '']);
      await isGone(polling);
    });

    test('a body that is too large is refused and the session survives', async () => {
      const polling = await Polling.open(port(), path);
      const answer = await polling.post('4'.repeat(1_000_001));
      assert.deepEqual([answer.status, answer.body], [413, '']);
      await polling.post('4still here');
      assert.deepEqual(await polling.take(1), ['4still here']);
    });

    test('any content type, or none, will do', async () => {
      const polling = await Polling.open(port(), path);
      for (const type of ['text/plain;charset=UTF-8', 'application/json', 'x']) {
        assert.equal((await polling.post('4a', { 'content-type': type })).body, 'ok');
      }
    });

    test('a noop from the client is tolerated', async () => {
      const polling = await Polling.open(port(), path);
      assert.equal((await polling.post('6')).body, 'ok');
      await polling.post('4a');
      assert.deepEqual(await polling.packets(), ['4a']);
    });
  });

  describe('heartbeat', () => {
    test('polling is pinged and answers', async () => {
      const polling = await Polling.open(port(), path);
      for (let i = 0; i < 3; ++i) {
        assert.deepEqual(await polling.packets(), ['2']);
        assert.equal((await polling.post('3')).body, 'ok');
      }
    });

    test('a WebSocket is pinged and answers', async () => {
      const socket = await Socket.open(port(), path, { answersPings: false });
      for (let i = 0; i < 3; ++i) {
        assert.equal(await socket.next(), '2');
        socket.send('3');
      }
      socket.end();
    });

    test('polling without a pong is gone after interval and timeout', async () => {
      await takes({ least: 450, most: 1000 }, async () => {
        const polling = await Polling.open(port(), path);
        assert.deepEqual(await polling.packets(), ['2']);
        await polling.get();
        await isGone(polling);
      });
    });

    test('a WebSocket without a pong is closed in time', async () => {
      await takes({ least: 450, most: 1000 }, async () => {
        const socket = await Socket.open(port(), path, { answersPings: false });
        await socket.closed;
      });
    });
  });

  describe('close', () => {
    test('polling: the open GET is answered', async () => {
      const polling = await Polling.open(port(), path);
      let waiting;
      await polling.waits((options) => { waiting = polling.get(options); });
      assert.equal((await polling.post('1')).body, 'ok');
      assert.equal((await waiting).status, 200);
      assert.equal((await waiting).body, '6');
      await isGone(polling);
    });

    test('a WebSocket that says so is closed at once', async () => {
      const socket = await Socket.open(port(), path);
      await takes({ most: 200 }, async () => {
        socket.send('1');
        await socket.closed;
      });
    });
  });
});
