/** Where things are, and commands that must succeed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { temporaryDirectory } from '../lib/server.js';

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '../..');
export const build = process.env.PARLEY_BUILD ?? join(root, 'build/release');
export const toolsFolder = join(root, 'build/tools');

export const read = (path) => readFileSync(join(root, path), 'utf8');

/** All files below a folder of the repository, as paths from its root. */
export function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)));
}

const execute = promisify(execFile);

/** What a command printed; fails with all of it when the command does. */
export async function run(command, args, options = {}) {
  try {
    const { stdout, stderr } = await execute(command, args, { cwd: root, maxBuffer: 1 << 24, ...options });
    return stdout + stderr;
  } catch (error) {
    assert.fail(`${command} ${args.join(' ')}: ${error.message}\n${error.stdout}${error.stderr}`);
  }
}

/** Builds the Debian package; gives the path of a copy, for the next one to build it begins by removing it. */
export async function buildPackage() {
  const script = join(root, 'scripts/package');
  const copy = join(temporaryDirectory(), 'parley.deb');
  await run('flock', [script, 'bash', '-c', 'deb=$("$0" | tail -n 1) && cp "$deb" "$1"', script, copy], { timeout: 600_000 });
  return copy;
}

/** Installs the tools at the first call; several test files may call at once. */
export async function tools() {
  await run('flock', [join(here, 'tools'), join(here, 'tools'), toolsFolder], { timeout: 300_000 });
  const bin = join(toolsFolder, 'root/usr');
  return {
    promtool: join(bin, 'bin/promtool'),
    caddy: join(bin, 'bin/caddy'),
    nginx: join(bin, 'sbin/nginx'),
    schema: join(toolsFolder, 'venv/bin/check-jsonschema'),
    kubernetes: join(toolsFolder, 'venv/bin/kubernetes-validate'),
  };
}
