import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';

import { Device, closeDevices } from '../lib/device.js';
import { history, people, person } from '../lib/people.js';
import { memoryOf, openFilesLimit } from '../lib/process.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError } from '../lib/shapes.js';
import { median, patience, timed, until } from '../lib/wait.js';
import { Wire, frame, nextFrame, openWebSocket, upgradeRequest, webSocketOver } from '../lib/wire.js';

const MiB = 1024 * 1024;
const twoAttachments = '452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';

let server;
let ann;
let bob;
let phone;
let other;

/** Deadlines are shortened so that the tests see them pass; a phone's would be longer. Not KEEP_ALIVE: fetch keeps a connection for 4 s, and fails where the server ends it first. */
const deadlines = {
  HEAD_TIMEOUT: '2s', BODY_TIMEOUT: '2s', CONNECT_TIMEOUT: '2s',
  PING_INTERVAL: '1s', PING_TIMEOUT: '4s',
};

before(async () => {
  server = await Server.start({ env: deadlines });
  [ann, bob] = await people(server, 'ann', 'bob');
  [phone, other] = [await Device.connect(server, ann), await Device.connect(server, bob)];
});
after(async () => {
  closeDevices();
  await server?.destroy();
});

/** Two ordinary people can still talk, and quickly. */
async function assertOthersUnaffected() {
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const { value, ms } = await timed(async () => {
      const sent = await phone.send(bob, `still here ${round}`);
      return other.next('receive_message', { where: (message) => message._id === sent._id });
    });
    assert.equal(value.content, `still here ${round}`);
    times.push(ms);
  }
  assert.ok(median(times) < 1000 * patience, `a message took ${median(times)} ms`);
  assert.deepEqual([phone.drops, other.drops], [[], []]);
}

/** A WebSocket that has joined `/` as `who`, by hand. */
async function joined(t, who, at = server) {
  const wire = await openWebSocket(at.port);
  t.after(() => wire.destroy());
  await nextFrame(wire);
  wire.write(frame(`40${JSON.stringify({ token: who.token })}`));
  const answer = await nextFrame(wire);
  assert.match(answer.text, /^40\{"sid"/);
  return wire;
}

describe('slow clients', () => {
  test('that send one byte a second of a head are closed by a deadline', async (t) => {
    const wires = await Promise.all(Array.from({ length: 50 }, () => Wire.connect(server.port)));
    t.after(() => wires.forEach((wire) => wire.destroy()));
    const text = 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
    let sent = 0;
    const drip = setInterval(() => wires.forEach((wire) => !wire.isClosed && wire.write(text[sent++ % text.length])), 1000);
    try {
      await Promise.all(wires.map((wire) => wire.closed(8000)));
    } finally {
      clearInterval(drip);
    }
    await assertOthersUnaffected();
  });

  test('that send one byte a second of a body are closed by a deadline', async (t) => {
    const wire = await Wire.connect(server.port);
    t.after(() => wire.destroy());
    wire.write('POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 8000\r\n\r\n{');
    const drip = setInterval(() => !wire.isClosed && wire.write(' '), 1000);
    await wire.closed(8000).finally(() => clearInterval(drip));
    if (wire.received.length > 0) assert.match(wire.text(), /^HTTP\/1\.1 408 /);
  });

  test('that send one byte a second of a WebSocket frame do not stop the heartbeat\'s deadline', async (t) => {
    const wire = await joined(t, bob);
    const bytes = frame('42["typing",{}]');
    let sent = 0;
    const drip = setInterval(() => !wire.isClosed && wire.write(bytes.subarray(sent % bytes.length, (sent++ % bytes.length) + 1)), 1000);
    await webSocketOver(wire, 10_000).finally(() => clearInterval(drip));
    await assertOthersUnaffected();
  });

  test('that never answer a ping are closed, half-open ones included', async (t) => {
    const who = await person(server);
    const wire = await joined(t, who);
    await until(async () => (await who.rest.get(`/api/users/${who.id}/online`)).body.online, { what: 'online' });
    await webSocketOver(wire, 8000);
    await until(async () => !(await who.rest.get(`/api/users/${who.id}/online`)).body.online, { what: 'offline' });
    await wire.closed(15_000);
  });

  test('that keep a connection without a request are closed', async (t) => {
    const hasty = await Server.start({ env: { KEEP_ALIVE: '1s' } });
    t.after(() => hasty.destroy());
    const wire = await Wire.connect(hasty.port);
    t.after(() => wire.destroy());
    wire.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await wire.answer()).status, 200);
    await wire.closed(8000);
  });

  test('that open a WebSocket and never join are closed', async (t) => {
    const wire = await openWebSocket(server.port);
    t.after(() => wire.destroy());
    const pongs = setInterval(() => !wire.isClosed && wire.write(frame('3')), 500);
    await webSocketOver(wire, 8000).finally(() => clearInterval(pongs));
  });
});

