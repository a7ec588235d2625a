/** A PostgreSQL server of the bench's own, from the Debian package, durable as it is by default. */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from '../../tests/lib/child.js';
import { freePort } from '../../tests/lib/ports.js';
import { temporaryDirectory } from '../../tests/lib/server.js';
import { until } from '../../tests/lib/wait.js';

const installed = '/usr/lib/postgresql';
const user = 'postgres';
/** It refuses to run as root. */
const asItsUser = process.getuid() === 0 ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : [];

function program(name) {
  const version = existsSync(installed) && readdirSync(installed).sort((a, b) => b - a)[0];
  if (!version) throw new Error('PostgreSQL is not there: apt-get install postgresql');
  return join(installed, version, 'bin', name);
}

function run(name, ...args) {
  const [command, ...rest] = [...asItsUser, program(name), ...args];
  return execFileSync(command, rest, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
}

export class Postgres {
  static async start(wrap) {
    const postgres = new Postgres();
    Object.assign(postgres, { port: await freePort(), user });
    const directory = temporaryDirectory();
    if (asItsUser.length > 0) {
      const idOf = (flag) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
      chownSync(directory, idOf('-u'), idOf('-g'));
    }
    const data = join(directory, 'data');
    run('initdb', '--pgdata', data, '--username', user, '--auth', 'trust', '--encoding', 'UTF8', '--no-locale');
    const [command, ...args] = [
      ...wrap, ...asItsUser, program('postgres'), '-D', data, '-p', `${postgres.port}`, '-k', directory,
      ...['listen_addresses=127.0.0.1', 'shared_buffers=256MB', 'max_connections=200', 'log_min_messages=fatal'].flatMap((setting) => ['-c', setting]),
    ];
    postgres.child = new Child(command, args, { cwd: '/' });
    await until(() => postgres.query('SELECT 1'), { what: () => `postgres\n${postgres.child.output}`, ms: 20_000, every: 100 });
    return postgres;
  }

  get pid() {
    return this.child.pid;
  }

  /** Gives what psql prints. */
  query(sql, database = user) {
    return this.psql(database, '-c', sql);
  }

  runFile(path, database) {
    return this.psql(database, '-f', path);
  }

  psql(database, ...what) {
    return run('psql', '-h', '127.0.0.1', '-p', `${this.port}`, '-U', user, '-d', database, '-Atq', '-v', 'ON_ERROR_STOP=1', ...what);
  }

  /** Ends it with its children, which SIGKILL would leave behind for a moment. */
  async stop() {
    this.child.signal('SIGINT');
    await this.child.ended;
  }
}
