/** Watches what becomes of people whose node was killed: offline everywhere within the lease, and told once. */
import { Device } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { Starvation } from '../lib/starvation.js';
import { pause, until } from '../lib/wait.js';
import { allSay, at, heard, lease } from './setup.js';

const slack = 1000;
const generous = 60_000;  // For what is promised to happen, but not how soon.

export class Watch {
  /** On each node somebody who never comes back by himself, and a guard who watches all of these. */
  static async start(cluster) {
    const watch = new Watch();
    watch.cluster = cluster;
    watch.sleepers = await people(cluster, ...cluster.nodes.map(() => 'sleeper'));
    const guards = await people(cluster, ...cluster.nodes.map(() => 'guard'));
    for (const guard of guards) for (const sleeper of watch.sleepers) await say(guard, sleeper, 'we know each other');
    watch.guards = [];
    for (const [index, node] of cluster.nodes.entries()) {
      const device = new Device(node, guards[index], { reconnect: true, ioOptions: { randomizationFactor: 0 } });
      await device.connect();
      watch.guards.push({ index, device });
    }
    return watch;
  }

  checks = [];
  deaths = [];
  delays = [];
  problems = [];
  told = 0;  // Guards that had to hear of a death, and did once.

  /** A sleeper is on that node when this returns, and everybody knows. */
  async settle(index) {
    await Promise.all(this.checks.filter((each) => each.index === index).map((each) => each.done));
    await until(() => connected(this.cluster.nodes[index], this.sleepers[index]), { what: `a sleeper on node ${index}`, ms: generous });
    await allSay(this.cluster, this.sleepers[index], true, generous);
  }

  /** The node was killed now. Gives what settles when everything about it has been seen. */
  killed(index) {
    const at = Date.now();
    this.deaths.push(at);
    const done = this.goesOffline(index, at).catch((error) => void this.problems.push(error.message));
    this.checks.push({ index, done });
    return done;
  }

  async goesOffline(index, killedAt) {
    const { nodes } = this.cluster;
    const others = nodes.filter((_, other) => other !== index);
    const starvation = new Starvation(this.cluster.processes());
    const mustHear = this.guards.filter((guard) => guard.index !== index && guard.device.socket.connected);
    const before = this.guards.map(({ device }) => ({ drops: device.drops.length, news: this.newsAt(device, index) }));
    try {
      const lastOnline = Math.max(...await Promise.all(others.map((node) => this.untilOffline(index, node, killedAt, starvation))));
      // Whoever died after that may have been the one who was about to tell.
      const isTold = (guard) => guard.device.drops.length > before[guard.index].drops || this.deaths.some((death) => death > lastOnline) ||
        this.newsAt(guard.device, index) > before[guard.index].news;
      await until(() => this.isOver || mustHear.every(isTold), { what: `node ${index} died, and a guard elsewhere hears of it`, ms: generous, every: 50 });
      await pause(Math.max(0, killedAt + lease + slack - Date.now()));
    } finally {
      starvation.stop();
    }
    for (const { index: on, device } of this.guards) {
      const news = this.newsAt(device, index) - before[on].news;
      if (news > 1) throw new Error(`node ${index} died, and a guard on node ${on} heard ${news} times of it`);
      this.told += news;
    }
  }

  newsAt(device, index) {
    return heard(device, 'user_offline', this.sleepers[index]);
  }

  /** Asks a node until it says so, or is dead, too; gives when it was last asked and said online. */
  async untilOffline(index, node, killedAt, starvation) {
    const { id, rest } = at(node, this.sleepers[index]);
    for (let lastOnline = killedAt; ; ) {
      const asked = Date.now();
      const online = await rest.get(`/api/users/${id}/last-seen`).then(({ body }) => body.online, () => undefined);
      if (online === false) this.delays.push(asked - killedAt);
      if (online === false || !node.isRunning || this.isOver) return lastOnline;
      if (asked - killedAt > generous) throw new Error(`node ${index} died, and another one does not answer`);
      if (online === true) {
        lastOnline = asked;
        const bound = lease + slack + starvation.ms;
        if (asked - killedAt > bound) throw new Error(`node ${index} died, and its user is online after ${asked - killedAt} ms (${Math.round(bound)} allowed)`);
      }
      await pause(100);
    }
  }

  async finish() {
    await Promise.all(this.checks.map((each) => each.done));
  }
}

/** A device of somebody who stays away when he has lost it. */
async function connected(node, who) {
  const device = new Device(node, who, { ioOptions: { timeout: generous } });
  try {
    await device.connect(generous);
    return device;
  } catch (error) {
    device.close();
    throw error;
  }
}
