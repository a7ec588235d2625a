/** What was measured, kept in build/compare/results.json so that the parts of a comparison can be run one by one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from '../../tests/lib/server.js';
import { isOfOthers } from '../chat_servers/servers.mjs';
import { machine } from './machine.mjs';

const folder = join(repository, 'build/compare');
const file = join(folder, 'results.json');

/** All but what bench/others measured, which takes more than this machine's own programs. */
export function forget() {
  write(all().filter(isOfOthers));
}

export function all() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** @param record {part, server, command, result}; kept with the machine, the commit that is checked out, and the day. */
export function keep(record) {
  const commit = execFileSync('git', ['-C', repository, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  write([...all(), { ...record, machine: machine(), commit, day: new Date().toISOString().slice(0, 10) }]);
}

function write(records) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(records, null, 1));
}

export function of(part, server) {
  return all().filter((record) => record.part === part && record.server === server).map((record) => record.result);
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
