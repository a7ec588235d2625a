/** A cluster for a test file, and what all files ask of it. */
import assert from 'node:assert/strict';
import { test as nodeTest } from 'node:test';

import { Cluster } from '../lib/cluster.js';
import { Device } from '../lib/device.js';
import { Rest } from '../lib/rest.js';
import { Starvation } from '../lib/starvation.js';
import { timed, until } from '../lib/wait.js';

/** The longest that users of a dead node stay online, in milliseconds. */
export const lease = 3000;

/** {cluster, test}: `test` skips, and says so once, where there is no MongoDB server. */
export async function setUp(options) {
  const cluster = await Cluster.start(options);
  const skip = cluster.missing;
  if (skip) console.log(`skipped: ${skip}`);
  return { cluster, test: (name, body) => nodeTest(name, { skip }, body) };
}

/** A person whose REST calls go to one node. */
export function at(node, who) {
  return { ...who, rest: new Rest(node.url, who.token) };
}

/** What every node says of somebody's presence: [{online, lastSeen}]. */
export async function presenceOf(cluster, who) {
  const answers = await Promise.all(cluster.nodes.filter((node) => node.isRunning).map((node) => at(node, who).rest.get(`/api/users/${who.id}/last-seen`)));
  return answers.map(({ body }) => ({ online: body.online, lastSeen: body.lastSeen }));
}

/** Waits until every running node says that. Each question costs the database one, too: they are few. */
export async function allSay(cluster, who, online, ms = 30_000) {
  await until(async () => (await presenceOf(cluster, who)).every((each) => each.online === online), { what: `${who.username} ${online ? 'online' : 'offline'} everywhere`, ms, every: 60 });
}

/** What `work` gives; it may take `ms`, and as much more as the machine keeps it waiting. */
export async function promptly(cluster, ms, what, work) {
  const starvation = new Starvation(cluster.processes());
  try {
    const { value, ms: took } = await timed(work);
    const bound = ms + starvation.ms;
    assert.ok(took <= bound, `${what} took ${Math.round(took)} ms, ${Math.round(bound)} allowed`);
    return value;
  } finally {
    starvation.stop();
  }
}

export const contents = (messages) => messages.map((message) => message.content);
export const ids = (messages) => messages.map((message) => message._id);
export const numbers = (count) => Array.from({ length: count }, (_, index) => `${index}`);

/** Events of a name that a device got, about the user. */
export const heard = (device, name, who) => device.all(name, (event) => event.userId === who.id).length;

/** Devices of somebody, one on each of these nodes. */
export function devicesOn(nodes, who, options) {
  return Promise.all(nodes.map((node) => Device.connect(node, who, options)));
}