test('a client that has left everything is closed as one that never joined', async (t) => {
  const wire = await joined(t, bob);
  wire.write(frame('41'));
  const pongs = setInterval(() => !wire.isClosed && wire.write(frame('3')), 500);
  await webSocketOver(wire, 8000).finally(() => clearInterval(pongs));
});

describe('silent connections', () => {
  test('by the thousand cost little and are closed by a deadline', async (t) => {
    const count = Math.min(2500, openFilesLimit() - 500);
    const before = memoryOf(server.pid).resident;
    const wires = [];
    t.after(() => wires.forEach((wire) => wire.destroy()));
    for (let start = 0; start < count; start += 250) {
      const part = Array.from({ length: Math.min(250, count - start) }, () => Wire.connect(server.port));
      wires.push(...(await Promise.all(part)));
    }
    const grown = memoryOf(server.pid).resident - before;
    await assertOthersUnaffected();
    assert.ok(grown < 60 * MiB * patience, `${count} connections cost ${(grown / MiB).toFixed(1)} MiB`);
    await Promise.all(wires.map((wire) => wire.closed(10_000)));
    await assertOthersUnaffected();
  });

  test('of engines that never join are closed too, and their sessions forgotten', async () => {
    const rest = new Rest(server.url);
    const answers = await Promise.all(Array.from({ length: 300 }, () => rest.get('/socket.io/?EIO=4&transport=polling')));
    const sids = answers.map((answer) => JSON.parse(answer.text.slice(1)).sid);
    assert.equal(new Set(sids).size, 300);
    const poll = () => rest.get(`/socket.io/?EIO=4&transport=polling&sid=${sids[0]}`);
    await until(async () => (await poll()).status === 400, { what: 'end of the session', ms: 8000, every: 100 });
    await assertOthersUnaffected();
  });
});

test('connections beyond the limit of open files leave the store its own', async (t) => {
  const crowded = await Server.start({ wrap: ['prlimit', '--nofile=300:300'] });
  t.after(() => crowded.destroy());
  const [eve, kay] = await people(crowded, 'eve', 'kay');
  const tablet = await Device.connect(crowded, eve);
  const wires = [];
  t.after(() => wires.forEach((wire) => wire.destroy()));
  for (let round = 0; round < 400; round += 1) wires.push(await Wire.connect(crowded.port));
  await until(() => wires.filter((wire) => wire.isClosed).length > 100, { what: 'some that were refused' });
  const letters = 'x'.repeat(4000);
  for (let round = 0; round < 40; round += 1)
    await Promise.all(Array.from({ length: 100 }, () => tablet.send(kay, letters)));
  wires.forEach((wire) => wire.destroy());
  const rest = new Rest(crowded.url);
  await until(async () => (await rest.get('/readyz').catch(() => null))?.status === 200, { what: 'a store that writes' });
});

test('a client that never reads is cut off, in bounded memory, and finds everything again', async (t) => {
  const [sender, sloth] = await people(server, 'sender', 'sloth');
  const device = await Device.connect(server, sender);
  const wire = await joined(t, sloth);
  wire.socket.pause();
  const before = memoryOf(server.pid).resident;
  const content = 'x'.repeat(4000);
  const count = 2500;
  let most = 0;
  for (let sent = 0; sent < count; sent += 100) {
    await device.sendMany(sloth, Array.from({ length: 100 }, (_, index) => `${sent + index} ${content}`), 20);
    most = Math.max(most, memoryOf(server.pid).resident - before);
  }
  const online = async () => (await sender.rest.get(`/api/users/${sloth.id}/online`)).body.online;
  await until(async () => !(await online()), { what: 'the cut', ms: 10_000 });
  assert.ok(most < 150 * MiB * patience, `the server grew by ${(most / MiB).toFixed(1)} MiB`);
  await assertOthersUnaffected();
  const back = await Device.connect(server, sloth);
  const { messages } = await back.sync();
  assert.equal(messages.length, count);
  assert.deepEqual(messages.map((message) => message.seq), Array.from({ length: count }, (_, index) => index + 1));
});

