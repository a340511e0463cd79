// Estimate: the resources of a run, planned on a device that allocates nothing.

import { millisecondsOf } from '../../engine/gpu/work.ts';
import { previewOf } from '../../experiment/preview.ts';
import { checkStartingConfig } from '../../experiment/starting-model.ts';
import { describedBy } from '../../experiment/starting-point.ts';
import { obstacleOf, plannedWork, planRun } from '../../instruments/plan.ts';
import { totalSteps } from '../../train/schedule.ts';
import type { Job } from '../job.ts';

export const estimate: Job<'estimate'> = {
  kind: 'estimate',
  queue: 'estimate',
  replaces: true,
  async *run(context, { config, materials, from, speed: given }) {
    const gpu = await context.device();
    const start = from && describedBy(from);
    if (start) checkStartingConfig(config, start.description, start.where);
    const work = await plannedWork(config, materials, start);
    const plan = await planRun(gpu, config, work, start?.description.blueprint);
    const preview = await previewOf(config, materials ?? {}, work, start !== undefined);
    const speed = given ?? (await context.speed(gpu));
    const { parameters, bytes, tokens } = plan;
    yield {
      type: 'estimate',
      parameters,
      bytes,
      tokens,
      steps: totalSteps(config),
      milliseconds: speed && millisecondsOf(plan.gpuWork, speed),
      speed,
      obstacle: obstacleOf(plan)?.message,
      ...(preview.text || preview.problem ? { preview } : {}),
    };
  },
};
