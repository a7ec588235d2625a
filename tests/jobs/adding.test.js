/** Who adds, who works: data, order and ids are the same on both sides. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { patience, until } from '../lib/wait.js';
import { forBoth, told } from './scene.js';

const samples = [{ text: 'Grüße 🎉 "quoted" \\ \n', n: 1.5 }, {}, null, [1, [2]], 'plain', { deep: { a: [{ b: null }] } }];

forBoth(hooks, 'adding', (scene) => {
  test('Node adds, ours works, and Node hears of every step', async () => {
    const heard = await scene().listen();
    const worker = await scene().work('--return-data');
    const jobs = [];
    for (const data of samples) jobs.push(await scene().queue.add('task', data));
    const values = await Promise.all(jobs.map((job) => job.waitUntilFinished(heard.events, 20_000)));
    assert.deepEqual(values, samples);
    assert.deepEqual((await told(samples.length, 'active', worker)).map((event) => event.data), samples);
    for (const job of jobs) assert.deepEqual(heard.of(job.id), ['added', 'waiting', 'active', 'completed']);
    assert.deepEqual(heard.errors, []);
    const finished = await scene().queue.getJob(jobs[0].id);
    assert.equal(finished.attemptsMade, 1);
    assert.ok(finished.finishedOn >= finished.processedOn && finished.processedOn >= finished.timestamp);
    assert.deepEqual(await worker.stop().then((last) => [last.completed, last.lost]), [samples.length, 0]);
  });

  test('ours adds, Node works', async () => {
    for (const data of samples) await scene().produce(1, { data });
    const seen = [];
    scene().nodeWorker(async (job) => { seen.push([job.id, job.name, job.data, job.opts.attempts]); return 'ok'; });
    await scene().settled({ completed: samples.length });
    assert.deepEqual(seen, samples.map((data, i) => [`${i + 1}`, 'test', data, 0]));
  });

  test('an idle worker of the other side is woken at once', async () => {
    const [ours, began] = [await scene().work(), {}];
    const added = Date.now();
    const { id } = await scene().queue.add('task', {});
    began.ours = (await ours.saw('active', id)).at - added;
    await scene().settled({ completed: 1, active: 0 });
    await ours.stop();
    const node = await scene().nodeProcess();
    const [{ id: second, at }] = await scene().produce(1);
    began.node = (await node.saw('active', second)).at - at;
    assert.ok(began.ours < 2000 * patience && began.node < 2000 * patience, JSON.stringify(began));
  });

  test('delayed jobs begin when they are due, both ways', async () => {
    const ours = await scene().work();
    const early = await scene().queue.add('task', {}, { delay: 700 });
    const due = early.timestamp + 700;
    const late = (await ours.saw('active', early.id)).at - due;
    assert.ok(late >= 0 && late < 500 * patience, `${late} ms after it was due`);
    await scene().settled({ completed: 1, active: 0 });
    await ours.stop();
    const node = await scene().nodeProcess();
    const [{ id }] = await scene().produce(1, { options: { delay: 700 } });
    const job = await scene().queue.getJob(id);
    const after = (await node.saw('active', id)).at - job.timestamp - 700;
    assert.ok(after >= 0 && after < 500 * patience, `${after} ms after it was due`);
  });

  for (const from of ['Node', 'ours']) {
    test(`plain jobs, then priorities by number, LIFO first: added by ${from}`, async () => {
      const options = [{ priority: 5 }, { priority: 1 }, {}, { priority: 5 }, { priority: 2097151 }, {}, { lifo: true }];
      for (const one of options) {
        if (from === 'Node') await scene().queue.add('task', {}, one);
        else await scene().produce(1, { options: one });
      }
      const seen = [];
      if (from === 'Node') {
        const worker = await scene().work();
        await scene().settled({ completed: options.length });
        seen.push(...(await told(options.length, 'active', worker)).map((event) => event.id));
      } else {
        scene().nodeWorker(async (job) => { seen.push(job.id); });
        await scene().settled({ completed: options.length });
      }
      assert.deepEqual(seen, ['7', '3', '6', '2', '1', '4', '5']);
    });
  }

  test('a custom id is added once, whoever adds it', async () => {
    const heard = await scene().listen();
    assert.deepEqual((await scene().produce(2, { 'id-prefix': 'x' })).map((one) => one.isNew), [true, true]);
    assert.deepEqual((await scene().produce(2, { 'id-prefix': 'x' })).map((one) => one.isNew), [false, false]);
    assert.equal((await scene().queue.add('task', { other: true }, { jobId: 'x1' })).id, 'x1');
    await scene().queue.add('task', {}, { jobId: 'y' });
    assert.deepEqual(await scene().produce(1, { options: { jobId: 'y' } }).then(([one]) => [one.id, one.isNew]), ['y', false]);
    await scene().settled({ waiting: 3 });
    await until(() => heard.filter(([name]) => name === 'duplicated').length === 4, { what: 'duplicated events' });
    const next = await scene().queue.add('task', {});
    assert.equal(next.id, '8', 'the counter goes on');
  });

  test('a deduplication id has one owner on both sides, until that has ended', async () => {
    const heard = await scene().listen();
    const owner = await scene().queue.add('task', {}, { deduplication: { id: 'd' } });
    assert.deepEqual(await scene().produce(1, { options: { de: { id: 'd' } } }).then(([one]) => [one.id, one.isNew]), [owner.id, false]);
    const worker = await scene().work();
    await scene().settled({ completed: 1, active: 0 });
    const [ours] = await scene().produce(1, { options: { de: { id: 'd', ttl: 60_000 }, delay: 60_000 } });
    assert.ok(ours.isNew);
    assert.equal((await scene().queue.add('task', {}, { deduplication: { id: 'd' } })).id, ours.id);
    await until(() => heard.filter(([name]) => name === 'deduplicated').length === 2, { what: 'deduplicated events' });
    assert.equal(await scene().queue.getDeduplicationJobId('d'), ours.id);
    await worker.stop();
  });

  test('a job that Node parks while ours runs its owner rests and lines up as Node says', async () => {
    const deduplication = { id: 'one', keepLastIfActive: true };
    for (const [options, state] of [[{ delay: 60_000 }, 'delayed'], [{ priority: 3 }, 'prioritized']]) {
      const worker = await scene().work('--takes', 500, '--concurrency', 1);
      const owner = await scene().queue.add('task', {}, { deduplication });
      await worker.saw('active', owner.id);
      await scene().queue.add('task', { last: true }, { deduplication, ...options });
      await scene().queue.pause();
      await scene().settled({ completed: 1, active: 0, [state]: 1 });
      await worker.stop();
      const [parked] = await scene().queue.getJobs([state]);
      assert.deepEqual(parked.data, { last: true });
      await scene().queue.obliterate({ force: true });
    }
  });

  test('what stays of finished jobs is as the job says', async () => {
    const worker = await scene().work();
    for (let i = 0; i < 4; ++i) await scene().queue.add('task', {}, { removeOnComplete: 2 });
    await scene().settled({ completed: 2, waiting: 0, active: 0 });
    await scene().queue.add('task', {}, { removeOnComplete: true });
    await scene().queue.add('task', {}, { removeOnComplete: { age: 3600, count: 1 } });
    await until(async () => (await scene().queue.getJob('6'))?.finishedOn, { what: 'the sixth job' });
    await scene().settled({ completed: 1 });
    await worker.stop();
    scene().nodeWorker(async () => {});
    await scene().produce(3, { options: { removeOnComplete: { count: 2 } } });
    await scene().settled({ completed: 2, waiting: 0, active: 0 });
    const client = await scene().redis.client();
    const hashes = (await client.keys(`bull:${scene().name}:*`)).filter((key) => /:\d+$/.test(key));
    assert.equal(hashes.length, 2, `orphans: ${hashes}`);
  });

  test('a Node job of a schedule makes the next one when ours takes it', async () => {
    await scene().queue.upsertJobScheduler('tick', { every: 300 }, { name: 'tick', data: { a: 1 } });
    const worker = await scene().work();
    await until(() => worker.all('completing').length >= 3, { what: 'three runs' });
    assert.ok(worker.all('active').every((event) => event.name === 'tick' && event.data.a === 1));
    await scene().queue.removeJobScheduler('tick');
  });

  test('a flow\'s parent runs after its children, which ours did', async () => {
    const flow = scene().closing(new (scene().bullmq.FlowProducer)({ connection: scene().connection }));
    const queueName = scene().name;
    const tree = await flow.add({ name: 'parent', queueName, data: {}, children: [
      { name: 'child', queueName, data: { n: 1 } }, { name: 'child', queueName, data: { n: 2 } }] });
    const worker = await scene().work('--return-data');
    await scene().settled({ completed: 3 });
    assert.deepEqual((await told(3, 'active', worker)).map((event) => event.name), ['child', 'child', 'parent']);
    const parent = await scene().queue.getJob(tree.job.id);
    assert.deepEqual(Object.values(await parent.getChildrenValues()).map((value) => value.n).sort(), [1, 2]);
  });
});
