// What evaluations measured is kept with their run.
import { expect, it } from 'vitest';
import type { Report } from '../../protocol/index.ts';
import { eventually } from '../../testing/eventually.ts';
import { begin, bytesAt, checkpoint, steps, tab } from '../../testing/run-tabs.ts';
import { Shelf } from '../library/storage.ts';

const point = (segments: number, accuracy = 1) => ({ segments, accuracy, loss: 0.1, samples: 32, seed: 1 });

it('is kept with a run that the list has not read yet, and only if the task is the run’s', async () => {
  const { get, receive } = await tab(new Shelf());
  get().experiment.choosePreset('tiny');
  get().run.start();
  const { config } = get().experiment;
  receive(begin(), ...steps(1, 4), { ...checkpoint(4), bytes: bytesAt(4, config) } as Report);
  const id = get().run.id ?? '';
  expect(get().runs.find(id)).toBeUndefined();
  await get().runs.evaluated(id, config.task, [point(2), point(1)]);
  await get().runs.evaluated(id, 'reasoning', [point(8)]);
  await eventually(() => expect(get().runs.find(id)?.evaluated).toEqual([point(1), point(2)]));
  await get().runs.evaluated(id, config.task, [point(2, 0.5)]);
  await eventually(() => expect(get().runs.find(id)?.evaluated).toEqual([point(1), point(2, 0.5)]));
});
