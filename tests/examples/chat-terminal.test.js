/** `examples/chat-terminal` as two people use it, while its way to the server is cut and the server is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Device, closeDevices } from '../lib/device.js';
import { Link } from '../lib/link.js';
import { conversationList, history, uniqueName } from '../lib/people.js';
import { freePort } from '../lib/ports.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const program = readFileSync(join(tests, '../examples/chat-terminal/chat.mjs'), 'utf8');

/** The program in a terminal of its own. It runs from here, where its dependency is installed. */
class Terminal {
  constructor(port, me, them, text = program) {
    const args = ['--input-type=module', '--eval', text, '--', '--server', `http://127.0.0.1:${port}`, me, them];
    this.child = spawn(process.execPath, args, { cwd: tests, stdio: ['pipe', 'pipe', 'inherit'] });
    this.output = '';
    this.child.stdout.on('data', (bytes) => (this.output += bytes));
  }

  type(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** How often it wrote that line. */
  count(line) {
    return this.output.split(/\r?\n|\r\x1b\[K/).filter((each) => each === line).length;
  }

  reads(line, times = 1) {
    return until(() => this.count(line) >= times, { what: () => `"${line}" in\n${this.output}`, ms: 30_000 });
  }

  close() {
    this.child.kill();
  }
}

describe('chat-terminal', () => {
  let server, link, ann, bob;
  const [annsName, bobsName] = [uniqueName('ann'), uniqueName('bob')];
  const login = async (name) => {
    const answer = await new Rest(server.url).post('/api/auth/login', { email: `${name}@example.org`, password: 'parley-demo' });
    return { token: answer.body.accessToken, rest: new Rest(server.url, answer.body.accessToken) };
  };

  before(async () => {
    server = await Server.start();
    link = await Link.start(server.port);
    ann = new Terminal(server.port, annsName, bobsName);
    bob = new Terminal(link.port, bobsName, annsName);
    await Promise.all([ann, bob].map((terminal) => terminal.reads('— connected —')));
  });
  after(async () => {
    for (const terminal of [ann, bob]) terminal?.close();
    closeDevices();
    await link?.destroy();
    await server?.destroy();
  });

  test('says why it cannot begin', async () => {
    const told = (...args) => new Promise((done) => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program, '--', ...args], { cwd: tests, stdio: ['ignore', 'ignore', 'pipe'] });
      let text = '';
      child.stderr.on('data', (bytes) => (text += bytes));
      child.once('close', (code) => done({ code, text: text.trim() }));
    });
    const port = await freePort();
    const cases = [
      [['--server', server.url, '--password', 'another', annsName, bobsName], `${annsName}@example.org has another password: say it with --password`],
      [['--server', server.url, 'xy', bobsName], 'Validation failed (username must be 3 to 32 characters long)'],
      [['--server', `http://127.0.0.1:${port}`, annsName, bobsName], `http://127.0.0.1:${port} does not answer`],
    ];
    for (const [args, text] of cases) assert.deepEqual(await told(...args), { code: 1, text });
  });

  test('waits when it has called too often, says how long, and goes on', async () => {
    const other = await Server.start({ env: { RATE_LIMIT_AUTH: '1' } });
    const call = () => new Rest(other.url).post('/api/auth/login', { email: 'nobody@example.org', password: 'parley-demo' });
    while ((await call()).status !== 429);
    const name = uniqueName('eve');
    const way = await Link.start(other.port);
    // Longer than a connection is kept for another call.
    const eve = new Terminal(way.port, name, bobsName, program.replace('seconds * 1000', '5_000'));
    await until(() => /^— too many calls, going on in [1-9]\d? s —$/m.test(eve.output), { what: () => eve.output, ms: 20_000 });
    way.target = server.port;
    await eve.reads('— connected —');
    await way.destroy();
    eve.close();
    await other.destroy();
  });

  test('shows what the other one says, and ticks', async () => {
    ann.type('hello');
    await bob.reads(`${annsName}: hello`);
    for (const line of ['  ✓ sent (1)', '  ✓✓ read (1)']) await ann.reads(line);
  });

  test('sends what was typed while the server was away, in order and once', async () => {
    await server.kill();
    await ann.reads('— transport close, coming back —');
    for (const line of ['one', 'two', 'three']) ann.type(line);
    await server.start();
    for (const line of ['one', 'two', 'three']) await bob.reads(`${annsName}: ${line}`);
    await ann.reads('  ✓ sent (4)');
    const who = await login(annsName);
    const [{ conversationId }] = await conversationList(who);
    const stored = await history(who, conversationId);
    assert.deepEqual(stored.map(({ content }) => content), ['hello', 'one', 'two', 'three']);
  });

  test('sends again what had no answer, and it is stored once', async () => {
    for (const [, far] of link.pairs) far.pause(); // It arrives, and its acknowledgement does not.
    bob.type('are you there?');
    await ann.reads(`${bobsName}: are you there?`);
    assert.equal(bob.count('  ✓ sent (5)'), 0);
    link.cut();
    link.restore();
    await bob.reads('  ✓ sent (5)');
    assert.equal(ann.count(`${bobsName}: are you there?`), 1, ann.output);
  });

  test('shows after a reconnect what another device got meanwhile, and ticks', async () => {
    bob.type('bye');
    await bob.reads('  ✓✓ read (6)');
    const phone = await Device.connect(server, (await login(bobsName)).token, { acks: true });
    link.cut();
    await bob.reads('— transport close, coming back —', 2);
    ann.type('to the phone');
    await phone.next('receive_message', { where: ({ content }) => content === 'to the phone' });
    await ann.reads('  ✓✓ delivered (7)');
    link.restore();
    await bob.reads(`${annsName}: to the phone`);
    for (const line of ['hello', 'one', 'two', 'three', 'to the phone']) assert.equal(bob.count(`${annsName}: ${line}`), 1, bob.output);
  });
});
