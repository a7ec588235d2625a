/** Where things are, and commands that must succeed. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

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

/** Builds the Debian package, one file at a time; gives its path. */
export async function buildPackage() {
  const script = join(root, 'scripts/package');
  const printed = await run('flock', [script, script], { timeout: 600_000 });
  const deb = printed.trim().split('\n').find((line) => line.endsWith('.deb'));
  assert.ok(deb, printed);
  return deb;
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
