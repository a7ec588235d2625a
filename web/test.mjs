// Bundles the core's unit tests into --out, and runs them unless that is given: node:test cannot read TypeScript in Node 18.
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
const tests = readdirSync(join(here, 'src/core')).filter((name) => name.endsWith('.test.ts'));
await build({
  absWorkingDir: here, entryPoints: tests.map((name) => join('src/core', name)), bundle: true, platform: 'node', format: 'esm',
  outdir, outExtension: { '.js': '.mjs' }, logLevel: 'error', sourcemap: 'inline',
});
if (!values.out) {
  const files = tests.map((name) => join(outdir, name.replace(/\.ts$/, '.mjs')));
  process.exit(spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' }).status ?? 1);
}
