// docs/performance.md: what was measured anew replaces its section, the others stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { documentOf, sectionsOf } from '../../bench/comparison/document.mjs';

const idle = { part: 'idle 10000', server: 'parley', machine: '2 cores Abacus', commit: 'abc1234', day: '2026-01-02', command: 'parley bench idle',
  result: { connections: 10_000, server: { privateBytesAConnection: 1820, residentBytesAConnection: 1830 } } };

test('a section that was measured tells its figures, machine, commit and command', () => {
  const section = sectionsOf(documentOf([idle], new Map())).get('Idle, authenticated WebSockets');
  assert.match(section, /\| `parley` \| 10,000 \| 1,820 \| 1,830 \|/);
  assert.match(section, /2 cores Abacus; commit abc1234 on 2026-01-02/);
  assert.match(section, /```sh\nparley bench idle\n```/);
});

test('a section of which nothing was measured stays as it was, in its place', () => {
  const before = documentOf([idle], new Map([['Latency at half of that', 'slow'], ['Beside other chat servers', 'faster']]));
  const faster = { ...idle, result: { ...idle.result, server: { privateBytesAConnection: 900, residentBytesAConnection: 910 } } };
  const after = documentOf([faster], sectionsOf(before));
  assert.equal(after, before.replace('1,820', '900').replace('1,830', '910'));
  assert.deepEqual([...sectionsOf(after).keys()], [
    'Latency at half of that', 'Idle, authenticated WebSockets', 'Beside other chat servers', 'Who was measured by `bench/compare`',
  ]);
});

test('what was held in a guest says so', () => {
  const inGuest = { ...idle, part: 'idle 50000', result: { ...idle.result, connections: 50_000, guest: 'Some Linux 6' } };
  const section = sectionsOf(documentOf([idle, inGuest], new Map())).get('Idle, authenticated WebSockets');
  assert.match(section, /\| `parley` \| 10,000 \| 1,820 \| 1,830 \|  \|\n\| `parley` \| 50,000 \| 1,820 \| 1,830 \| Some Linux 6 \|/);
});

test('without records a document stays as it is', () => {
  const before = documentOf([idle], new Map());
  assert.equal(documentOf([], sectionsOf(before)), before);
});
