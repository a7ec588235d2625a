// Every number that docs/scaling.md rests on, with where it comes from. `measured`: a command of this repository on a machine
// of 2 cores, Debian 12, loopback, noisy by some 20 %. `assumed`: nobody measured it here; change it and look what moves.
const measured = (value, unit, source) => ({ value, unit, kind: 'measured', source });
const assumed = (value, unit, source) => ({ value, unit, kind: 'assumed', source });

export const parameters = {
  online: assumed(0.25, 'of users', 'connected at the busiest hour'),
  messagesPerDay: assumed(40, 'a user', 'sent, each to one person'),
  peak: assumed(3, '× the mean', 'the busiest hour against the day'),
  devices: assumed(1.3, 'a user online', 'a phone, and now and then a browser'),
  contacts: assumed(20, 'a user', 'people who share a conversation: who hears of presence'),
  sessions: assumed(6, 'a day', 'times that a user comes and goes'),
  readsPerMessage: assumed(1, '', 'REST pages, lists and syncs for each message sent'),
  storedBytes: assumed(600, 'bytes', 'a message in MongoDB with its three indexes, compressed'),

  cpuMessage: measured(23, 'µs', 'bench/compare, 1,000 users: stored in the embedded store, delivered, echoed, acknowledged; all threads'),
  cpuNode: assumed(150, 'µs', 'the same on a node with MongoDB and Redis: driver, BSON, a Redis hop; bench/cluster measures it'),
  cpuRead: measured(125, 'µs', 'store_benchmark: a page of history in the embedded store with 10 million messages; the list 293, a sync 146. Taken for MongoDB, too'),
  cpuEvent: measured(11, 'µs', 'bench/cluster-fanout: the receiving node of one event'),
  cpuEventElsewhere: measured(1.8, 'µs', 'bench/cluster-fanout: classic, each node that nobody asked for; sharded 0.0'),
  cpuRedisEvent: measured(4.8, 'µs', 'bench/cluster-fanout: sharded, 8 nodes: one PUBLISH to one node'),
  cpuConnect: assumed(400, 'µs', 'TCP, upgrade, token, presence, first sync; without TLS. bench/compare --part storm: 121 with the embedded store; the rest is for Redis and MongoDB'),
  redisConnectOps: assumed(6, 'commands', 'presence script, subscription, limit, and the same when leaving'),
  cpuRedisOp: assumed(5, 'µs', 'a command, or a line of a script'),
  redisMessageOps: assumed(2, 'publications', 'one channel for the receiver, one for the sender; receipts share them'),
  idleBytes: measured(1642, 'bytes', 'bench/idle-memory 10000: user space, an authenticated WebSocket'),
  kernelBytes: assumed(4096, 'bytes', 'the socket in the kernel, idle'),
  redisUserBytes: assumed(500, 'bytes', 'presence of a user online with their devices, and the subscription'),
  mongoWrites: assumed(3.5, 'documents', 'insert, conversation, delivered, read; marks share commands, not documents'),
  mongoWritesPerSecond: assumed(20_000, 'documents/s', 'one replica set with majority and journal; never measured here'),
  mongoRoundTrip: assumed(5_000, 'µs', 'the mean of one write with majority and journal; exponential, for want of a measurement'),
  mongoBytes: assumed(2e12, 'bytes', 'data that one replica set should hold'),

  cores: assumed(8, 'cores', 'of a node'),
  load: assumed(0.5, 'of a core', 'at the peak, so that a third of the nodes may be away'),
  nodeConnections: assumed(100_000, 'connections', 'more would make the death of one node a worse storm than the simulation shows'),
  committerShare: assumed(0.5, 'of a core', 'the one thread of the embedded store'),
  committerMessage: measured(6, 'µs', 'parley bench send --server-pid, 1,000 users, saturated: the thread named committer'),
};

export const valueOf = Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, one.value]));
