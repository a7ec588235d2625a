/** A crowd on a cluster that is being hurt: members and one who writes over REST, all they saw, and what is wrong with it. */
import { people } from '../lib/people.js';
import { check } from '../recovery/checker.js';
import { allPushed, peek, repeatSome } from '../recovery/crowd.js';
import { Member, RestSender } from '../recovery/member.js';
import { randomFrom } from '../recovery/random.js';
import { Record } from '../recovery/record.js';
import { allSay } from './setup.js';
import { agreedView } from './views.js';

// FerretDB reads a whole collection for each question: what counts is what is under way when something happens.
const messagesPerSecond = 1;  // Of each member.
const burst = 4;  // Of each member, right before something happens.
const deadline = 60_000;  // For what is promised to happen, but not how soon.

/** Where each member connects, and how: the balancer, or a node of its own, as polling without stickiness needs. */
const kinds = [
  { where: 'balancer', acks: true }, { where: 'balancer', acks: true }, { where: 'balancer', acks: true }, { where: 'balancer' },
  { where: 0, transports: ['polling', 'websocket'] }, { where: 1, transports: ['polling'], acks: true },
];

/** A record that also knows the longest time without an acknowledgement that a member had. */
class TimedRecord extends Record {
  longestGap = 0;
  last = new Map();

  acknowledged(member, send, message, from) {
    const now = Date.now();
    if (!this.isOver) this.longestGap = Math.max(this.longestGap, now - (this.last.get(member.id) ?? now));
    this.last.set(member.id, now);
    super.acknowledged(member, send, message, from);
  }
}

export class Crowd {
  /** A crowd that writes from now on, until `finish`. `release` belongs into the test's `after`. */
  static async start(cluster, seed) {
    const crowd = new Crowd();
    const persons = await people(cluster, ...kinds.map(() => 'crowd'), 'rest');
    Object.assign(crowd, { cluster, persons, record: new TimedRecord(), random: randomFrom(seed) });
    const writer = persons.at(-1);
    crowd.members = kinds.map(({ where, ...options }, index) =>
      new Member(where === 'balancer' ? cluster : cluster.nodes[where], persons[index], crowd.record, randomFrom(seed + 1 + index), { ...options, patient: true, window: burst + 1 }));
    crowd.members.forEach((member) => crowd.record.addReceiver(member));
    crowd.members.forEach((member) => member.start(persons.filter((other) => other.id !== member.id && other !== writer), messagesPerSecond));
    crowd.rest = new RestSender(cluster, writer, crowd.record, { between: 400 });
    crowd.rest.start(persons.slice(0, 3));
    crowd.peeking = peek(crowd.record, persons, randomFrom(seed + 99), () => crowd.isOver, 400);
    return crowd;
  }

  /** Everybody has more to say. */
  burst() {
    for (const member of this.members) for (let count = 0; count < burst; count += 1) member.produce();
  }

  /** How many messages wait for their acknowledgement. */
  get underWay() {
    return this.members.reduce((sum, member) => sum + member.pending.length, 0);
  }

  /** Waits until all is told and acknowledged; gives what is stored and what is wrong: {stored, findings}. */
  async finish() {
    const { cluster, members, record } = this;
    record.isOver = true;
    members.forEach((member) => member.quiet());
    await this.rest.quiet();
    await this.allSettled();
    repeatSome(members, record, this.random);
    await this.allSettled();
    for (const member of members) await member.caughtUp(deadline);
    await allPushed(members, record, deadline);
    this.isOver = true;
    await this.peeking;
    for (const member of members) await allSay(cluster, member.person, true, deadline);
    members.forEach((member) => member.close());
    for (const member of members) await allSay(cluster, member.person, false, deadline);
    const seen = { ...record, ...(await agreedView(cluster, this.persons, deadline)) };
    const findings = check(seen);
    findings.reordered = check({ ...seen, sends: seen.sends.filter((send) => !send.wasRefused) }).reordered;
    return { stored: seen.stored, findings };
  }

  async allSettled() {
    for (const [index, member] of this.members.entries()) {
      await member.settled(deadline).catch((error) => {
        throw new Error(`${error.message}; it is ${JSON.stringify(kinds[index])}, waits for ${member.pending.map((send) => send.clientId)}\n${this.cluster.tails()}`);
      });
    }
  }

  /** What the run was like, in a line. */
  summary({ stored, findings }) {
    const { members, record } = this;
    const messages = [...stored.values()].reduce((sum, list) => sum + list.length, 0);
    const reconnects = members.reduce((sum, member) => sum + member.connection - 1, 0);
    return `${record.acknowledgedCount} acknowledged, ${messages} stored, ${findings.lost.length} lost, ${findings.duplicated.length} duplicated, ` +
      `${findings.reordered.length + findings.disordered.length} reordered, ${reconnects} reconnects, ` +
      `${record.sends.filter((send) => send.wasRefused).length} refused for a while, longest gap ${record.longestGap} ms`;
  }

  /** Ends what a test that failed has left. */
  release() {
    this.isOver = true;
    this.rest.abandon();
    this.members.forEach((member) => member.close());
  }
}
