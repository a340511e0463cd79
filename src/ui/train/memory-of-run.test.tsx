import { fireEvent, screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { ReportOf } from '../../protocol/index.ts';
import { mostWatched, watchedWith } from '../../store/slices/watched.ts';
import { textsOn } from '../../testing/browser-stubs.ts';
import { placeModel, progressAt, streamSegment, trainBegin } from '../../testing/events.ts';
import { eventually } from '../../testing/eventually.ts';
import { renderPage, textIn } from '../../testing/playground.tsx';
import { levelOf } from '../ribbon/paint-gradient.ts';
import { normsOf } from './gradient-norms.ts';
import { MemoryOfRun } from './MemoryOfRun.tsx';

const sure = (answer: number) => Float32Array.from({ length: 6 }, (_, i) => (i === answer ? 1 : 0));

/** The document of three segments after some steps: the bedroom at first, the kitchen later. */
const watched = (step: number): ReportOf<'watched'> => ({
  type: 'watched',
  progress: progressAt(step),
  model: placeModel,
  reading: {
    expected: 'kitchen',
    loss: 2 - step / 20,
    gradients: Float32Array.of(0, 0, 3, 4, 30, 40),
    segments: [0, 1, 2].map((index) => {
      const { type: _, ...segment } = streamSegment(index, { probabilities: sure(step < 10 ? 4 : 5) });
      return segment;
    }),
  },
});

async function training() {
  const page = await renderPage(<MemoryOfRun />);
  await page.change(({ run }) => run.start());
  return { ...page, job: page.job('train') };
}

describe('memory in training', () => {
  it('is read while it is on the page, and only then', async () => {
    const { job, posted, change } = await training();
    expect(job.request.watch).toBe(true);
    await change(({ run }) => run.watch(false));
    expect(posted.at(-1)).toMatchObject({ type: 'watch', wanted: false });
  });

  it('shows the ribbon after the last validation, or after the one that is chosen', async () => {
    const { job } = await training();
    expect(textIn('Memory in training')).toContain('before the first step and at every validation');
    job.send(trainBegin(), watched(0), watched(10), watched(20));
    const canvas = () => screen.getByRole('region').querySelector('canvas') ?? expect.fail('no canvas');
    await eventually(() => expect(textsOn(canvas())).toContain('← ∂loss'));
    const slider = screen.getByLabelText(/^After step 20: loss 1 nats/);
    expect(textIn('Memory in training')).toContain('after segments 1 to 3: kitchen');
    expect(textIn('Memory in training')).toContain('segment 1 0, segment 2 5, segment 3 50');
    fireEvent.change(slider, { target: { value: '0' } });
    expect(screen.getByLabelText(/^After step 0: loss 2 nats/)).toBe(slider);
    expect(textIn('Memory in training')).toContain('after segments 1 to 3: bedroom');
    job.send(watched(30));
    expect(screen.getByLabelText(/^After step 0/)).toBe(slider);
    fireEvent.change(slider, { target: { value: '3' } });
    job.send(watched(40));
    expect(screen.getByLabelText(/^After step 40/)).toBe(slider);
  });

  it('says why the document could not be read', async () => {
    const { job } = await training();
    job.send(trainBegin(), { ...watched(0), reading: { problem: 'allocation: 3 GB (expected less)' } });
    expect(textIn('Memory in training')).toMatch(/The document could not be read\. .*3 GB/);
  });
});

it('keeps the first and the last reading, and every second one where there are many', () => {
  let all = watchedWith([], watched(0)) ?? [];
  for (let step = 1; step <= 3 * mostWatched; step++) all = watchedWith(all, watched(step)) ?? [];
  expect(all.length).toBeLessThanOrEqual(mostWatched);
  expect(all[0]?.step).toBe(0);
  expect(all.at(-1)?.step).toBe(3 * mostWatched);
});

it('the gradient of a segment is that of all its memory tokens, drawn on a logarithmic scale', () => {
  const [reading] = watchedWith([], watched(0)) ?? [];
  expect([...normsOf(reading ?? expect.fail())]).toEqual([0, 5, 50]);
  expect(levelOf(50 / Math.sqrt(1000), 50)).toBeCloseTo(0.5, 9);
  expect([levelOf(50, 50), levelOf(0.001, 50), levelOf(0, 50)]).toEqual([1, 0, 0]);
});
