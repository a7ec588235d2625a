/** Parents that Node made, whose children ours works on, removes and tries again. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { forBoth } from './scene.js';

forBoth(hooks, 'flows', (scene) => {
  /** A parent with one child, which has `opts`. */
  const plant = (opts = {}, parent = {}) => {
    const flow = scene().closing(new (scene().bullmq.FlowProducer)({ connection: scene().connection }));
    const queueName = scene().name;
    return flow.add({ name: 'parent', queueName, data: {}, opts: parent, children: [{ name: 'child', queueName, data: {}, opts }] });
  };
  /** Ours fails the child. */
  const failChild = async (tree) => {
    const worker = await scene().work('--fails', 1, '--hopeless', '--concurrency', 1);
    const [{ job: child }] = tree.children;
    await worker.saw('active', child.id);
    return worker;
  };
  const state = (job) => scene().queue.getJobState(job.id);

  test('a failed child that ours does not keep lets its parent go on', async () => {
    for (const opts of [{ removeOnFail: true }, { removeOnFail: 1 }]) {
      const tree = await plant(opts);
      const worker = await failChild(tree);
      if (opts.removeOnFail === 1) await scene().queue.add('later', {}, opts);
      await worker.saw('active', tree.job.id);
      await worker.stop();
      assert.equal(await scene().queue.getJob(tree.children[0].job.id), undefined);
      await scene().queue.drain();
    }
  });

  test('a failed child that ours removes lets its parent go on', async () => {
    const tree = await plant();
    const worker = await failChild(tree);
    await scene().settled({ failed: 1, active: 0 });
    await worker.stop();
    assert.equal(await state(tree.job), 'waiting-children');
    await scene().control('remove', tree.children[0].job.id);
    assert.equal(await state(tree.job), 'waiting');
  });

  test('a child that failed its parent is tried again by ours, then the parent, which ours did', async () => {
    const tree = await plant({ failParentOnFailure: true });
    const [{ job: child }] = tree.children;
    const failing = await failChild(tree);
    await scene().settled({ failed: 2, active: 0 });
    await failing.stop();
    const worker = await scene().work('--concurrency', 1);
    await scene().control('retry', tree.job.id);
    await scene().settled({ failed: 2, active: 0, waiting: 0 });
    assert.match((await scene().queue.getJob(tree.job.id)).failedReason, /children/, 'before its child');
    await scene().control('retry', child.id);
    await scene().settled({ completed: 1 });
    await scene().control('retry', tree.job.id);
    await scene().settled({ completed: 2, failed: 0 });
    const { completed, failed, lost } = await worker.stop();
    assert.deepEqual([completed, failed, lost], [2, 1, 0]);
  });

  test('ours drains a queue as Node does, parents and all', async () => {
    for (const drain of [() => scene().control('drain'), () => scene().queue.drain(true)]) {
      const tree = await plant();
      await drain();
      const client = await scene().redis.client();
      assert.deepEqual(await client.keys(`bull:${scene().name}:${tree.job.id}*`), []);
      assert.deepEqual(await client.keys(`bull:${scene().name}:${tree.children[0].job.id}*`), []);
    }
  });
});
