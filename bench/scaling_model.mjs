// On paper: what N users need. Plain arithmetic on the parameters.
const day = 86_400;

/** Rates at the peak, and what they need. */
export function needs(users, p) {
  const online = users * p.online;
  const connections = online * p.devices;
  const messages = (users * p.messagesPerDay * p.peak) / day;
  const comings = (users * p.sessions * p.peak) / day;
  // Comes and goes; each is told to the contacts who are online.
  const presence = 2 * comings * p.contacts * p.online;
  const cpu = (messages * (p.cpuNode + p.readsPerMessage * p.cpuRead) + comings * p.cpuConnect + presence * p.cpuEvent) / 1e6;
  const byCpu = cpu / (p.cores * p.load);
  const byConnections = connections / p.nodeConnections;
  const nodes = Math.max(1, Math.ceil(byCpu), Math.ceil(byConnections));
  const redisMessages = (messages * p.redisMessageOps * p.cpuRedisEvent) / 1e6;
  const redisPresence = (presence * p.cpuRedisEvent + comings * p.redisConnectOps * p.cpuRedisOp) / 1e6;
  const byWrites = (messages * p.mongoWrites) / p.mongoWritesPerSecond;
  const byBytes = (users * p.messagesPerDay * 365 * p.storedBytes) / p.mongoBytes;
  return {
    users, online, connections, messages, comings, presence, cpu, byCpu, byConnections, nodes,
    // Classic: every node gets every presence event.
    classicCpu: (presence * p.cpuEventElsewhere * (nodes - 1)) / 1e6,
    nodeMemory: connections * (p.idleBytes + p.kernelBytes),
    redisMessages, redisPresence, redisCpu: redisMessages + redisPresence, redisMemory: online * p.redisUserBytes,
    byWrites, byBytes, mongoShards: Math.max(1, Math.ceil(byWrites), Math.ceil(byBytes)),
  };
}

/** The users at which each limit is reached, the first first. */
export function limits(p) {
  const one = needs(1e9, p);
  const at = (used, limit) => (1e9 * limit) / used;
  const rows = [
    ['embedded store: the connections of one process', at(one.connections, p.nodeConnections), 'MongoDB and nodes'],
    ['embedded store: its one committer thread', at((one.messages * p.committerMessage) / 1e6, p.committerShare), 'MongoDB and nodes'],
    ['MongoDB: writes of one replica set', at(one.byWrites, 1), 'sharding'],
    ['MongoDB: a year of messages in one replica set', at(one.byBytes, 1), 'sharding, or an archive'],
    ['Redis: one core, sharded adapter', at(one.redisCpu, p.load), 'Redis Cluster, not supported yet'],
    ['Redis: 64 GB of presence', at(one.redisMemory, 64e9), 'Redis Cluster, not supported yet'],
    ['node numbers: 24 random bits, two nodes share one with probability 1/2', at(one.nodes, Math.sqrt(2 * Math.log(2) * 2 ** 24)), 'numbers that are leased'],
  ];
  const classic = classicLimit(p);
  rows.push(['classic adapter: other nodes\' presence takes a tenth of each node', classic, 'CLUSTER_ADAPTER=sharded']);
  return rows.sort((a, b) => a[1] - b[1]);
}

function classicLimit(p) {
  let low = 1e3, high = 1e9;
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(low * high);
    const n = needs(middle, p);
    if (n.classicCpu > 0.1 * n.nodes * p.cores * p.load) high = middle;
    else low = middle;
  }
  return low;
}
