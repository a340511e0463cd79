import { describe, expect, it } from 'vitest';
import { obstacleOf, plannedWork, planRun } from '../instruments/plan.ts';
import { catalogue, type ModelEntry, type ModelId } from '../models/catalogue.ts';
import { type TaskId, tasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { startingConfig } from './starting.ts';

useSimpleKernels();

const aboutWorlds: readonly TaskId[] = ['tracking', 'carrying', 'carrying-before', 'giving'];
const models = Object.keys(catalogue) as ModelId[];
const pairs = models.flatMap((model) => (Object.keys(tasks) as TaskId[]).map((task) => [model, task] as const));

describe('values to start from', () => {
  it.each(pairs)('%s on %s: small, or none if the model cannot do the task', async (model, task) => {
    const config = startingConfig(model, task, 7);
    const entry: ModelEntry = catalogue[model];
    const asked: Task = tasks[task];
    if (entry.answers === 'class' && asked.kind === 'generation') return expect(config).toBeUndefined();
    if (!config) return expect.fail('there are none');
    expect(config).toMatchObject({ model, task, seed: 7 });
    // It can be planned, and fits on any adapter.
    const plan = await planRun(await testGpu(), config, await plannedWork(config));
    expect(obstacleOf(plan)).toBeUndefined();
    expect(plan.bytes.total).toBeLessThan(256 * 2 ** 20);
    // Stories about people and objects need the most; quadratic equations follow, which are memorised from fewer.
    expect(plan.tokens).toBeLessThan(aboutWorlds.includes(task) ? 60e6 : 15e6);
  });
});
