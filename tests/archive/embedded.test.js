import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, before, describe, test } from 'node:test';

import { closeDevices } from '../lib/device.js';
import { Server, binary, parley, temporaryDirectory } from '../lib/server.js';
import { deferred, within } from '../lib/wait.js';
import { assertDone, assertSame, exportTo, fill, importFrom, serverOn, stop, verify, views, withoutHeader } from './world.js';

const folder = temporaryDirectory();
let made = 0;
const path = (name = 'file') => join(folder, `${name}-${(made += 1)}`);
const newStore = () => ({ dataDir: path('data') });

afterEach(closeDevices);

describe('an embedded store', () => {
  const original = newStore();
  const file = path('archive');
  let world;
  let seen;

  before(async () => {
    const server = await serverOn(original);
    world = await fill(server);
    seen = await views(server, world);
    await stop(server);
    assertDone(await exportTo(original, file));
    const again = await exportTo(original, file);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^parley: nothing was exported: .* exists already$/m);
  });

  test('moves to another one as it is', async (t) => {
    const target = newStore();
    const imported = await importFrom(target, file, '--json');
    assertDone(imported);
    const summary = JSON.parse(imported.stdout);
    assert.equal(summary.accounts, 5);
    assert.equal(summary.messages, 123);
    assert.equal(summary.mismatches, 0);
    assertDone(await verify(target));
    const server = await serverOn(target);
    t.after(() => server.destroy());
    await assertSame(server, world, seen);
  });

  test('gives the same lines wherever it is, and after being imported twice', async () => {
    const [target, copy] = [newStore(), path()];
    assertDone(await importFrom(target, file));
    assertDone(await importFrom(target, file));
    assertDone(await exportTo(target, copy));
    assert.equal(withoutHeader(readFileSync(copy, 'utf8')), withoutHeader(readFileSync(file, 'utf8')));
    assert.equal(statSync(copy).mode & 0o777, 0o600);
  });

  test('goes through gzip and through pipes', async () => {
    const [packed, target, piped] = [path('archive.gz').replace(/(.gz)(-\d+)$/, '$2$1'), newStore(), newStore()];
    assertDone(await exportTo(original, packed));
    assert.ok(statSync(packed).size < statSync(file).size / 2);
    assertDone(await importFrom(target, packed));
    const shell = `'${binary}' export - --data-dir '${original.dataDir}' | '${binary}' import - --data-dir '${piped.dataDir}'`;
    const child = spawn('bash', ['-c', `set -o pipefail; ${shell}`], { cwd: folder, env: { ...process.env, MONGO_URI: '' } });
    let output = '';
    child.stderr.on('data', (bytes) => (output += bytes));
    const ended = deferred();
    child.once('close', ended.resolve);
    assert.equal(await within(60_000, 'the pipe', ended.promise), 0, output);
    for (const store of [target, piped]) assertDone(await importFrom(store, file, '--verify-only'));
  });

  test('is not changed by a damaged file, which is named by its line', async () => {
    const text = readFileSync(file, 'utf8');
    const lines = text.split('\n');
    const damages = {
      cut: text.slice(0, text.length / 2),
      altered: text.replace('message 7 ', 'message 8 '),
      shorter: lines.filter((_, index) => index !== 30).join('\n'),
      other: 'hello\n',
    };
    for (const [name, content] of Object.entries(damages)) {
      const [target, bad] = [newStore(), path(name)];
      writeFileSync(bad, content);
      const { code, stderr } = await importFrom(target, bad);
      assert.equal(code, 1, name);
      assert.match(stderr, /line \d+: /, name);
      assert.equal(existsSync(target.dataDir), false, name);
    }
  });

  test('is compared message by message, and differences are named', async () => {
    const target = newStore();
    assertDone(await importFrom(target, file));
    const server = await serverOn(target);
    await assertSame(server, world, seen);
    await stop(server);
    const { code, stdout } = await importFrom(target, file, '--verify-only');
    assert.equal(code, 1, stdout);
    assert.match(stdout, /conversation [0-9a-f]{24}: \d+ messages in the archive, \d+ in the store/);
    const refused = await importFrom(target, file);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /(login|account) [0-9a-f]{24}: is another one here/);
  });

  test('is refused while a server has it, and not made by an export', async (t) => {
    const server = await Server.start();
    t.after(() => server.destroy());
    const busy = { dataDir: server.dataDir };
    for (const refused of [await exportTo(busy, path()), await importFrom(busy, file)]) {
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /in use/);
    }
    const copy = path('backup');
    assertDone(await parley(['backup', copy, ...['--data-dir', server.dataDir]]));
    assertDone(await exportTo({ dataDir: copy }, path()));
    const nothing = newStore();
    assert.equal((await exportTo(nothing, path())).code, 1);
    assert.equal(existsSync(nothing.dataDir), false);
  });
});

describe('a large store', () => {
  const original = newStore();
  const file = path('large');
  const whole = path('whole');

  before(async () => {
    const server = await serverOn(original);
    await fill(server, { messages: 400 });
    await stop(server);
    assertDone(await exportTo(original, whole));
  });

  /** Starts it, and kills it when `when` says so; gives whether it was killed. */
  async function killed(args, delay) {
    const child = spawn(binary, args, { cwd: folder, env: { ...process.env, MONGO_URI: '' }, stdio: 'ignore' });
    const ended = deferred();
    child.once('close', (code) => ended.resolve(code));
    const timer = setTimeout(() => child.kill('SIGKILL'), delay);
    const code = await within(60_000, 'the end', ended.promise);
    clearTimeout(timer);
    return code === null;
  }

  test('is exported and imported although both are killed again and again', async () => {
    const target = newStore();
    let kills = 0;
    for (let delay = 5; ; delay += 7) {
      if (!(await killed(['export', file, '--data-dir', original.dataDir], delay))) break;
      kills += 1;
      if (existsSync(file)) break; // killed between the last word and the end
    }
    assert.equal(withoutHeader(readFileSync(file, 'utf8')), withoutHeader(readFileSync(whole, 'utf8')));
    for (let delay = 5; ; delay += 7) {
      if (!(await killed(['import', file, '--data-dir', target.dataDir], delay))) break;
      kills += 1;
    }
    assert.ok(kills > 2, `${kills} kills`);
    assertDone(await importFrom(target, file));
    assertDone(await verify(target));
    const copy = path();
    assertDone(await exportTo(target, copy));
    assert.equal(withoutHeader(readFileSync(copy, 'utf8')), withoutHeader(readFileSync(file, 'utf8')));
  });
});
