// bench/limit, what Parley's figures are compared with: it does what `parley bench` asks of a server.
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { Child } from '../lib/child.js';
import { freePort } from '../lib/ports.js';
import { parley, repository, temporaryDirectory } from '../lib/server.js';

const program = resolve(process.env.PARLEY_BUILD ?? join(repository, 'build/release'), 'limit');

test('the raw limit passes a short bench: every message once and in order', async (t) => {
  const directory = temporaryDirectory();
  const port = await freePort();
  const limit = new Child(program, [], { env: { ...process.env, PORT: `${port}`, DATA_DIR: directory } });
  t.after(() => limit.kill());
  const { line, result } = await limit.firstLine();
  assert.match(line ?? JSON.stringify(result), /limit is ready/);
  const { code, stdout, stderr } = await parley([
    'bench', 'send', '--users', '12', '--seconds', '0.3', '--warm-up', '0', '--quiet', '--url', `http://127.0.0.1:${port}`, '--accounts', join(directory, 'accounts'),
  ]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /checked: all [\d,]+ messages, .* came once and in order/);
});
