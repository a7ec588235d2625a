// scripts/perf-compare: two files of instruction counts to a table and an exit code.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../scripts/perf-compare', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'parley-perf-'));
after(() => rmSync(folder, { recursive: true }));

const lines = (counts) => Object.entries(counts).map(([name, count]) => `${name}\t${count}\n`).join('');

/** Compares two objects of counts, or two texts. */
function compare(base, now, ...more) {
  const files = [base, now].map((counts, i) => {
    const file = join(folder, i ? 'now' : 'base');
    writeFileSync(file, typeof counts === 'string' ? counts : lines(counts));
    return file;
  });
  const { status, stdout, stderr } = spawnSync(script, [...files, ...more], { encoding: 'utf8' });
  const rows = stdout.trimEnd().split('\n');
  return { status, stdout, stderr, closing: rows.at(-1), row: (name) => rows.find((row) => row.startsWith(`${name} `)) };
}

test('equal counts pass', () => {
  const result = compare({ parse: 100, encode: 2000.5 }, { parse: 100, encode: 2000.5 });
  assert.equal(result.status, 0);
  assert.equal(result.closing, '2 compared, 0 worse by more than 5 %, 0 new, 0 gone');
  assert.match(result.row('parse'), /100 +100 +\+0\.0 %$/);
});

test('a benchmark that is worse fails, and only that one is marked', () => {
  const result = compare({ parse: 1000, encode: 1000 }, { parse: 1051, encode: 1000 });
  assert.equal(result.status, 1);
  assert.match(result.row('parse'), /1000 +1051 +\+5\.1 % {2}WORSE$/);
  assert.doesNotMatch(result.row('encode'), /WORSE/);
  assert.equal(result.closing, '2 compared, 1 worse by more than 5 %, 0 new, 0 gone');
});

test('exactly the limit passes, and another limit counts', () => {
  assert.equal(compare({ parse: 1000 }, { parse: 1050 }).status, 0);
  assert.equal(compare({ parse: 1000 }, { parse: 1050 }, '4.9').status, 1);
  assert.equal(compare({ parse: 1000 }, { parse: 1200 }, '20').status, 0);
});

test('a gain elsewhere does not pay for a loss', () => {
  assert.equal(compare({ parse: 1000, encode: 1000 }, { parse: 1100, encode: 10 }).status, 1);
});

test('a new benchmark and one that is gone are told, and do not fail', () => {
  const result = compare({ parse: 1000, old: 7 }, { parse: 1000, fresh: 9 });
  assert.equal(result.status, 0);
  assert.match(result.row('fresh'), /- +9 +new$/);
  assert.match(result.row('old'), /7 +- +gone$/);
  assert.equal(result.closing, '1 compared, 0 worse by more than 5 %, 1 new, 1 gone');
});

test('a base without benchmarks makes all new', () => {
  const result = compare('', { parse: 1000 });
  assert.equal(result.status, 0);
  assert.equal(result.closing, '0 compared, 0 worse by more than 5 %, 1 new, 0 gone');
});

test('what is no count is refused', () => {
  const broken = ['parse\n', 'parse\t\n', 'parse\tmany\n', 'parse\t0\n', '\t5\n', 'parse\t5\nparse\t6\n'];
  for (const text of broken) {
    for (const result of [compare(text, { parse: 1 }), compare({ parse: 1 }, text)]) {
      assert.equal(result.status, 1, JSON.stringify(text));
      assert.match(result.stderr, /not lines of a benchmark/);
    }
  }
  assert.match(compare({ parse: 1 }, '').stderr, /there is no count/);
  assert.match(compare({ parse: 1 }, { parse: 1 }, 'five').stderr, /the limit is a number/);
});
