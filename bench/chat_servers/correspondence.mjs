/** Users in pairs who write to each other, one message of each under way, and what is checked of it. */
import { inParallel, pause } from '../../tests/lib/wait.js';

const bytes = 100;
const problemsKept = 10;
const together = 16;

/** What all users have done, and what went wrong. */
class Tally {
  sent = 0;
  acknowledged = 0;
  received = 0;
  delivered = 0;
  problems = [];
  latencies = { acknowledgement: [], receipt: [] };

  fail(what) {
    if (this.problems.length < problemsKept) this.problems.push(what);
  }
}

/** One user: writes to `partner` and hears from it. */
class Correspondent {
  constructor(tally) {
    this.tally = tally;
    this.sent = 0;
    this.acknowledged = 0;
    this.delivered = 0;
    this.heard = 0;
    /** When the messages were sent that have not been heard, and that have not been acknowledged; oldest first. */
    this.unheard = [];
    this.unanswered = [];
  }

  /** Sends the next message; after its acknowledgement the one after it, until `stop`. */
  write() {
    this.sent += 1;
    this.tally.sent += 1;
    const now = performance.now();
    this.unheard.push(now);
    this.unanswered.push(now);
    this.client.send(this.partner.user, `${this.sent} `.padEnd(bytes, 'x'), this.sent);
  }

  acknowledgedOne(number) {
    if (number !== this.acknowledged + 1) this.tally.fail(`message ${number} was acknowledged after ${this.acknowledged}`);
    this.acknowledged = number;
    this.tally.acknowledged += 1;
    this.tally.latencies.acknowledgement.push(performance.now() - this.unanswered.shift());
    if (!this.tally.stopped) this.write();
  }

  receivedOne(text) {
    const number = Number.parseInt(text, 10);
    const expected = this.heard + 1;
    if (number < expected) return this.tally.fail(`message ${number} came once more, or after ${this.heard}`);
    if (number > expected) this.tally.fail(`message ${number} came after ${this.heard}: lost, or out of order`);
    if (text.length !== bytes) this.tally.fail(`a message of ${bytes} bytes came with ${text.length}`);
    const { unheard } = this.partner;
    for (let skipped = expected; skipped < number; skipped += 1) unheard.shift();
    this.heard = number;
    this.tally.received += 1;
    return this.tally.latencies.receipt.push(performance.now() - unheard.shift());
  }

  deliveredMore(count) {
    this.delivered += count;
    this.tally.delivered += count;
    if (this.delivered > this.sent) this.tally.fail(`${this.delivered} messages were marked as delivered, and ${this.sent} sent`);
  }

  get hears() {
    return {
      received: (text) => this.receivedOne(text),
      acknowledged: (number) => this.acknowledgedOne(number),
      delivered: (count) => this.deliveredMore(count),
      failed: (what) => this.tally.fail(what),
    };
  }

  /** Whether all that it sent is where it should be. */
  isComplete(marks) {
    return this.acknowledged === this.sent && this.partner.heard === this.sent && (!marks || this.delivered === this.sent);
  }
}

export class Correspondence {
  /** Everybody connected, nobody writing. @param users an even number of them @param connect as of an adapter */
  static async begin(users, connect) {
    const all = new Correspondence();
    all.people = users.map((user) => Object.assign(new Correspondent(all.tally), { user }));
    all.people.forEach((person, index) => (person.partner = all.people[index ^ 1]));
    await inParallel(users.length, together, async (index) => {
      const person = all.people[index];
      person.client = await connect(person.user, person.hears);
    });
    await inParallel(users.length / 2, together, async (pair) => {
      for (const person of all.people.slice(2 * pair, 2 * pair + 2)) await person.client.meet(person.partner.user);
    });
    return all;
  }

  tally = new Tally();
  people = [];

  get sent() {
    return this.tally.sent;
  }

  /** Everybody begins to write. */
  start() {
    this.people.forEach((person) => person.write());
  }

  /** What was counted and timed in the next seconds. */
  async during(seconds) {
    const { tally } = this;
    const before = { ...tally };
    tally.latencies = { acknowledgement: [], receipt: [] };
    const began = performance.now();
    await pause(seconds * 1000);
    const { latencies } = tally;
    tally.latencies = { acknowledgement: [], receipt: [] };
    const counted = (name) => tally[name] - before[name];
    return { seconds: (performance.now() - began) / 1000, received: counted('received'), delivered: counted('delivered'), latencies };
  }

  /** Nobody writes any more; waits for what is under way, and gives what went wrong. @param marks whether every message is marked as delivered in the end */
  async end({ marks, patience }) {
    const { tally, people } = this;
    tally.stopped = true;
    const end = performance.now() + patience * 1000;
    while (performance.now() < end && !people.every((person) => person.isComplete(marks))) await pause(20);
    await pause(200);  // For what comes once too often.
    const missing = (what, count) => {
      if (count > 0) tally.fail(`${count} messages were never ${what}`);
    };
    missing('acknowledged', tally.sent - tally.acknowledged);
    missing('received', tally.sent - tally.received);
    if (marks) missing('marked as delivered to their sender', tally.sent - tally.delivered);
    people.forEach((person) => person.client.close());
    return tally.problems;
  }
}
