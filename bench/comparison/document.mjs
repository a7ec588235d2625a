/** docs/performance.md, from what was measured. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from '../../tests/lib/server.js';
import { otherChatServers, titleOfOthers } from '../chat_servers/section.mjs';
import { isOfOthers } from '../chat_servers/servers.mjs';
import { median } from './results.mjs';
import { servers } from './servers.mjs';
import { number, spread, table, whole } from './table.mjs';

const path = join(repository, 'docs/performance.md');

/** The results of a part, by server, in the order of `servers`. */
function grouped(records, part) {
  const found = Object.keys(servers).map((name) => [name, records.filter((one) => one.part === part && one.server === name).map((one) => one.result)]);
  return found.filter(([, results]) => results.length > 0);
}

/** The commits that were measured, by day. */
function commits(records) {
  const days = new Map();
  for (const { commit, day } of records) days.set(day, (days.get(day) ?? new Set()).add(commit));
  return [...days].map(([day, names]) => `${[...names].join(', ')} on ${day}`).join('; ');
}

/** Where, of which commit and how these were measured. */
function origin(records) {
  const machines = [...new Set(records.map((one) => one.machine))].join('; ');
  return `Measured on ${machines}; commit ${commits(records)}.`;
}

function commandsOf(records) {
  const commands = [...new Set(records.map((one) => one.command))];
  return `By \`bench/compare\`, on a new server each:\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\``;
}

/** A sentence on whose CPU time it is; none of results that do not tell. */
function threadsOf(results) {
  const all = results.map((one) => one.server.threadMicrosecondsEach).filter(Boolean);
  if (all.length === 0) return [];
  const of = (name) => median(all.map((one) => one[name] ?? 0));
  const names = Object.keys(all[0]).filter((name) => of(name) >= 0.05).sort((a, b) => of(b) - of(a));
  return [`Of \`parley\`'s, by thread: ${names.map((name) => `\`${name}\` ${number(of(name))}`).join(', ')}.`];
}

function sendTable(records) {
  const results = grouped(records, 'send');
  const ours = results.find(([name]) => name === 'parley')?.[1];
  const cpuOf = (one) => one.server.cpuMicrosecondsEach;
  const rows = results.map(([name, all]) => [
    `\`${name}\``, `${number(median(all.map(cpuOf)))}${spread(all.map(cpuOf))}`,
    ours ? `${number(median(all.map(cpuOf)) / median(ours.map(cpuOf)), 2)} ×` : '', whole(median(all.map((one) => one.rate))),
    number(median(all.map((one) => one.milliseconds['send to acknowledgement'].p99))),
    number(median(all.map((one) => (one.generatorCores * 1e6) / one.rate))), `${all.length}`, all.every((one) => one.passed) ? 'yes' : 'no',
  ]);
  const shown = table(['server', 'server CPU, µs a message (spread)', 'against parley', 'messages/s', 'p99 to answer, ms', 'generator CPU, µs a message', 'rounds', 'every message once, in order'], rows);
  return [shown, ...threadsOf(ours ?? [])].join('\n\n');
}

function pacedTable(records) {
  const rows = grouped(records, 'paced').flatMap(([name, all]) => all.map((one) => {
    const [answer, receipt] = ['send to acknowledgement', 'send to receipt'].map((key) => one.milliseconds[key]);
    return [`\`${name}\``, whole(one.offeredRate), number(one.server.cpuMicrosecondsEach), number(receipt.p50, 2), number(receipt.p99, 2), number(receipt.p999, 2), number(receipt.max, 2), number(answer.p99, 2)];
  }));
  return table(['server', 'messages/s offered', 'CPU, µs a message', 'receipt p50, ms', 'p99', 'p99.9', 'max', 'acknowledgement p99'], rows);
}

const partsNamed = (records, prefix) => [...new Set(records.map((one) => one.part))].filter((part) => part.startsWith(prefix));

function idleTable(records) {
  const rows = partsNamed(records, 'idle ').flatMap((part) => grouped(records, part).flatMap(([name, all]) => all.map((one) => [
    `\`${name}\``, whole(one.connections), whole(one.server.privateBytesAConnection), whole(one.server.residentBytesAConnection), one.guest ?? '',
  ])));
  return table(['server', 'connections', 'private bytes each', 'resident bytes each', 'in a guest'], rows);
}

function stormTable(records) {
  const rows = partsNamed(records, 'storm ').flatMap((part) => grouped(records, part).flatMap(([name, all]) => all.map((one) => {
    const back = one.milliseconds['storm to back again'];
    const [before, during] = ['before', 'during'].map((when) => one.milliseconds[`stayers, to receipt, ${when}`].p99);
    return [`\`${name}\``, whole(one.counts['came back']), number(one.seconds), number(back.p50 / 1000, 2), number(before), number(during), number(one.server.cpuMicrosecondsEach), whole(one.counts['tries that failed'])];
  })));
  return table(['server', 'came back', 'seconds until all were', 'half after', 'p99 of those who stayed before, ms', 'during, ms', 'server CPU, µs a connection', 'tries that failed'], rows);
}

