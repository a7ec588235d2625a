// /docs shows both documents, from the program itself, without scripts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';

import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { textOf } from './description.js';

let server;
let rest;
before(async () => {
  server = await Server.start();
  rest = new Rest(server.url);
});
after(() => server?.destroy());

const pages = ['/docs', '/docs/index.html', '/docs/openapi.html', '/docs/asyncapi.html'];

test('pages have no script, and ask nobody else for anything', async () => {
  for (const path of pages) {
    const answer = await rest.get(path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(answer.headers.get('content-security-policy'), /default-src 'none'/);
    assert.doesNotMatch(answer.headers.get('content-security-policy'), /unsafe|https:/);
    assert.doesNotMatch(answer.text, /<script|<style| style=| on[a-z]+="|<img|javascript:|undefined|\[object/);
    for (const [, address] of answer.text.matchAll(/(?:href|src)="([^"]*)"/g)) assert.match(address, /^(\/docs(\/|$)|#)/);
  }
});

test('links lead somewhere', async () => {
  for (const path of pages) {
    const { text } = await rest.get(path);
    for (const address of new Set([...text.matchAll(/href="([^"]*)"/g)].map(([, each]) => each))) {
      if (address.startsWith('#')) assert.ok(text.includes(`id="${address.slice(1)}"`), `${path}${address}`);
      else assert.equal((await rest.get(address)).status, 200, address);
    }
  }
});

test('pages show every call, event and object', async () => {
  const ids = { openapi: [], asyncapi: Object.keys(parse(textOf('docs/asyncapi.yaml')).operations) };
  for (const item of Object.values(parse(textOf('docs/openapi.yaml')).paths)) {
    ids.openapi.push(...Object.values(item).map(({ operationId }) => operationId).filter(Boolean));
  }
  for (const [name, wanted] of Object.entries(ids)) {
    const { text } = await rest.get(`/docs/${name}.html`);
    const objects = Object.keys(parse(textOf(`docs/${name}.yaml`)).components.schemas).map((each) => `schema-${each}`);
    assert.ok(wanted.length > 15);
    for (const id of [...wanted, ...objects]) assert.ok(text.includes(`<section id="${id}">`), `${name}: ${id}`);
  }
});

test('both documents can be fetched, as YAML and as JSON', async () => {
  for (const name of ['openapi', 'asyncapi']) {
    const yaml = await rest.get(`/docs/${name}.yaml`);
    assert.equal(yaml.headers.get('content-type'), 'application/yaml; charset=utf-8');
    assert.equal(yaml.text, textOf(`docs/${name}.yaml`));
    const json = await rest.get(`/docs/${name}.json`);
    assert.deepEqual(json.body, parse(yaml.text));
  }
});

test('there is nothing else', async () => {
  for (const path of ['/docs/nothing.html', '/docs/..%2findex.html', '/docs/assets']) {
    assert.equal((await rest.get(path)).status, 404, path);
  }
});
