/** What docs/performance.md says of other chat servers. */
import { median } from '../comparison/results.mjs';
import { number, spread, table, whole } from '../comparison/table.mjs';
import { chatServers, isOfOthers, partOf } from './servers.mjs';

const resultsOf = (records, part, server) => records.filter((one) => one.part === part && one.server === server).map(({ result }) => result);
const medianOf = (results, value) => median(results.map(value));
const sumOf = ({ server, database }) => server + database;

/** [name, results] of each server that has some, in the order of `chatServers`. */
function grouped(records, part) {
  return Object.keys(chatServers).map((name) => [name, resultsOf(records, part, name)]).filter(([, results]) => results.length > 0);
}

function sendTable(records, part) {
  const groups = grouped(records, partOf(part));
  const cpu = (one) => sumOf(one.cpuMicrosecondsEach);
  const ours = groups.find(([name]) => name === 'parley')?.[1];
  const rows = groups.map(([name, all]) => {
    const hasDatabase = all.some((one) => one.cpuMicrosecondsEach.database > 0);
    const middle = (value, digits = 1) => number(medianOf(all, value), digits);
    return [
      `\`${name}\``, middle((one) => one.cpuMicrosecondsEach.server), hasDatabase ? middle((one) => one.cpuMicrosecondsEach.database) : '',
      `${middle(cpu)}${spread(all.map(cpu))}`, ours ? `${number(medianOf(all, cpu) / medianOf(ours, cpu), 2)} ×` : '',
      whole(medianOf(all, (one) => one.rate)), `${whole(medianOf(all, (one) => sumOf(one.cores)) * 100)} %`, middle((one) => one.cpuMicrosecondsEach.driver),
      middle((one) => one.milliseconds.receipt.p50, 2), middle((one) => one.milliseconds.receipt.p99, 2), middle((one) => one.marksEach, 2),
      `${[...new Set(all.map((one) => one.users))].join(', ')}`, `${all.length}`, all.every((one) => one.passed) ? 'yes' : 'no',
    ];
  });
  return table([
    'server', 'server CPU, µs a message', 'its database', 'together (spread)', 'against parley', 'messages/s', 'core 0 busy', 'driver CPU, µs a message',
    'send to receipt p50, ms', 'p99', 'delivery marks a message', 'users', 'rounds', 'every message once, in order',
  ], rows);
}

function idleTable(records) {
  const parts = [...new Set(records.map(({ part }) => part))].filter((part) => part.startsWith(partOf('idle ')));
  const rows = parts.sort((a, b) => a.length - b.length || a.localeCompare(b)).flatMap((part) => {
    const groups = grouped(records, part);
    const bytes = (all) => medianOf(all, (one) => one.bytesEach.server);
    const ours = groups.find(([name]) => name === 'parley')?.[1];
    return groups.map(([name, all]) => [
      `\`${name}\``, whole(all[0].connections), whole(bytes(all)), ours ? `${number(bytes(all) / bytes(ours))} ×` : '',
      whole(medianOf(all, (one) => one.bytesEachAtOnce.server)), whole(medianOf(all, (one) => one.bytesEach.database)), `${all.length}`,
    ]);
  });
  return table(['server', 'connections', 'private bytes each, at rest', 'against parley', 'just after connecting', 'its database, bytes each', 'rounds'], rows);
}

function describe([name, { like, what, message, acknowledged }]) {
  if (like) return `- \`${name}\`: as \`${like}\`, but ${message}.`;
  return `- \`${name}\`: ${what}. A message: ${message}. Acknowledged: ${acknowledged}.`;
}

export const titleOfOthers = 'Beside other chat servers';

/** The section's paragraphs. */
export function otherChatServers(records) {
  const ours = records.filter(isOfOthers);
  const has = (part) => ours.some((one) => one.part.startsWith(partOf(part)));
  const measured = Object.entries(chatServers).filter(([name]) => ours.some((one) => one.server === name));
  return [
    'By `bench/others`: each server is driven in its own protocol by its official client on Node.js, Parley by `socket.io-client`. Users in pairs, each with one message under way (the next one goes when the last is acknowledged), 100 bytes of text, three seconds of warm-up. ' +
      'The server and its database have core 0, the driver core 1; TLS and compression are off, logs say errors alone. CPU time is that of all their processes. The driver costs more than a fast server, which is then not fully loaded and has less to do at a time; read the CPU time, not the rate. ' +
      'A message of the contract is seven packets to the two clients, one of Centrifugo two, so its client gets more through. Who has no receipts is to be compared with `parley-unconfirmed`. With two users a RAM disk (`parley-ram`) saves Parley what a sync of the disk costs; why it needed more with many users here was not looked into (by `parley bench`, saturated and at 12,000 messages a second, it does not).',
    ...(has('send') ? [sendTable(ours, 'send'), 'Kept busy by `parley bench`, whose receivers confirm nothing, a message costs Parley what the first table of this document says.'] : []),
    ...(has('alone') ? ['The same with two users, where nothing can be done together. Each message that is durable pays for a write to the disk of its own, which costs Parley more than all else, and more than all that a server does which keeps messages in memory; `parley-ram` shows what is left without the disk.', sendTable(ours, 'alone')] : []),
    ...(has('idle') ? ['Memory for each connected, authenticated user who is ready to receive: growth from 500 users on, two minutes after the last one came; its database\'s is the proportional share.', idleTable(ours)] : []),
    measured.map(describe).join('\n'),
  ];
}
