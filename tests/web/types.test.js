import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

import { repository } from '../lib/server.js';

test('the client passes the type checker', () => {
  const checker = join(repository, 'tests/node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [checker, '-p', join(repository, 'web')], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});
