/** How the files are served; `src/site` tests each rule, and this the real files. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { inEachBrowser } from '../lib/browser.js';
import { Server } from '../lib/server.js';
import { Place } from './place.js';

let server;
before(async () => (server = await Server.start()));
after(() => server?.destroy());

const get = (path, headers = {}, method = 'GET') => fetch(server.url + path, { method, headers, redirect: 'manual' });
const asset = async (extension) => {
  const page = await (await get('/app/')).text();
  return new RegExp(`/app/assets/[a-z]+-[A-Za-z0-9]+\\.${extension}`).exec(page)[0];
};

test('a browser that opens / lands in the client, anybody else does not', async () => {
  const answer = await get('/', { accept: 'text/html,*/*' });
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/app/']);
  assert.deepEqual(await (await get('/')).json(), { message: 'API working!' });
});

test('the page is asked for each time, its assets never again', async () => {
  const page = await get('/app/');
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.equal((await get('/app/', { 'if-none-match': page.headers.get('etag') })).status, 304);
  for (const [extension, type] of [['js', 'text/javascript; charset=utf-8'], ['css', 'text/css; charset=utf-8'], ['svg', 'image/svg+xml']]) {
    const answer = await get(await asset(extension));
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, type]);
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  }
});

test('every coding holds the same bytes, and saves some', async () => {
  const { request } = await import('node:http');
  const raw = (path, coding) => new Promise((resolve, reject) => {
    request(server.url + path, { headers: { 'accept-encoding': coding } }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ coding: answer.headers['content-encoding'], bytes: Buffer.concat(parts) }));
    }).on('error', reject).end();
  });
  const path = await asset('js');
  const [plain, gzip, brotli] = await Promise.all([raw(path, 'identity'), raw(path, 'gzip'), raw(path, 'br, gzip')]);
  assert.deepEqual([plain.coding, gzip.coding, brotli.coding], [undefined, 'gzip', 'br']);
  assert.ok(gunzipSync(gzip.bytes).equals(plain.bytes) && brotliDecompressSync(brotli.bytes).equals(plain.bytes));
  assert.ok(brotli.bytes.length < gzip.bytes.length && gzip.bytes.length < plain.bytes.length / 2);
});

test('HEAD says what GET would', async () => {
  const answer = await get('/app/', {}, 'HEAD');
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), '');
});

test('what is not there is a 404', async () => {
  for (const path of ['/app/assets/main.js', '/app/x.js', '/app/assets/', '/app/a/b/c', '/app/%2e%2e%2fetc%2fpasswd']) {
    assert.equal((await get(path)).status, 404, path);
  }
});

test('the policy allows nothing inline and nothing from elsewhere', async () => {
  const policy = (await get('/app/chat/0123456789abcdef01234567')).headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.ok(policy.includes(`connect-src 'self' ws://127.0.0.1:${server.port} wss://127.0.0.1:${server.port};`), policy);
  assert.doesNotMatch(policy, /unsafe|\*|https:/);
});

describe('with WEB_CLIENT=off', () => {
  test('there is no client', async (t) => {
    const without = await Server.start({ env: { WEB_CLIENT: 'off' } });
    t.after(() => without.destroy());
    assert.equal((await fetch(`${without.url}/app/`)).status, 404);
    const root = await fetch(without.url, { headers: { accept: 'text/html' }, redirect: 'manual' });
    assert.deepEqual(await root.json(), { message: 'API working!' });
  });
});

inEachBrowser((browser) => {
  let place;
  before(async () => (place = await Place.open(browser)));
  after(() => place?.close());

  test('who opens / gets the client with all that it is made of, and the next page has it already', async () => {
    const context = await place.context();
    for (const isKept of [false, true]) {
      const page = await context.newPage();
      await page.goto(place.server.url);
      await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
      assert.equal(page.url(), `${place.server.url}/app/`);
      const assets = await page.evaluate(() => performance.getEntriesByType('resource')
        .filter(({ name }) => /\/app\/assets\/.*\.(js|css)$/.test(name)).map(({ transferSize, decodedBodySize }) => [transferSize === 0, decodedBodySize > 0]));
      assert.deepEqual(assets, [[isKept, true], [isKept, true]]);
    }
    assert.deepEqual(context.faults, []);
    await context.close();
  });

  test('the pages of the interfaces are shown as they are meant', async () => {
    const context = await place.context();
    const page = await context.newPage();
    for (const path of ['/docs', '/docs/openapi.html', '/docs/asyncapi.html']) {
      await page.goto(place.server.url + path);
      assert.deepEqual(await page.evaluate(() => [...document.styleSheets].map((sheet) => sheet.cssRules.length > 0)), [true], path);
    }
    assert.deepEqual(context.faults, []);
    await context.close();
  });
});
