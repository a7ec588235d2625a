/** The Debian package as a service of a real systemd, in a guest: what the unit allows the server, and what the server makes of it. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { missingForGuest, runInGuest } from '../lib/guest.js';
import { temporaryDirectory } from '../lib/server.js';
import { buildPackage, root, run } from './place.js';

/** Each line that the tests look at begins with what it is about. */
const script = `
set -euo pipefail
trap 'echo "line $LINENO failed"; systemctl status --no-pager parley; journalctl --no-pager --unit parley | tail -n 30' ERR
export DEBIAN_FRONTEND=noninteractive HOME=/root
api=http://127.0.0.1:8000/api
say() { local about=$1; shift; echo "$about: $("$@" 2>&1 | tr '\\n' ' ')"; }
post() { curl -sS "$api/$1" -H 'content-type: application/json' -d "$2"; }
main_pid() { systemctl show --property MainPID --value parley; }
ready() { for _ in {1..150}; do curl -sf http://127.0.0.1:8000/readyz >/dev/null && return; sleep 0.2; done; false; }
login() { post auth/login '{"email":"ann@example.org","password":"correct horse"}' | grep -o '"message":"[^"]*"'; }

# What a unit refuses is fatal here, so that it is seen.
for unit in parley parley-worker; do
  mkdir /etc/systemd/system/$unit.service.d
  printf '[Service]\\nSystemCallErrorNumber=kill\\n' >/etc/systemd/system/$unit.service.d/strict.conf
done
dpkg --install /guest/parley.deb >/run/install.log 2>&1 || { cat /run/install.log; false; }
ready
say installed systemctl is-enabled parley
say installed systemctl is-active parley
say user stat --format %U "/proc/$(main_pid)"
say filters sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$(main_pid)/status"
say 'open files' sed -n 's/^Max open files *//p' "/proc/$(main_pid)/limits"
say registered post auth/register '{"username":"ann","email":"ann@example.org","password":"correct horse"}'
parley bench send --users 2 --seconds 1 --warm-up 0 --quiet --accounts /run/accounts | sed -n 's/^checked/traffic/p'
say backup parleyctl backup /var/backups/parley/first
ps -L -o comm=,nice= --pid "$(main_pid)" | sed 's/^/thread: /'

killed=$(main_pid)
kill -9 "$killed"
until [[ $(main_pid) != 0 && $(main_pid) != "$killed" ]]; do sleep 0.2; done
ready
say restarts systemctl show --property NRestarts --value parley
say 'after a crash' login

before=$(main_pid)
systemctl reload parley
[[ $before == "$(main_pid)" ]] && echo 'reload: the same process'
dpkg --install /guest/parley.deb >/run/upgrade.log 2>&1 || { cat /run/upgrade.log; false; }
ready
[[ $before != "$(main_pid)" ]] && echo 'upgrade: another process'
say 'after an upgrade' login

systemctl stop parley
say stopped systemctl show --property Result --value parley
mv /var/lib/parley/db /var/lib/parley/db.damaged
say restored parleyctl restore /var/backups/parley/first
systemctl start parley
say 'after a restore' login

# One node of many: everything in a database and a Redis, mails by a worker.
'${join(root, 'tests/mongo/server')}' /run/mongo 27017 >/run/mongo.txt 2>&1 &
redis-server --save '' >/run/redis.txt 2>&1 &
python3 -u -W ignore -m smtpd -n -c DebuggingServer 127.0.0.1:2525 >/run/mails 2>&1 &
until grep -q '^mongodb://' /run/mongo.txt; do sleep 0.2; done
cat >>/etc/parley/secrets.env <<END
MONGO_URI=$(sed -n 's#^\\(mongodb://[^/]*\\).*#\\1#p' /run/mongo.txt)/parley
REDIS_URL=redis://127.0.0.1:6379
SMTP_URL=smtp://127.0.0.1:2525
PUBLIC_URL=https://chat.example.org
WORKER=apart
END
systemctl restart parley parley-worker
ready
say 'registered as one of many' post auth/register '{"username":"bob","email":"bob@example.org","password":"correct horse"}'
say asked post auth/password/forgot '{"email":"bob@example.org"}'
for _ in {1..150}; do grep -q "^b'To: .*'" /run/mails && break; sleep 0.2; done
sed -n "s/^b'To: \\(.*\\)'/mailed: \\1/p" /run/mails
say worker systemctl is-active parley-worker
say restarts systemctl show --property NRestarts --value parley parley-worker

dpkg --purge parley >/dev/null 2>&1
say purged systemctl is-active parley || true
[[ -d /var/lib/parley/db ]] && echo 'purged: the data is there'
`;

const missing = await missingForGuest();
if (missing) console.log(`skipped: ${missing}`);
describe('the service under systemd', { skip: missing }, () => {
  let said;
  before(async () => {
    const folder = temporaryDirectory();
    await run(join(root, 'tests/mongo/server'), ['--prepare'], { timeout: 600_000 });
    cpSync(await buildPackage(), join(folder, 'parley.deb'));
    const { code, output } = await runInGuest(script, { folder, systemd: true, ms: 900_000 });
    console.log(output);
    assert.equal(code, 0, output);
    said = (about) => output.split('\n').filter((line) => line.startsWith(`${about}: `)).map((line) => line.slice(about.length + 2).trim());
  }, { timeout: 1_500_000 });

  test('is enabled and runs after the installation, as a user of its own and behind filters', () => {
    assert.deepEqual(said('installed'), ['enabled', 'active']);
    assert.deepEqual(said('user'), ['parley']);
    assert.deepEqual(said('filters'), ['2']);
    assert.match(said('open files')[0], /^1048576 /);
  });

  test('registers users and passes messages', () => {
    assert.match(said('registered')[0], /"message":"User registered successfully"/);
    assert.match(said('traffic')[0], /came once and in order/);
  });

  test('lets the threads that write tables yield to the others', () => {
    const nice = new Map(said('thread').map((line) => line.split(/\s+/)));
    assert.equal(nice.get('shard-0'), '0');
    assert.equal(nice.get('committer'), '0');
    assert.equal(nice.get('rocksdb:high'), '5');
  });

  test('was refused no system call, and is started again after a crash, with all that it had', () => {
    assert.equal(said('restarts')[0], '1');
    assert.deepEqual(said('after a crash'), ['"message":"Login successful"']);
  });

  test('stays the same process for a reload, and is another after an upgrade', () => {
    assert.deepEqual(said('reload'), ['the same process']);
    assert.deepEqual(said('upgrade'), ['another process']);
    assert.deepEqual(said('after an upgrade'), ['"message":"Login successful"']);
  });

  test('stops cleanly, and goes on from a backup', () => {
    assert.deepEqual(said('stopped'), ['success']);
    assert.match(said('backup')[0], /is in \/var\/backups\/parley\/first/);
    assert.deepEqual(said('after a restore'), ['"message":"Login successful"']);
  });

  test('is one node of many beside a worker that sends its mails, refused no system call either', () => {
    assert.match(said('registered as one of many')[0], /"message":"User registered successfully"/);
    assert.deepEqual(said('mailed'), ['bob <bob@example.org>']);
    assert.deepEqual(said('worker'), ['active']);
    assert.equal(said('restarts').at(-1), '0  0');
  });

  test('is gone after a purge, without its data', () => {
    assert.deepEqual(said('purged'), ['inactive', 'the data is there']);
  });
});
