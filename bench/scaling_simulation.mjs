// By simulation: what averages hide. Every run is the same run: the numbers come from a seed.

/** Uniform numbers in [0, 1): mulberry32. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const percentile = (values, q) => Float64Array.from(values).sort()[Math.min(values.length - 1, Math.floor(q * values.length))];

/**
 * One shard as a queue with one server: messages arrive at random, `service` µs each, and one of `pageEvery` is `page` µs of
 * something longer. Waiting and service in µs; the disk's turn comes on top.
 */
export function shard(load, { service, page, pageEvery, count = 400_000, seed = 1 }) {
  const random = uniform(seed);
  const mean = service + (page - service) / pageEvery;
  const times = new Float64Array(count);
  let now = 0, free = 0;
  for (let i = 0; i < count; i++) {
    now += (-Math.log(1 - random()) * mean) / load;
    free = Math.max(now, free) + (random() < 1 / pageEvery ? page : service);
    times[i] = free - now;
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  return { mean: total / count, p50: percentile(times, 0.5), p99: percentile(times, 0.99), p999: percentile(times, 0.999) };
}

/**
 * A node dies: its clients come back to the others, each after a random wait of up to 1 s, then, while the answer takes longer
 * than `patience` seconds, again after up to 5 s. In steps of 10 ms. A try that was given up was work all the same.
 */
export function storm(clients, { others, capacity, load, cost, patience, seed = 1 }) {
  const random = uniform(seed);
  const step = 0.01, perStep = (others * capacity * (1 - load) * step) / cost;
  const due = [];
  const plan = (at) => { const slot = Math.ceil(at / step); (due[slot] ??= { count: 0 }).count++; };
  for (let i = 0; i < clients; i++) plan(random());
  let queue = [], head = 0, back = 0, tries = clients, room = 0;
  for (let slot = 0; slot * step < 600; slot++) {
    for (let i = due[slot]?.count ?? 0; i > 0; i--) queue.push(slot * step);
    for (room = Math.min(room + perStep, perStep + 1); room >= 1 && head < queue.length; room--) {
      const waited = slot * step - queue[head++];
      if (waited <= patience) back++;
      else { tries++; plan(slot * step + 1 + 4 * random()); }
    }
    if (back === clients) return { seconds: slot * step, tries: tries / clients };
  }
  return { seconds: Infinity, tries: tries / clients };
}

/**
 * One conversation that `nodes` nodes write to, in all `rate` messages a second. A node takes all that waits and asks for the
 * next places in one round trip; when another node was there first it is refused, reads the tail, and asks again (ADR 0006).
 */
export function conversation(nodes, rate, { roundTrip, count = 50_000, seed = 1 }) {
  const random = uniform(seed);
  const arrivals = Array.from({ length: nodes }, () => []);
  for (let i = 0, now = 0; i < count; i++) {
    now += -Math.log(1 - random()) / rate;
    arrivals[Math.floor(random() * nodes)].push(now);
  }
  const writers = arrivals.map((times) => ({ times, done: 0 }));
  const start = (writer, from) => {
    writer.begin = Math.max(from, writer.times[writer.done] ?? Infinity);
    writer.end = writer.begin + roundTrip * -Math.log(1 - random());
  };
  for (const writer of writers) start(writer, 0);
  const latencies = [];
  let stored = -1, rounds = 0;
  while (latencies.length < count) {
    const writer = writers.reduce((a, b) => (b.end < a.end ? b : a));
    rounds++;
    if (stored > writer.begin) {
      rounds++;
      start(writer, writer.end + roundTrip * -Math.log(1 - random()));
      continue;
    }
    stored = writer.end;
    for (const { begin, end } = writer; writer.times[writer.done] <= begin; writer.done++) latencies.push(end - writer.times[writer.done]);
    start(writer, stored);
  }
  return { p99: percentile(latencies, 0.99), rounds: rounds / count };
}
