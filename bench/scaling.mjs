// Prints the tables of docs/scaling.md, or with --write puts them into it, between `<!-- table: name -->` and `<!-- end -->`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { limits, needs } from './scaling_model.mjs';
import { parameters, valueOf as p } from './scaling_parameters.mjs';
import { conversation, shard, storm } from './scaling_simulation.mjs';

const page = fileURLToPath(new URL('../docs/scaling.md', import.meta.url));
const crowds = [1e6, 1e8, 1e9];

/** Two or three digits that matter, with thousands separated. */
function say(value) {
  if (!Number.isFinite(value)) return 'never';
  const digits = value >= 100 ? Number(value.toPrecision(3)) : Number(value.toPrecision(2));
  return digits.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
const people = (count) => (count >= 1e9 ? `${say(count / 1e9)} billion` : count >= 1e6 ? `${say(count / 1e6)} million` : say(count));
const seconds = (microseconds) => (microseconds < 1000 ? `${say(microseconds)} µs` : `${say(microseconds / 1000)} ms`);
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function needsTable() {
  const all = crowds.map((users) => needs(users, p));
  const row = (name, of) => [name, ...all.map(of)];
  return table(['', ...crowds.map((users) => `${people(users)} users`)], [
    row('connections', (n) => people(n.connections)),
    row('messages a second at the peak', (n) => say(n.messages)),
    row('presence events a second', (n) => say(n.presence)),
    row('CPU of all nodes, cores busy', (n) => say(n.cpu)),
    row(`nodes of ${p.cores} cores (by CPU; by connections)`, (n) => `${say(n.nodes)} (${say(n.byCpu)}; ${say(n.byConnections)})`),
    row('memory of all connections, GB', (n) => say(n.nodeMemory / 1e9)),
    row('Redis: cores busy, sharded adapter (messages; presence)', (n) => `${say(n.redisCpu)} (${say(n.redisMessages)}; ${say(n.redisPresence)})`),
    row('Redis: memory, GB', (n) => say(n.redisMemory / 1e9)),
    row('classic adapter instead: more cores of the nodes', (n) => say(n.classicCpu)),
    row('MongoDB shards (by writes; by a year of bytes)', (n) => `${say(n.mongoShards)} (${say(n.byWrites)}; ${say(n.byBytes)})`),
  ]);
}

const limitsTable = () =>
  table(['limit', 'reached at', 'then'], limits(p).map(([name, users, then]) => [name, `${people(users)} users`, then]));

function shardTable() {
  const rows = [0.3, 0.5, 0.7, 0.8, 0.9, 0.95].map((load) => {
    const plain = shard(load, { service: p.cpuMessage, page: p.cpuMessage, pageEvery: 1 });
    const mixed = shard(load, { service: p.cpuMessage, page: 2000, pageEvery: 200 });
    return [`${Math.round(load * 100)} %`, seconds(plain.p50), seconds(plain.p99), seconds(mixed.p99), seconds(mixed.p999)];
  });
  return table(['busy', 'p50', 'p99', 'p99, one turn of 200 takes 2 ms', 'p99.9 then'], rows);
}

function stormTable() {
  const rows = [];
  for (const [nodes, clients] of [[3, 20_000], [3, 100_000], [10, 100_000], [100, 100_000], [10, 500_000]]) {
    for (const load of [0.5, 0.8]) {
      const world = { others: nodes - 1, capacity: p.cores, load, cost: p.cpuConnect / 1e6, patience: 20 };
      const result = storm(clients, world);
      rows.push([nodes, say(clients), `${load * 100} %`, `${say(result.seconds)} s`, say(result.tries)]);
    }
  }
  return table(['nodes', 'clients of the one that dies', 'the others are busy', 'all are back after', 'tries a client'], rows);
}

function pubsubTable() {
  const events = needs(1e6, p).presence;
  const rows = [3, 8, 34, 100].map((nodes) => [
    nodes, say(events * nodes), say((events * p.cpuEventElsewhere * (nodes - 1)) / 1e6), say(events), say((events * p.cpuRedisEvent) / 1e6),
  ]);
  return table(['nodes', 'classic: Redis sends a second', 'classic: cores for what nobody asked for', 'sharded: Redis sends', 'sharded: cores of Redis'], rows);
}

function hotTable() {
  const rows = [1, 2, 8].flatMap((nodes) => [1, 10, 100, 1000].map((rate) => {
    const result = conversation(nodes, rate, { roundTrip: p.mongoRoundTrip / 1e6 });
    return [nodes, rate, seconds(result.p99 * 1e6), result.rounds.toFixed(2)];
  }));
  return table(['nodes that write to it', 'messages a second', 'p99 until its place is stored', 'round trips a message'], rows);
}

const parameterTable = () =>
  table(['parameter', 'value', 'kind', 'from'], Object.entries(parameters).map(([name, one]) =>
    [name, `${one.value.toLocaleString('en-US')} ${one.unit}`.trim(), one.kind, one.source || '–']));

export const tables = () => ({
  needs: needsTable(), limits: limitsTable(), shard: shardTable(), storm: stormTable(), pubsub: pubsubTable(), hot: hotTable(), parameters: parameterTable(),
});

/** The document with `all` in its places; throws where a place is missing, or names no table. */
export function fill(text, all = tables()) {
  const left = new Set(Object.keys(all));
  const filled = text.replace(/(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g, (_, begin, name, end) => {
    if (!left.delete(name)) throw new Error(`docs/scaling.md has table ${name} twice, or nobody computes it`);
    return `${begin}${all[name]}\n${end}`;
  });
  if (left.size > 0) throw new Error(`docs/scaling.md has no place for ${[...left].join(', ')}`);
  return filled;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.slice(2).some((word) => word !== '--write')) {
    console.error('Usage: scaling [--write]');
    process.exit(2);
  }
  if (process.argv[2] === '--write') writeFileSync(page, fill(readFileSync(page, 'utf8')));
  else for (const [name, text] of Object.entries(tables())) console.log(`${name}\n\n${text}\n`);
}