test('a polling client that never polls again is cut off as well', async () => {
  const [sender, sloth] = await people(server, 'sender', 'sloth');
  const rest = new Rest(server.url);
  const open = JSON.parse((await rest.get('/socket.io/?EIO=4&transport=polling')).text.slice(1));
  const path = `/socket.io/?EIO=4&transport=polling&sid=${open.sid}`;
  const raw = `40${JSON.stringify({ token: sloth.token })}`;
  assert.equal((await rest.post(path, undefined, { raw, headers: { 'content-type': 'text/plain' } })).status, 200);
  const device = await Device.connect(server, sender);
  await device.sendMany(sloth, Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(3000)}`), 20);
  const online = async () => (await sender.rest.get(`/api/users/${sloth.id}/online`)).body.online;
  await until(async () => !(await online()), { what: 'the cut', ms: 10_000 });
  const [{ conversationId }] = (await sloth.rest.get('/api/conversations')).body.conversations;
  assert.equal((await history(sloth, conversationId)).length, 1000);
});

describe('garbage', () => {
  const closes = {
    'random bytes': () => randomBytes(5000),
    'a TLS hello': () => Buffer.from('16030100f0010000ec0303', 'hex'),
    'an endless line': () => Buffer.alloc(200_000, 'A'),
    'zero bytes': () => Buffer.alloc(5000),
    'HTTP/2': () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  };
  for (const [what, bytes] of Object.entries(closes)) {
    test(`on a new connection (${what}) closes it alone`, async (t) => {
      const wire = await Wire.connect(server.port);
      t.after(() => wire.destroy());
      wire.write(bytes());
      await wire.closed(8000);
    });
  }

  const frames = {
    'an unmasked frame': () => frame('40{}', { masked: false }),
    'a frame that says 2 GiB': () => frame('x', { length: 2 ** 31 }),
    'a frame that says 2^62': () => frame('x', { length: 2 ** 62 }),
    'a message over maxPayload': () => frame('4'.repeat(1_000_001)),
    'fragments over maxPayload': () => Buffer.concat([frame('4'.repeat(600_000), { fin: false }), frame('4'.repeat(600_000), { opcode: 0 })]),
    'a reserved opcode': () => frame('x', { opcode: 3 }),
    'reserved bits': () => Buffer.concat([Buffer.from([0xf1]), frame('x').subarray(1)]),
    'a continuation of nothing': () => frame('x', { opcode: 0 }),
    'a ping of 126 bytes': () => frame('x'.repeat(126), { opcode: 9 }),
    'a fragmented ping': () => frame('x', { opcode: 9, fin: false }),
    'bad UTF-8': () => frame(Buffer.from([0x34, 0x32, 0xff, 0xfe])),
    'an empty packet': () => frame(''),
    'an unknown packet type': () => frame('9'),
    'a client\'s ping': () => frame('2'),
    'an event before the join': () => frame('42["send_message",{}]'),
    'a large message before the join': () => frame(`6${' '.repeat(70_000)}`),
    'large fragments before the join': () => Buffer.concat([frame(`6${' '.repeat(40_000)}`, { fin: false }), frame(' '.repeat(40_000), { opcode: 0 })]),
    'an unknown Socket.IO type': () => frame('47'),
    'bad JSON': () => frame('42["a",'),
    'an event without a name': () => frame('42[]'),
    'a reserved event': () => frame('42["disconnect"]'),
    'joining without end': () => Buffer.concat([frame('41'), ...Array.from({ length: 100 }, () => frame('40{"token":"x"}'))]),
    'eleven attachments': () => frame('4511-["a",{"_placeholder":true,"num":0}]'),
    'attachments over maxPayload together': () => Buffer.concat([frame(twoAttachments), ...[0, 1].map(() => frame(Buffer.alloc(600_000), { opcode: 2 }))]),
    'a deep JSON': () => frame(`42["a",${'['.repeat(100_000)}${']'.repeat(100_000)}]`),
    'random bytes': () => randomBytes(4000),
  };
  test('on a WebSocket closes it alone', async (t) => {
    // With the usual deadlines: none of them is over before the test is.
    const calm = await Server.start();
    t.after(() => calm.destroy());
    const [kim, lee] = await people(calm, 'kim', 'lee');
    const tablet = await Device.connect(calm, kim);
    for (const [what, bytes] of Object.entries(frames)) {
      const wire = what.endsWith('before the join') ? await openWebSocket(calm.port) : await joined(t, lee, calm);
      t.after(() => wire.destroy());
      wire.write(bytes());
      await webSocketOver(wire, 8000).catch((error) => assert.fail(`${what}: ${error.message}`));
    }
    assert.equal((await tablet.send(lee, 'still here')).seq, 1);
    assert.deepEqual(tablet.drops, []);
  });

  test('in a polling body ends that session alone', async () => {
    const rest = new Rest(server.url);
    for (const raw of ['', 'nonsense', '9', '2', 'b!!!', '42["a",\u001e42', '\u001e\u001e\u001e', '4'.repeat(1_100_000)]) {
      const { sid } = JSON.parse((await rest.get('/socket.io/?EIO=4&transport=polling')).text.slice(1));
      const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
      const answer = await rest.post(path, undefined, { raw, headers: { 'content-type': 'text/plain' } });
      assert.ok([200, 400, 413].includes(answer.status), `${raw.slice(0, 20)}: ${answer.status}`);
    }
    await assertOthersUnaffected();
  });

  test('of 70,000 bytes in a polling body is not read before the join, and is behind it', async () => {
    const rest = new Rest(server.url);
    const { sid } = JSON.parse((await rest.get('/socket.io/?EIO=4&transport=polling')).text.slice(1));
    const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const post = async (raw) => (await rest.post(path, undefined, { raw, headers: { 'content-type': 'text/plain' } })).status;
    const large = `6${' '.repeat(70_000)}`;
    assert.equal(await post(large), 413);
    assert.equal(await post(`40${JSON.stringify({ token: bob.token })}`), 200);
    assert.match((await rest.get(path)).text, /40\{"sid"/);
    assert.equal(await post(large), 200);
  });

  test('thousands of connections that leave in the middle of an upgrade leave nothing behind', async () => {
    for (let round = 0; round < 10; round += 1) {
      const wires = await Promise.all(Array.from({ length: 100 }, () => Wire.connect(server.port)));
      wires.forEach((wire, index) => {
        wire.write(index % 2 ? upgradeRequest() : upgradeRequest().slice(0, 60));
        wire.destroy();
      });
    }
    await assertOthersUnaffected();
  });
});

test('a flood of events from one client does not starve the others', async (t) => {
  const wire = await joined(t, await person(server));
  const burst = Buffer.concat(Array.from({ length: 2000 }, () => frame('42["nonsense",{"a":[1,2,3]}]')));
  const flood = setInterval(() => !wire.isClosed && wire.socket.writableLength < 4 * MiB && wire.write(burst), 20);
  try {
    await assertOthersUnaffected();
  } finally {
    clearInterval(flood);
  }
});

test('a flood of messages that inflate to a thousand times their size does not starve the others', async (t) => {
  const packed = await Server.start({ env: { PER_MESSAGE_DEFLATE: 'true' }, args: ['--shards', '1'] });
  t.after(() => packed.destroy());
  const [eve, kay, may] = await people(packed, 'eve', 'kay', 'may');
  const tablet = await Device.connect(packed, kay);
  const wire = await Wire.connect(packed.port);
  t.after(() => wire.destroy());
  wire.write(upgradeRequest().replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'));
  assert.equal((await wire.answer()).headers.get('sec-websocket-extensions')?.split(';')[0], 'permessage-deflate');
  await nextFrame(wire);
  wire.write(frame(`40${JSON.stringify({ token: eve.token })}`));
  assert.match((await nextFrame(wire)).text, /^40\{"sid"/);
  const deflated = deflateRawSync(`6${' '.repeat(999_990)}`, { finishFlush: constants.Z_SYNC_FLUSH });
  const bomb = frame(deflated.subarray(0, -4));
  bomb[0] |= 0x40;
  wire.write(Buffer.concat(Array.from({ length: 1000 }, () => bomb)));
  const times = [];
  for (let round = 0; round < 5; round += 1) times.push((await timed(() => tablet.send(may, `${round}`))).ms);
  assert.ok(median(times) < 250 * patience, `a message took ${median(times)} ms`);
  assert.ok(!wire.isClosed);
});

test('a flood of registrations is refused in bounds, not queued without end', async () => {
  const rest = new Rest(server.url);
  const calls = Array.from({ length: 200 }, (_, index) => rest.post('/api/auth/register', { username: `flood${index}`, email: `flood${index}@example.org`, password: 'secret' }));
  await assertOthersUnaffected();
  for (const answer of await Promise.all(calls)) {
    if (answer.status !== 201) assertError(answer, 503, { code: 'overloaded' });
  }
});

test('after all of this the server holds no connection and little memory that it should not', async () => {
  await assertOthersUnaffected();
  assert.ok(memoryOf(server.pid).resident < 400 * MiB * patience);
});
