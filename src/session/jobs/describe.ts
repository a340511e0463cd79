// Describe: reads a model once, and says what a run that starts from it takes over.
import { startingPoint } from '../../experiment/starting-point.ts';
import type { Job } from '../job.ts';

export const describe: Job<'describe'> = {
  kind: 'describe',
  queue: 'describe',
  replaces: true,
  async *run({ training, reading }, { model }) {
    const { name, bytes } = await training.bytesOf(model, reading);
    yield { type: 'describe-end', model: startingPoint(bytes, name) };
  },
};
