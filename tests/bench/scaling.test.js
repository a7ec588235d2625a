// docs/scaling.md says what bench/scaling computes, and the simulations behind it behave.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fill, tables } from '../../bench/scaling.mjs';
import { limits, needs } from '../../bench/scaling_model.mjs';
import { parameters, valueOf } from '../../bench/scaling_parameters.mjs';
import { conversation, shard, storm } from '../../bench/scaling_simulation.mjs';

const page = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');

test('the document has the tables that the program computes', () => {
  assert.equal(page, fill(page), 'run bench/scaling --write, and read what it changed');
});

test('a table without a place, and a place without a table, are told', () => {
  const one = { needs: '| a |' };
  assert.throws(() => fill('nothing', one), /no place for needs/);
  assert.throws(() => fill('<!-- table: other -->\n<!-- end -->', one), /nobody computes it/);
  assert.equal(fill('<!-- table: needs -->\nold\n<!-- end -->', one), '<!-- table: needs -->\n| a |\n<!-- end -->');
});

test('every parameter says where it comes from', () => {
  for (const [name, one] of Object.entries(parameters)) {
    assert.ok(one.value > 0 && ['measured', 'assumed'].includes(one.kind) && one.source.length > 5, name);
  }
});

test('needs grow with the users, and the limits are in order', () => {
  const [small, large] = [needs(1e7, valueOf), needs(1e8, valueOf)];
  assert.ok(Math.abs(large.redisCpu / small.redisCpu - 10) < 1e-6);
  assert.ok(large.nodes > small.nodes && large.mongoShards > small.mongoShards);
  const users = limits(valueOf).map(([, at]) => at);
  assert.deepEqual(users, [...users].sort((a, b) => a - b));
});

test('a queue of fixed service waits as the formula of Pollaczek and Khinchine says', () => {
  // Without waiting nothing takes longer than its service; at half load the mean wait is half a service.
  assert.ok(shard(0.01, { service: 100, page: 100, pageEvery: 1 }).p50 === 100);
  const { mean } = shard(0.5, { service: 100, page: 100, pageEvery: 1 });
  assert.ok(Math.abs(mean - 150) < 3, `${mean}`);
});

test('a storm ends when its work is done, and not before', () => {
  const world = { others: 2, capacity: 4, load: 0.5, cost: 0.001, patience: 1e6 };
  const { seconds, tries } = storm(40_000, world);
  assert.ok(seconds >= 10 && seconds < 10.3, `${seconds}`);  // 40,000 × 1 ms on four free cores.
  assert.equal(tries, 1);
  assert.ok(storm(40_000, { ...world, patience: 5 }).tries > 1);
});

test('one writer is never refused, several are', () => {
  const slow = { roundTrip: 0.005, count: 5_000 };
  assert.ok(conversation(1, 100, slow).rounds <= 1);
  assert.ok(conversation(8, 100, slow).rounds > 1.2);
});
