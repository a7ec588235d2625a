/** Where operators work: a server on one of the stores, and the commands with the settings of that server. */
import { Mongo } from '../lib/mongo.js';
import { Redis } from '../lib/redis.js';
import { parley, Server } from '../lib/server.js';

const mongo = await Mongo.start();
const redis = mongo.missing ? undefined : await Redis.start();
for (const started of [mongo, redis]) started?.child?.unref();

/** {name, skip, start}: `start` gives a place that runs. */
export const stores = [
  { name: 'the embedded store', start: () => Place.start({}) },
  {
    name: 'MongoDB and Redis',
    skip: mongo.missing,
    start: () => Place.start({ MONGO_URI: mongo.newDatabase(), REDIS_URL: redis.url }),
  },
];

export async function closeStores() {
  if (!mongo.missing) await Promise.all([mongo.destroy(), redis.destroy()]);
}

export class Place {
  static async start(store) {
    const place = new Place();
    place.store = store;
    place.server = await Server.start({ env: { ...store, QUIET_PERIOD: '0', PRESENCE_LEASE: store.REDIS_URL ? '3s' : '30s' } });
    return place;
  }

  /** Runs `parley …` on the same data; gives {code, stdout, stderr}. */
  run(...args) {
    return parley(args, { env: { DATA_DIR: this.server.dataDir, MONGO_URI: '', REDIS_URL: '', LOG_LEVEL: 'error', HASH_COST: '4', ...this.store } });
  }

  /** The same; what it printed as JSON. Throws when it failed. */
  async json(...args) {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`parley ${args.join(' ')}: ${code} ${stderr}`);
    return JSON.parse(stdout);
  }

  destroy() {
    return this.server.destroy();
  }
}
