/** Nodes of Parley that share a MongoDB and a Redis, behind a balancer; each with a folder of its own. */
import { Balancer } from './balancer.js';
import { Link } from './link.js';
import { Mongo } from './mongo.js';
import { freePort } from './ports.js';
import { Redis } from './redis.js';
import { Server } from './server.js';
import { until } from './wait.js';

export class Cluster {
  /**
   * Everything started and ready; `missing` is set instead when there is no MongoDB server.
   * @param options {nodes, env, mongo, redis, wrap, advertise, linked}: env for every node, or what gives it for a node's
   *   number; mongo and redis when they are shared with others; advertise: nodes forward requests for each other's
   *   sessions; linked: each node has a way of its own to Redis and MongoDB, in `links`
   */
  static async start({ nodes = 3, env = {}, mongo, redis, wrap, advertise = false, linked = false } = {}) {
    const cluster = new Cluster();
    cluster.owned = [];
    cluster.nodes = [];
    cluster.links = [];
    cluster.mongo = mongo ?? cluster.own(await Mongo.start());
    if (cluster.mongo.missing) return Object.assign(cluster, { missing: cluster.mongo.missing });
    cluster.redis = redis ?? cluster.own(await Redis.start());
    cluster.database = cluster.mongo.newDatabase();
    const shared = { MONGO_URI: cluster.database, REDIS_URL: cluster.redis.url, PRESENCE_LEASE: '3s', SHARDS: '1' };
    try {
      for (let index = 0; index < nodes; index += 1) {
        const port = await freePort();
        const own = { ...(advertise && { ADVERTISE: `127.0.0.1:${port}` }), ...(linked && (await cluster.link())) };
        const given = typeof env === 'function' ? env(index) : env;
        cluster.nodes.push(cluster.own(await Server.start({ env: { ...shared, ...given, ...own }, port, wrap })));
      }
      cluster.balancer = cluster.own(await Balancer.start(cluster.nodes.map((node) => node.port)));
    } catch (error) {
      await cluster.destroy().catch(() => {});
      throw error;
    }
    return cluster;
  }

  /** A node's ways, and the settings that make it take them. */
  async link() {
    const database = new URL(this.database);
    const ways = { redis: this.own(await Link.start(this.redis.port)), mongo: this.own(await Link.start(Number(database.port))) };
    this.links.push(ways);
    database.port = `${ways.mongo.port}`;
    database.searchParams.set('directConnection', 'true');  // A replica set would tell the node another way.
    return { MONGO_URI: database.href, REDIS_URL: `redis://127.0.0.1:${ways.redis.port}` };
  }

  own(part) {
    this.owned.unshift(part);
    return part;
  }

  /** The balancer's address: each connection gets the next node. */
  get url() {
    return this.balancer.url;
  }

  get port() {
    return this.balancer.port;
  }

  /** SIGKILL of one node; the others know nothing of it. */
  async kill(index) {
    await this.nodes[index].kill();
  }

  /** What /readyz of a node says. */
  async readiness(index) {
    const answer = await fetch(`${this.nodes[index].url}/readyz`, { headers: { connection: 'close' } });
    return { status: answer.status, text: await answer.text() };
  }

  /** Waits until every node's readiness fits. */
  async ready(fits = ({ status, text }) => status === 200 && !text.includes('degraded'), ms = 15_000) {
    for (const index of this.nodes.keys()) {
      await until(async () => fits(await this.readiness(index)), { what: () => `readiness of node ${index}\n${this.nodes[index].tail()}`, ms });
    }
  }

  /** The ids of all that run. */
  processes() {
    return [...this.nodes, this.redis, this.mongo].map((part) => part.pid).filter((pid) => pid !== undefined);
  }

  /** What the nodes wrote last, for messages. */
  tails() {
    return this.nodes.map((node, index) => `--- node ${index}\n${node.tail()}`).join('\n');
  }

  async destroy() {
    const problems = [];
    for (const part of this.owned) await part.destroy().catch((error) => problems.push(error));
    if (problems.length > 0) throw problems[0];
  }
}
