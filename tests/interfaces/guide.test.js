// The programs of docs/guide/clients.md that can run here do what the page says.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { Device } from '../lib/device.js';
import { history, password, people, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { repository, secrets, Server } from '../lib/server.js';
import { until, within } from '../lib/wait.js';
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

/** How each language's program is run; `text` is the program. Python is Debian's, which has the packages of scripts/install-deps. */
const languages = {
  JavaScript: { text: program('js'), command: (text) => [process.execPath, '--input-type=module', '--eval', text] },
  Python: { text: program('python'), command: (text) => ['/usr/bin/python3', '-c', text] },
};

/** The program as somebody who lives on after its last line. */
function lasting({ text }) {
  const [last] = text.match(/.*(process\.exit\(\)|os\._exit\(0\)).*\n$/) ?? assert.fail('the program ends otherwise');
  return text.replace(last, last.includes('process') ? 'await new Promise(() => {});\n' : 'threading.Event().wait()\n');
}

/** Ann runs a program that writes to Bob, who has asked her something. */
class Run {
  static async start({ server, language, text }) {
    const run = new Run();
    [run.ann, run.bob] = await people(server, 'ann', 'bob');
    // One message is new to all of her devices, the other one only to this.
    const phone = await Device.connect(server, run.ann);
    run.conversationId = (await say(run.bob, run.ann, 'Did you hear?')).conversationId;
    await phone.next('receive_message');
    phone.close();
    await say(run.bob, run.ann, 'Are you there?');
    const env = { ...process.env, PARLEY_URL: server.url, PARLEY_EMAIL: run.ann.email, PARLEY_PASSWORD: password, PARLEY_TO: run.bob.id };
    const [command, ...args] = languages[language].command(text);
    run.child = spawn(command, args, { env, cwd: join(repository, 'tests') });
    run.output = '';
    for (const stream of [run.child.stdout, run.child.stderr]) stream.on('data', (bytes) => (run.output += bytes));
    run.ended = once(run.child, 'close').then(([code]) => code);
    return run;
  }

  get lines() {
    return this.output.split('\n');
  }

  /** Waits for a line. */
  says(line) {
    return until(() => this.lines.some((each) => line.test(each)), { what: () => `${line} in\n${this.output}`, ms: 30_000 });
  }

  count(line) {
    return this.lines.filter((each) => line.test(each)).length;
  }

  /** Its exit code. */
  end() {
    return within(60_000, () => `the end of\n${this.output}`, this.ended);
  }

  kill() {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}

for (const [language, { text }] of Object.entries(languages)) {
  describe(language, () => {
    const hello = `Hello from ${language}`;

    test('receives, catches up, reads, sends and refreshes', async () => {
      const run = await Run.start({ server, language, text });
      assert.equal(await run.end(), 0, run.output);
      for (const line of [/^received Did you hear\?$/, /^received Are you there\?$/, /^sent 3$/, new RegExp(`^wrote ${hello}$`), /^refreshed true$/i]) {
        assert.equal(run.count(line), 1, `${line} in\n${run.output}`);
      }
      assert.ok(run.count(/^[0-9a-f]{24} has \d+ unread$/) > 0, run.output);
      const stored = await history(run.ann, run.conversationId);
      assert.deepEqual(stored.map(({ content, status }) => [content, status]), [['Did you hear?', 'read'], ['Are you there?', 'read'], [hello, 'sent']]);
    });

    test('hears what becomes of its messages, and how the other one is', async () => {
      const run = await Run.start({ server, language, text: lasting(languages[language]) });
      await run.says(/^sent 3$/);
      const phone = await Device.connect(server, run.bob);
      phone.emit('typing', { receiverId: run.ann.id });
      const { _id } = await phone.next('receive_message', { where: ({ content }) => content === hello });
      assert.equal((await phone.ask('message_read', { messageId: _id })).ok, true);
      for (const line of [/^delivered up to 3$/, /^read up to 3$/, /^[0-9a-f]{24} is typing$/, /^[0-9a-f]{24} is online$/]) await run.says(line);
      phone.close();
      await run.says(/^[0-9a-f]{24} was seen /);
      await run.kill();
    });

    test('says so and ends when its login is revoked while it is connected', async () => {
      const run = await Run.start({ server, language, text: lasting(languages[language]) });
      await run.says(/^refreshed true$/i);
      assert.equal((await run.ann.rest.post('/api/auth/logout-all')).status, 204);
      assert.equal(await run.end(), 1, run.output);
      assert.equal(run.count(/^logged out: /), 1, run.output);
      assert.equal(run.count(/Traceback|Unhandled|^\s+at /), 0, run.output);
    });

    test('lives through a server that is away for a while', async () => {
      const other = await Server.start();
      const run = await Run.start({ server: other, language, text: lasting(languages[language]) });
      await run.says(/^refreshed true$/i);
      await other.kill();
      await other.start();
      await say(run.bob, run.ann, 'Back again');
      await run.says(/^received Back again$/);
      await run.kill();
      await other.destroy();
    });

    test('stays online when its tokens end', async () => {
      const other = await Server.start({ env: { ACCESS_TOKEN_EXPIRE: '6s' } });
      const run = await Run.start({ server: other, language, text: lasting(languages[language]) });
      await run.says(/^refreshed true$/i);
      const phone = await Device.connect(other, run.bob);
      await until(() => run.count(/^refreshed true$/i) > 2, { what: () => `two more tokens in\n${run.output}`, ms: 30_000 });
      assert.deepEqual(phone.all('user_offline'), []);
      phone.close();
      await run.kill();
      await other.destroy();
    });

    test('sends again what was refused because it sends too much', async () => {
      // One message at once, and the next ten seconds later.
      const other = await Server.start({ env: { RATE_LIMIT_SEND: '6', RATE_LIMIT_API: '10000' } });
      const waits = { JavaScript: ["socket.emit('typing'", 'await pause(1_000);\n$&'], Python: ['sio.emit("typing"', 'time.sleep(1)\n$&'] };
      const [at, before] = waits[language];
      const run = await Run.start({ server: other, language, text: lasting({ text: text.replace(at, before) }) });
      const phone = await Device.connect(other, run.ann);
      let answer;
      do answer = await phone.ask('send_message', { receiverId: run.bob.id, content: 'and another' });
      while (answer.ok);
      assert.equal(answer.error.code, 'rate_limited');
      await run.says(/^sent \d+$/);
      phone.close();
      await run.kill();
      await other.destroy();
    });
  });
}

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
    const found = [...page.matchAll(/^## (.+)\n+(.*)[^]*?```(\w+)/gm)].map(([, , text, language]) => [language, text]);
    const unrun = found.filter(([, text]) => text.startsWith('Not run by CI.')).map(([language]) => language);
    const all = [...page.matchAll(/```(\w+)/g)].map(([, language]) => language);
    assert.deepEqual(all.filter((language) => !unrun.includes(language)), ['js', 'python']);
  });
});
