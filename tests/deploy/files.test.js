/** The files of deploy/, each read by what will read it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { makeCertificate } from '../lib/certificate.js';
import { Server, parley } from '../lib/server.js';
import { filesBelow, read, root, run, tools } from './place.js';

let tool;
before(async () => (tool = await tools()), { timeout: 300_000 });

describe('containers', () => {
  const dockerfile = read('deploy/Dockerfile');
  const instructions = dockerfile.replace(/\\\n/g, ' ').split('\n').filter((line) => /^[A-Z]/.test(line));
  const stages = dockerfile.split(/^(?=FROM )/m).slice(1);

  test('are built from pinned images in stages, of files that exist', () => {
    assert.equal(stages.length, 2);
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) assert.match(image, /^[a-z]+:(?!latest)[\w.-]+$/);
    for (const line of instructions.filter((one) => /^COPY (?!--from)/.test(one))) {
      for (const source of line.split(/\s+/).slice(1, -1)) assert.ok(existsSync(join(root, source)), `${line}: ${source}`);
    }
  });

  test('run without rights, leave no package lists behind, and say how they are', () => {
    const last = stages.at(-1);
    assert.match(last, /^USER (?!0|root)\d+:\d+$/m, 'a number, so that a cluster can see that it is not root');
    assert.ok(last.indexOf('\nUSER') < last.indexOf('\nENTRYPOINT'));
    assert.match(last, /^HEALTHCHECK .*\\\n\s+CMD \[/m);
    for (const line of instructions.filter((one) => /^RUN .*(apt-get (update|install)|install-deps)/.test(one))) {
      assert.match(line, /rm -rf \/var\/lib\/apt\/lists/, line);
      if (line.includes('apt-get install')) assert.match(line, /-y --no-install-recommends/);
    }
    for (const line of instructions) assert.doesNotMatch(line, /^ADD |^MAINTAINER |sudo|chmod 777|curl [^|]*\|/, line);
    for (const line of instructions.filter((one) => /^(CMD|ENTRYPOINT)/.test(one))) assert.match(line, /\[".*"\]$/, 'exec form: signals arrive');
  });

  test('are composed as the Compose specification says, of images and files that are named', async () => {
    for (const file of ['deploy/compose.yaml', 'deploy/compose.single.yaml']) {
      await run(tool.schema, ['--builtin-schema', 'vendor.compose-spec', file]);
      const text = read(file);
      for (const [, image] of text.matchAll(/^\s+image: (\S+)/gm)) assert.ok(image === 'parley' || /:(?!latest)[\w.-]*\d/.test(image), `${file}: ${image}`);
      for (const [, path] of text.matchAll(/["\s](\.\/[^:"]+):\//g)) assert.ok(existsSync(join(root, 'deploy', path)), `${file}: ${path}`);
    }
  });

  test('give the server settings that it knows', async () => {
    const known = new Set([...read('docs/config.md').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name));
    const given = [];
    for (const file of ['deploy/compose.yaml', 'deploy/kubernetes/parley.yaml', 'render.yaml', 'deploy/Dockerfile', 'deploy/systemd/parley.service']) {
      const text = read(file).replace(/^\s*#.*$/gm, '');
      for (const [, name] of text.matchAll(/\b([A-Z]{2,}(?:_[A-Z]+)*)(?:: |=|, value)/g)) given.push([file, name]);
    }
    const others = new Set(['DEBIAN_FRONTEND', 'POD_IP', 'RUN', 'CMD', 'ENV']);
    const strangers = given.filter(([, name]) => !known.has(name) && !others.has(name) && !name.startsWith('GF_') && !name.startsWith('CAP_'));
    assert.deepEqual(strangers, []);
    assert.ok(given.length > 30, `${given.length} settings were looked at`);
  });
});

test('Kubernetes accepts the manifests, strictly', async () => {
  const printed = await run(tool.kubernetes, ['--strict', 'deploy/kubernetes/parley.yaml']);
  assert.equal(printed.match(/ passed /g).length, 7, printed);
});

describe('proxies', () => {
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'parley-proxies-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Asks nginx about a whole configuration, with logs and temporary files that need no rights. */
  const nginx = (text) => {
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${folder};`);
    writeFileSync(join(folder, 'nginx.conf'), text.replace(/^http \{$/m, ['http {', 'access_log off;', ...places].join('\n')));
    return run(tool.nginx, ['-t', '-p', folder, '-e', 'stderr', '-g', 'pid nginx.pid;', '-c', join(folder, 'nginx.conf')]);
  };

  test('nginx accepts its file, with a certificate in the place of yours', async () => {
    const { cert, key } = makeCertificate();
    writeFileSync(join(folder, 'fullchain.pem'), cert);
    writeFileSync(join(folder, 'privkey.pem'), key);
    const site = read('deploy/nginx/parley.conf').replaceAll('/etc/letsencrypt/live/chat.example.org', folder);
    assert.match(await nginx(`events {}\nhttp {\n${site}\n}`), /test is successful/);
  });

  test('nginx accepts the balancer of compose.yaml', async () => {
    const text = read('deploy/nginx/compose.conf').replace(/parley-\d:8000/g, '127.0.0.1:8000');
    assert.match(await nginx(text), /test is successful/);
  });

  test('Caddy accepts its file', async () => {
    await run(tool.caddy, ['adapt', '--config', 'deploy/caddy/Caddyfile', '--validate'], { env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder } });
  });
});

describe('Prometheus and Grafana', () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server?.destroy());

  test('Prometheus accepts its files, and alerts fire when they should', async () => {
    await run(tool.promtool, ['check', 'config', 'deploy/prometheus/prometheus.yml']);
    await run(tool.promtool, ['test', 'rules', 'deploy/prometheus/alerts.test.yml']);
  });

  test('Prometheus accepts our metrics', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    await run('bash', ['-c', '"$0" check metrics <<<"$TEXT"', tool.promtool], { env: { ...process.env, TEXT: text } });
  });

  /** What only nodes with MongoDB and Redis have. */
  const ofManyNodes = ['parley_changes_published_total', 'parley_changes_received_total', 'parley_redis_commands_total', 'parley_redis_connected',
    'parley_redis_failures_total', 'parley_redis_refused_channels', 'parley_redis_refuses_writes',
    'parley_store_failed_rounds_total', 'parley_store_round_seconds'];

  test('dashboard and alerts ask for metrics and labels that there are', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const there = new Set([...text.matchAll(/^([a-z_]+?)(?:_bucket|_sum|_count)?[{ ]/gm)].map(([, name]) => name));
    for (const name of ofManyNodes) {
      assert.ok(await run('git', ['grep', '-l', `"${name}"`, '--', 'src', 'lib']), name);
      there.add(name);
    }
    there.add('parley_notices_dropped_total').add('parley_tls_certificate_end_seconds');
    const asked = ['deploy/grafana/dashboards/parley.json', 'deploy/prometheus/alerts.yml'].flatMap((file) =>
      [...read(file).matchAll(/\b((?:parley|process)_[a-z_]+?)(?:_bucket)?\b(?=[{[ )\n])/g)].map(([, name]) => name));
    assert.deepEqual([...new Set(asked)].filter((name) => !there.has(name)), []);
    assert.ok(new Set(asked).size > 25);
    for (const [, name, label] of read('deploy/grafana/dashboards/parley.json').matchAll(/sum by \((state|transport|reason|code)\) \(?(?:rate\()?(parley_[a-z_]+)/g)) {
      assert.match(text, new RegExp(`^${label}\\{[^}]*\\b${name}=`, 'm'), `${label} by ${name}`);
    }
  });

  test('every alert has its page in the runbook', () => {
    const headings = new Set([...read('docs/guide/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name));
    const alerts = [...read('deploy/prometheus/alerts.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
    assert.deepEqual(new Set(alerts), headings);
  });
});

test('the ingress lets in what clients ask for, and nobody to the metrics', () => {
  const open = [...read('deploy/kubernetes/parley.yaml').matchAll(/\{path: (\S+), pathType: (Exact|Prefix)/g)];
  const lets = (path) => open.some(([, one, type]) => path === one || (type === 'Prefix' && path.startsWith(`${one}/`)));
  const paths = [...read('docs/openapi.yaml').matchAll(/^ {2}(\/\S*):$/gm)].map(([, path]) => path);
  const operators = ['/healthz', '/readyz', '/metrics'];
  assert.deepEqual(['/socket.io/', '/app/', ...paths].filter((path) => !lets(path)).sort(), [...operators].sort());
});

test('shells accept the scripts of the package', async () => {
  for (const script of ['postinst', 'prerm', 'postrm', 'parleyctl']) await run('sh', ['-n', `deploy/debian/${script}`]);
});

test('every YAML file is one', async () => {
  const files = [...filesBelow('deploy'), 'render.yaml'].filter((file) => /\.ya?ml$/.test(file));
  await run(join(root, 'build/tools/venv/bin/python'), ['-c', 'import sys, ruamel.yaml\nfor f in sys.argv[1:]: list(ruamel.yaml.YAML(typ="safe").load_all(open(f)))', ...files]);
  assert.ok(files.length >= 8);
});

test('the config file of the package is good for production once there are secrets', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-conf-'));
  try {
    writeFileSync(join(folder, 'parley.conf'), read('docs/parley.sample.conf').replace('# env = development', 'env = production'));
    const check = (env) => parley(['check-config', '--config', join(folder, 'parley.conf')], { env: { ...env, DATA_DIR: folder, PATH: process.env.PATH }, cwd: folder });
    assert.equal((await check({})).code, 2, 'production has no secrets of its own');
    const good = await check({ ACCESS_TOKEN_SECRET: 'a'.repeat(40), REFRESH_TOKEN_SECRET: 'b'.repeat(40) });
    assert.equal(good.code, 0, good.stderr + good.stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
