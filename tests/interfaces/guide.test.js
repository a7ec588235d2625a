// The programs of docs/guide/clients.md that can run here do what the page says.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { history, password, people, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { repository, secrets, Server } from '../lib/server.js';
import { patience } from '../lib/wait.js';
import { textOf } from './description.js';

const page = textOf('docs/guide/clients.md');
const run = promisify(execFile);

let server;
before(async () => {
  server = await Server.start();
});
after(() => server?.destroy());

function program(language) {
  const [, ...found] = page.match(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``)) ?? assert.fail(`no program in ${language}`);
  return found[0];
}

/** Somebody runs a program that writes to somebody else; what it prints, line by line. */
async function runs(command, ...args) {
  const [ann, bob] = await people(server, 'ann', 'bob');
  const { conversationId } = await say(bob, ann, 'Are you there?');
  const env = { ...process.env, PARLEY_URL: server.url, PARLEY_EMAIL: ann.email, PARLEY_PASSWORD: password, PARLEY_TO: bob.id };
  const { stdout } = await run(command, args, { env, cwd: join(repository, 'tests'), timeout: 60_000 * patience });
  const stored = await history(ann, conversationId);
  return { lines: stdout.trim().split('\n'), first: stored[0], last: stored.at(-1) };
}

function assertStory({ lines, first, last }, language) {
  const hello = `Hello from ${language}`;
  for (const line of ['received Are you there?', 'caught up Are you there?', 'sent 2', `received ${hello}`, `caught up ${hello}`]) {
    assert.equal(lines.filter((each) => each === line).length, 1, `${line} in\n${lines.join('\n')}`);
  }
  assert.ok(lines.some((line) => /^refreshed true$/i.test(line)), lines.join('\n'));
  assert.equal(first.status, 'delivered', 'it was acknowledged');
  assert.equal(last.content, hello);
}

test('JavaScript', async () => {
  assertStory(await runs(process.execPath, '--input-type=module', '--eval', program('js')), 'JavaScript');
});

test('Python', async () => {
  // What the client says while nobody listens is text, and an exception there would end its tries.
  const text = program('python').replace('sio.disconnect()', 'refused("Connection refused by the server")\nsio.disconnect()');
  // Debian's, which has the packages of scripts/install-deps; others of that name may come first.
  assertStory(await runs('/usr/bin/python3', '-c', text), 'Python');
});

test('the quick start makes access tokens of an app', async () => {
  const [, text] = textOf('docs/guide/quickstart.md').match(/```js\n(import \{ createHmac[^]*?)```/);
  const [ann] = await people(server, 'ann');
  const env = { ...process.env, ACCESS_TOKEN_SECRET: secrets.access };
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', `${text}\nconsole.log(tokenOf('${ann.id}'));`], { env });
  const { status, body } = await new Rest(server.url, stdout.trim()).get('/api/users/me');
  assert.deepEqual([status, body.user?._id], [200, ann.id]);
});

describe('the page', () => {
  test('says of every program that CI does not run it, or CI does', () => {
    const languages = [...page.matchAll(/^## (.+)\n+(.*)[^]*?```(\w+)/gm)].map(([, , text, language]) => [language, text]);
    const unrun = languages.filter(([, text]) => text.startsWith('Not run by CI.')).map(([language]) => language);
    const all = [...page.matchAll(/```(\w+)/g)].map(([, language]) => language);
    assert.deepEqual(all.filter((language) => !unrun.includes(language)), ['js', 'python']);
  });
});