function historyTable(records) {
  const rows = grouped(records, 'history').flatMap(([name, all]) => all.map((one) => [
    `\`${name}\``, whole(one.rate), number(one.server.cpuMicrosecondsEach), number(one.milliseconds['page, with warm-up'].p99, 2), number(one.milliseconds['list, with warm-up'].p99, 2),
  ]));
  return table(['server', 'calls/s', 'CPU, µs a call', 'page p99, ms', 'list p99, ms'], rows);
}

function storedTable(records) {
  const readings = records.filter((one) => one.part === 'stored');
  const kinds = [...new Map(readings.map(({ stored, written }) => [`${stored} ${written}`, { stored, written }])).values()];
  const cpuOf = (one) => one.result.server.cpuMicrosecondsEach;
  const times = (all, kind) => number(median(all.map((one) => one.result.milliseconds[`${kind}, with warm-up`].p50)), 2);
  const of = ({ stored, written }) => readings.filter((one) => one.stored === stored && one.written === written);
  const first = of(kinds[0]).map(cpuOf);
  const rows = kinds.map((kind) => {
    const all = of(kind);
    const cpu = all.map(cpuOf);
    return [whole(kind.stored), kind.written, `${number(median(cpu))}${spread(cpu)}`, `${number(median(cpu.slice(0, first.length).map((one, round) => one / first[round])), 2)} ×`, times(all, 'page'), times(all, 'list'), `${all.length}`];
  });
  return table(['messages stored', 'its users wrote', 'CPU, µs a call (spread)', 'against the first (median of the rounds)', 'page p50, ms', 'list p50, ms', 'rounds'], rows);
}

const sections = [
  ['send', 'A message: stored, delivered to one device, echoed and acknowledged',
    'Closed loop, 1,000 users (`original-stack`: 20, whom its database keeps waiting) with one message each under way, contacts as people have them, 100 bytes of text. The CPU time is that of all threads of the server, for all events of the contract. Median of the rounds, the servers taking turns.', sendTable],
  ['paced', 'Latency at half of that', 'Open loop at random intervals; from when the message was meant to be sent.', pacedTable],
  ['idle', 'Idle, authenticated WebSockets', 'User-space memory of the server, growth since before the first connection; one connection a user. More than the machine lets a process open are held in a guest on the same machine, which has a kernel of its own.', idleTable],
  ['storm', 'Everybody reconnects at once', '100 users stay and write 500 messages a second; all other connections break and come back in the same moment.', stormTable],
  ['history', 'History over REST', '200 users, 16 connections, closed loop; three in four calls are a page of 20 messages, the others a list of conversations.', historyTable],
  ['stored', 'The same pages with many messages stored',
    '200 users with 8 contacts each, 8 connections, closed loop; three in four calls are a page of 20 messages, the others a list of conversations. The users wrote some ten thousand messages into an empty store (first), or after the messages of 1,000 others (last). The stores take turns, each on a server that has just opened it; before, they had time to come to rest.', storedTable],
];

/** The sections of a document by their titles: paragraphs, without the title. */
export function sectionsOf(document) {
  const [, ...parts] = document.split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n')).trim()]));
}

function readSections() {
  return existsSync(path) ? sectionsOf(readFileSync(path, 'utf8')) : new Map();
}

/** The text of a document of these records; a section of which they have nothing is taken from `before`. */
export function documentOf(records, before) {
  const own = sections.map(([part, title, how, make]) => {
    const measured = records.filter((one) => one.part === part || one.part.startsWith(`${part} `));
    return [title, measured.length > 0 ? [how, make(records), origin(measured), commandsOf(measured)].join('\n\n') : before.get(title)];
  });
  const ofOthers = records.filter(isOfOthers);
  const others = ofOthers.length > 0 ? [...otherChatServers(records), origin(ofOthers)].join('\n\n') : before.get(titleOfOthers);
  const text = [
    '# Performance',
    'Written by `bench/compare` and `bench/others`; do not edit. Each section says where and when it was measured. The machines are small and shared: read ratios. Loopback; the server is pinned to core 0, the load generator to core 1.',
    ...[...own, [titleOfOthers, others]].filter(([, body]) => body).map(([title, body]) => `## ${title}\n\n${body}`),
    '## Who was measured by `bench/compare`', Object.entries(servers).map(([name, { what }]) => `- \`${name}\`: ${what}`).join('\n'),
    'The peers are in `bench/peers`, each a few dozen lines of our own, which say what they do per message. `original-stack` is not the original\'s code: it does what its description says.',
  ].join('\n\n');
  return `${text}\n`;
}

/** Writes the document; gives its path. */
export function writeDocument(records) {
  writeFileSync(path, documentOf(records, readSections()));
  return 'docs/performance.md';
}
