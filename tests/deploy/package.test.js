/** The Debian package, from its build to its purge, in a copy of this machine's file system that is thrown away. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildPackage, root, run } from './place.js';

/** Runs a script as root in an overlay of `/`, in its own namespaces: what it changes is gone with it. */
async function inCopy(script, files = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-package-'));
  const setUp = `
    set -euo pipefail
    mount -t tmpfs tmpfs "$FOLDER"
    mkdir "$FOLDER"/{upper,work,all}
    mount -t overlay overlay -o "lowerdir=/,upperdir=$FOLDER/upper,workdir=$FOLDER/work" "$FOLDER/all"
    mount -t tmpfs tmpfs "$FOLDER/all/run"
    mount -t tmpfs tmpfs "$FOLDER/all/tmp"
    mount -t proc proc "$FOLDER/all/proc"
    mount --bind /dev "$FOLDER/all/dev"
    cp "$PACKAGE" "$FOLDER/all/tmp/parley.deb"
    chroot "$FOLDER/all" /bin/bash -euo pipefail -c "$SCRIPT"`;
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--net', 'bash', '-c', setUp];
  const command = process.getuid() === 0 ? namespaces : ['sudo', '--preserve-env=FOLDER,PACKAGE,SCRIPT', ...namespaces];
  try {
    return await run(command[0], command.slice(1), { env: { ...process.env, FOLDER: folder, PACKAGE: files.package, SCRIPT: script }, timeout: 120_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const install = 'export DEBIAN_FRONTEND=noninteractive; dpkg --install /tmp/parley.deb >/tmp/install.log 2>&1 || { cat /tmp/install.log; exit 1; }';

describe('the Debian package', () => {
  let deb;
  before(async () => {
    deb = await buildPackage();
  }, { timeout: 600_000 });

  test('has the program, its units, its config file, and a license', async () => {
    const contents = await run('dpkg-deb', ['--contents', deb]);
    for (const path of ['./usr/bin/parley', './usr/sbin/parleyctl', './lib/systemd/system/parley.service', './lib/systemd/system/parley-worker.service',
      './etc/parley/parley.conf', './usr/share/doc/parley/docs/operations.md', './usr/share/doc/parley/copyright']) {
      assert.match(contents, new RegExp(`root/root .* ${path.replaceAll('.', '\\.')}\\n`), path);
    }
    const info = await run('dpkg-deb', ['--info', deb]);
    assert.match(info, /Depends: .*librocksdb/, 'the libraries that it needs are named');
    assert.match(info, new RegExp(`Version: ${version()}\\b`));
    const { size } = statSync(deb);
    console.log(`package: ${(size / 1e6).toFixed(1)} MB`);
    assert.ok(size < 20e6, `${size} bytes`);
  });

  test('is installed and started as its unit starts it, and a purge leaves the data alone', async () => {
    const script = `
      ${install}
      [[ $(stat -c '%U %a' /var/lib/parley) == 'parley 700' ]]
      [[ $(stat -c '%U %a' /etc/parley/secrets.env) == 'root 600' ]]
      ip link set lo up 2>/dev/null || true
      unit() { sed -n "s#^$1=##p" /lib/systemd/system/parley.service; }
      as_parley() { exec setpriv --reuid parley --regid parley --clear-groups --no-new-privs env PORT=8123 "$@"; }
      start() {   # With a /tmp of its own, as PrivateTmp= gives it.
        (set -a; source /etc/parley/secrets.env; cd /var/lib/parley; export -f as_parley
          exec unshare --mount bash -c 'mount -t tmpfs tmpfs /tmp; as_parley "$@"' - $(unit ExecStart)) >/tmp/output 2>&1 &
        server=$!
        for _ in {1..100}; do curl -sf http://127.0.0.1:8123/readyz && return; sleep 0.1; done
        cat /tmp/output; exit 1
      }
      grep 'only this machine reaches it' /tmp/install.log
      parleyctl check-config
      start
      listens() { grep -q " $1:1FBB 00000000:0000 0A " /proc/net/tcp; }   # 8123, as the kernel shows it.
      listens 0100007F && ! listens 00000000 || { cat /proc/net/tcp; exit 1; }
      curl -sf http://127.0.0.1:8123/api/auth/register -H 'content-type: application/json' -d '{"username":"ann","email":"ann@example.org","password":"correct horse"}'
      parleyctl doctor
      parleyctl user show ann@example.org
      ! parleyctl backup /tmp/copy || exit 1   # It is in the server's own /tmp.
      parleyctl backup /var/backups/parley/first
      kill -TERM $server; wait $server
      ! parley user list --data-dir /var/lib/parley || exit 1   # Its files would be root's.
      mv /var/lib/parley/db /var/lib/parley/db.damaged
      parleyctl restore /var/backups/parley/first
      start
      curl -sf http://127.0.0.1:8123/api/auth/login -H 'content-type: application/json' -d '{"email":"ann@example.org","password":"correct horse"}'
      kill -TERM $server; wait $server
      before=$(cat /etc/parley/secrets.env)
      ${install}
      ! grep 'only this machine reaches it' /tmp/install.log || exit 1   # Said once.
      [[ $before == "$(cat /etc/parley/secrets.env)" ]]   # An upgrade keeps who is logged in.
      dpkg --purge parley >/dev/null 2>&1
      [[ ! -e /usr/bin/parley && ! -e /etc/parley && -d /var/lib/parley/db ]] || { ls -R /etc/parley /var/lib/parley; exit 1; }
      echo purged`;
    const printed = await inCopy(script, { package: deb });
    assert.match(printed, /"message":"User registered successfully"/);
    assert.match(printed, /^ok +store +a server runs on \/var\/lib\/parley$/m, 'parleyctl finds the settings and the data of the service');
    assert.match(printed, /^ok +address +only this machine reaches 127\.0\.0\.1:8000/m);
    assert.match(printed, /cannot be seen from here.*\/var\/backups\/parley/);
    assert.match(printed, /\/var\/lib\/parley belongs to parley: be that user/);
    assert.match(printed, /"message":"Login successful"/);
    assert.match(printed, /^.*purged$/m);
  });

  test('has units that systemd accepts, and that give the server little', async () => {
    const script = `
      ${install}
      for unit in parley parley-worker; do
        systemd-analyze verify --man=no /lib/systemd/system/$unit.service
        systemd-analyze security --offline=true --no-pager --threshold=25 /lib/systemd/system/$unit.service | tail -n 1
      done
      echo verified`;
    const printed = await inCopy(script, { package: deb });
    assert.match(printed, /^verified$/m);
    assert.doesNotMatch(printed, /Unknown|ignoring|failed/i);
    assert.equal(printed.match(/Overall exposure level[^\n]*: [01]\.\d OK/g)?.length, 2, printed);
  });
});

function version() {
  return readFileSync(join(root, 'CMakeLists.txt'), 'utf8').match(/project\(parley VERSION ([\d.]+)/)[1];
}
