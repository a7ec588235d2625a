/** Servers that are written in Go, built from their own modules at a pinned version, with the dependencies that these name. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { repository } from '../../tests/lib/server.js';

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/local/go/bin`, CGO_ENABLED: '0' };

function go(args, stdout) {
  const { status, error, stdout: text } = spawnSync('go', args, { env, stdio: ['ignore', stdout, 2], encoding: 'utf8' });
  if (error || status !== 0) throw new Error(`go ${args.join(' ')}: ${error?.message ?? `exit status ${status}`}`);
  return text;
}

/**
 * The path of a program in build/others; built when it is not there.
 * @param program {module, version, main, tags}: `main` is its folder in the module
 */
export function goProgram({ module, version, main = '.', tags = '' }) {
  const file = join(repository, 'build/others', `${module.replaceAll('/', '_')}@${version}`, basename(main === '.' ? module.replace(/\/v\d+$/, '') : main));
  if (existsSync(file)) return file;
  console.error(`building ${file}`);
  const { Dir: directory } = JSON.parse(go(['mod', 'download', '-json', `${module}@${version}`], 'pipe'));
  go(['build', '-C', directory, '-trimpath', '-buildvcs=false', '-tags', tags, '-o', file, `./${main}`], 2);
  return file;
}
