// Pairs of clients in a closed loop: the sender's next message goes out when the last one is acknowledged as durable.
import { CheapClient } from '../tests/lib/cheap_client.js';
import { person } from '../tests/lib/people.js';
import { pause } from '../tests/lib/wait.js';

const content = 'x'.repeat(100);

/** A sender and its receiver. */
class Pair {
  static async connect(from, to) {
    const [sender, receiver] = [await person(from, 's'), await person(to, 'r')];
    const pair = new Pair();
    pair.sender = await CheapClient.connect(from.port, sender.token);
    pair.receiver = await CheapClient.connect(to.port, receiver.token);
    pair.draft = `{"receiverId":"${receiver.id}","content":"${content}"}`;
    return pair;
  }

  /** Sends until `tally.stopped`. */
  run(tally) {
    const began = performance.now();
    this.sender.ask('send_message', this.draft, (payload, start) => {
      if (payload.indexOf('"ok":true', start) < 0) throw new Error(payload.toString());
      tally.count += 1;
      tally.latencies.push(performance.now() - began);
      if (!tally.stopped) this.run(tally);
    });
  }
}

/** `count` connected pairs; pair n writes from `ends(n)[0]` to `ends(n)[1]`, which are servers. */
export async function connectPairs(count, ends) {
  const all = [];
  for (let start = 0; start < count; start += 25) {
    const part = Array.from({ length: Math.min(25, count - start) }, (_, index) => Pair.connect(...ends(start + index)));
    all.push(...(await Promise.all(part)));
  }
  return all;
}

/**
 * Runs the loop and measures `seconds` of it after a warm-up.
 * @param cpus functions that give microseconds of CPU used so far, by name; the result has what each used
 */
export async function measure(pairs, { seconds, warmUp = 2, cpus }) {
  const tally = { count: 0, latencies: [], stopped: false };
  pairs.forEach((pair) => pair.run(tally));
  await pause(warmUp * 1000);
  const events = () => pairs.reduce((sum, pair) => sum + pair.receiver.events, 0);
  const used = () => Object.fromEntries(Object.entries(cpus).map(([name, cpu]) => [name, cpu()]));
  const before = { count: tally.count, used: used(), own: process.cpuUsage(), events: events(), time: performance.now() };
  tally.latencies.length = 0;
  await pause(seconds * 1000);
  const took = (performance.now() - before.time) / 1000;
  const own = process.cpuUsage(before.own);
  const now = used();
  const count = tally.count - before.count;
  const result = {
    took, count,
    cpu: Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - before.used[name]])),
    generator: own.user + own.system,
    eventsPerMessage: (events() - before.events) / count,
    latencies: [...tally.latencies].sort((a, b) => a - b),
  };
  tally.stopped = true;
  return result;
}

export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
}

export function close(pairs) {
  pairs.forEach((pair) => [pair.sender, pair.receiver].forEach((client) => client.close()));
}
