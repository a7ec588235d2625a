import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** The machine that this runs on. */
export function machine() {
  const system = /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  return `${cpus().length} cores ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${system}, Linux ${release()}, Node.js ${process.version}`;
}
