/** Socket.IO v5 on /socket.io/: connect, disconnect, events, binary, acknowledgements, over both transports. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Polling, Socket, sleep } from './client.js';
import { forEachServer } from './program.js';

const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;

forEachServer({ after, before, describe }, (port, takes) => {
  describe('connect', () => {
    for (const [sent, reply, auth] of [
      ['40', '40', '42["auth",{}]'],
      ['40{"token":"123"}', '40', '42["auth",{"token":"123"}]'],
      ['40/custom,', '40/custom,', '42/custom,["auth",{}]'],
      ['40/custom', '40/custom,', '42/custom,["auth",{}]'],
      ['40/custom,{"token":"abc","n":[1,null]}', '40/custom,', '42/custom,["auth",{"token":"abc","n":[1,null]}]'],
    ]) {
      test(`${sent} is answered with a sid, and then the auth payload`, async () => {
        const socket = await Socket.open(port());
        socket.send(sent);
        const answer = await socket.next();
        assert.ok(answer.startsWith(`${reply}{`), answer);
        const body = JSON.parse(answer.slice(reply.length));
        assert.deepEqual(Object.keys(body), ['sid']);
        assert.match(body.sid, /^[\w-]{20}$/);
        assert.notEqual(body.sid, socket.handshake.sid);
        assert.equal(await socket.next(), auth);
        socket.end();
      });
    }

    test('an unknown namespace is refused and the connection stays', async () => {
      const socket = await Socket.open(port());
      socket.send('40/random');
      assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}');
      socket.send('40');
      assert.ok((await socket.next()).startsWith('40{'));
      socket.end();
    });

    test('silence is closed after the connect timeout', async () => {
      await takes({ least: 900, most: 1600 }, async () => {
        const socket = await Socket.open(port());
        await socket.closed;
      });
    });

    test('a joined connection outlives the connect timeout', async () => {
      const socket = await Socket.joined(port());
      await sleep(1300);
      socket.send('42["message",1]');
      assert.equal(await socket.next(), '42["message-back",1]');
      socket.end();
    });

    for (const packet of ['4abc', '42["message"]', '41', '431[]', '40[]', '40"x"', '401', '44{"message":"x"}', '4']) {
      test(`${packet} first closes the connection`, async () => {
        const socket = await Socket.open(port());
        socket.send(packet);
        assert.equal(await socket.next(), null);
        await socket.closed;
      });
    }
  });

  describe('disconnect', () => {
    test('the connection stays, nothing is answered, and the client may join again', async () => {
      const socket = await Socket.joined(port());
      socket.send('41', '40');
      assert.ok((await socket.next()).startsWith('40{'));
      socket.end();
    });

    test('one namespace is left and the other stays', async () => {
      const socket = await Socket.joined(port());
      socket.send('40/custom');
      await socket.next();
      await socket.next();
      socket.send('41/custom', '42["message","to main"]');
      assert.equal(await socket.next(), '42["message-back","to main"]');
      socket.end();
    });
  });

  describe('message', () => {
    for (const args of ['1,"2",{"3":[true]}', '1.0,1e2,-0,12345678901234567890', '{"b":1,"a":2}', '"\\u00e9é\\ud83d"', ' [ ] ', placeholder(7)]) {
      test(`arguments come back as they were written: ${args}`, async () => {
        const socket = await Socket.joined(port());
        socket.send(`42["message",${args}]`);
        assert.equal(await socket.next(), `42["message-back",${args}]`);
        socket.end();
      });
    }

    test('an acknowledgement carries the same arguments', async () => {
      const socket = await Socket.joined(port());
      socket.send('42456["message-with-ack",1,"2",{"3":[false]}]');
      assert.equal(await socket.next(), '43456[1,"2",{"3":[false]}]');
      socket.send('429007199254740991["message-with-ack"]');
      assert.equal(await socket.next(), '439007199254740991[]');
      socket.end();
    });

    test('binary follows its header, over WebSocket', async () => {
      const socket = await Socket.joined(port());
      socket.send(`452-["message",${placeholder(0)},${placeholder(1)}]`, Buffer.from([1, 2, 3]), Buffer.from([4]));
      assert.equal(await socket.next(), `452-["message-back",${placeholder(0)},${placeholder(1)}]`);
      assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
      assert.deepEqual(await socket.next(), Buffer.from([4]));
      socket.send(`451-7["message-with-ack",{"x":${placeholder(0)}}]`, Buffer.from([5]));
      assert.equal(await socket.next(), `461-7[{"x":${placeholder(0)}}]`);
      assert.deepEqual(await socket.next(), Buffer.from([5]));
      socket.end();
    });

    test('binary follows its header, over polling', async () => {
      const polling = await Polling.open(port());
      await polling.post(['40', `452-["message",${placeholder(0)},${placeholder(1)}]`, 'bAQID', 'bBA=='].join('\x1e'));
      assert.deepEqual((await polling.take(5)).slice(1), ['42["auth",{}]', `452-["message-back",${placeholder(0)},${placeholder(1)}]`, 'bAQID', 'bBA==']);
    });

    test('an unknown event is ignored, and so is an unknown acknowledgement', async () => {
      const socket = await Socket.joined(port());
      socket.send('42["nobody listens"]', '4399[]', '42["message"]');
      assert.equal(await socket.next(), '42["message-back"]');
      socket.end();
    });

    for (const packet of ['4abc', '42{}', '42', '42[]', '42abc["message"]', '42["connect"]', '42["disconnect"]', '429007199254740992["message"]', '40',
      '42/custom,["message"]', '41/custom', '431{}', '450-["message"]', '4511-["message"]', `451-["message",${placeholder(1)}]`, '44{"message":"x"}', '47[]',
      `42["message",${'['.repeat(40)}${']'.repeat(40)}]`, '42["message",1]x', '42["message",01]']) {
      test(`${packet.slice(0, 60)} closes the connection`, async () => {
        const socket = await Socket.joined(port());
        socket.send(packet);
        assert.equal(await socket.next(), null);
        await socket.closed;
      });
    }

    test('binary without a header closes the connection', async () => {
      const socket = await Socket.joined(port());
      socket.send(Buffer.from([1]));
      await socket.closed;
    });

    test('text among attachments closes the connection', async () => {
      const socket = await Socket.joined(port());
      socket.send(`452-["message",${placeholder(0)},${placeholder(1)}]`, Buffer.from([1]), '42["message"]');
      await socket.closed;
    });
  });

  test('an upgrade between header and attachments keeps them together', async () => {
    const polling = await Polling.open(port());
    await polling.post('40');
    await polling.take(2);
    const socket = await Socket.upgrade(polling);
    socket.send('2probe');
    assert.equal(await socket.next(), '3probe');
    await polling.post(`451-["message",${placeholder(0)}]\x1ebAQID`);
    socket.send('5');
    assert.equal(await socket.next(), `451-["message-back",${placeholder(0)}]`);
    assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]));
    socket.end();
  });
});
