// Bundles the unit tests into --out, and runs them unless that is given: node:test cannot read TypeScript in Node 18.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const outdir = values.out ?? mkdtempSync(join(tmpdir(), 'parley-web-'));
const tests = ['core', 'transport'].flatMap((folder) =>
  readdirSync(join(here, 'src', folder)).filter((name) => name.endsWith('.test.ts')).map((name) => join(folder, name)));
await build({
  absWorkingDir: here, entryPoints: tests.map((name) => join('src', name)), bundle: true, platform: 'node', format: 'esm',
  outdir, outbase: 'src', outExtension: { '.js': '.mjs' }, logLevel: 'error', sourcemap: 'inline',
});
if (!values.out) {
  const files = tests.map((name) => join(outdir, name.replace(/\.ts$/, '.mjs')));
  process.exit(spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' }).status ?? 1);
}
