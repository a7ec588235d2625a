// clients/typescript is made from docs/asyncapi.yaml, and its types refuse what is wrong.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

import { repository } from '../lib/server.js';
import { textOf } from './description.js';

const folder = join(repository, 'clients/typescript');
const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

before(() => {
  const installed = join(folder, 'node_modules/.package-lock.json');
  const isFresh = existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
  if (!isFresh) run('npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts');
});

test('index.d.ts is what the generator writes', () => {
  assert.equal(textOf('clients/typescript/index.d.ts'), run('node', 'generate.mjs'), 'npm run generate');
});

test('the compiler accepts what is right and refuses what is wrong', () => {
  try {
    assert.equal(run('node', 'node_modules/typescript/bin/tsc', '--project', '.'), '');
  } catch (error) {
    assert.fail(error.stdout || error.message);
  }
});
