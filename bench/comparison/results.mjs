/** What was measured, kept in build/compare/results.json so that the parts of a comparison can be run one by one. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from '../../tests/lib/server.js';

const folder = join(repository, 'build/compare');
const file = join(folder, 'results.json');

export function forget() {
  rmSync(file, { force: true });
}

export function all() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** @param record {part, server, command, result} */
export function keep(record) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify([...all(), record], null, 1));
}

export function of(part, server) {
  return all().filter((record) => record.part === part && record.server === server).map((record) => record.result);
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
