import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { EvaluatePoint, Report, TrainProgress } from '../../protocol/index.ts';
import { copyModel } from '../../testing/events.ts';
import { manifestOf } from '../../testing/facts.ts';
import { someMetrics } from '../../testing/metrics.ts';
import { button, field, type Page, renderPage, textOf } from '../../testing/playground.tsx';
import { Capacity } from './Capacity.tsx';

const small = 'capacity.values=1,4,16&capacity.samples=10&capacity.memory=4,8&capacity.steps=2';
const address = `#/capacity?${small}&capacity.train=rmt-gpt2`;
const form = () => screen.getByRole('form', { name: 'What to measure' });
const said = () => textOf(form());
const table = () => screen.findByRole('group', { name: 'Accuracy by pairs' });
const row = async (value: number) =>
  within(within(await table()).getByRole('row', { name: new RegExp(`^${value} `) }))
    .getAllByRole('cell')
    .map(textOf);

const modelOf = (memTokens: number) => ({ ...copyModel, task: 'key-value', memTokens });
const progress: TrainProgress = {
  step: 3,
  steps: 6,
  stage: 1,
  stages: 3,
  stageStep: 1,
  stageSteps: 2,
  segments: 2,
};
const step: Report = { type: 'train-step', progress, batchSegments: 2, ...someMetrics(), remaining: 60_000 };
const trained: readonly Report[] = [
  { type: 'train-begin', model: modelOf(4), progress: { ...progress, step: 0 } },
  step,
];
const over = (finished: boolean): Report => ({ type: 'train-end', progress, finished, suspicions: [] });
const point = (pairs: number, right: number, more: Partial<EvaluatePoint> = {}) =>
  ({
    type: 'evaluate-point',
    segments: 3,
    settings: { pairs: String(pairs) },
    facts: Math.min(pairs, 14),
    right,
    asked: 10,
    whole: right,
    samples: 10,
    wanted: 10,
    loss: 1,
    commonest: 2,
    suspicions: [],
    ...more,
  }) as const;
const evaluated = (memTokens: number, ...right: readonly [number, number]): readonly Report[] => [
  { type: 'evaluate-begin', model: modelOf(memTokens), task: 'key-value' },
  point(1, right[0]),
  point(4, right[1]),
  point(16, 1),
  { type: 'evaluate-end', finished: true },
];

/** How many jobs of a kind the page has started. */
const starts = ({ posted }: Page, kind: string) =>
  posted.filter((command) => command.type === 'start' && command.kind === kind).length;

async function started(at = address): Promise<Page> {
  const page = await renderPage(<Capacity />, { address: at });
  await page.user.click(button('Start'));
  return page;
}

describe('Capacity', () => {
  it('trains models of each size of memory one after the other, and evaluates each at every number of pairs', async () => {
    const page = await started();
    const first = await page.asked('train');
    expect(first.request.config).toMatchObject({ model: 'rmt-gpt2', task: 'key-value', num_mem_tokens: 4, seed: 1 });
    expect(first.request.config.stage_steps).toEqual([2]);
    first.send(...trained);
    expect(said()).toContain('Model 1 of 2: training RMT, decoder, 4 memory tokens · step 3 of 6 · 1 min left');
    first.send(over(true));
    const evaluation = await page.asked('evaluate');
    expect(evaluation.request).toMatchObject({
      model: { kind: 'training' },
      task: 'key-value',
      segments: [3],
      samples: 10,
      settings: { pairs: ['1', '4', '16'] },
    });
    evaluation.send(...evaluated(4, 10, 5));
    await waitFor(() => expect(page.job('train').request.config.num_mem_tokens).toBe(8));
    page.job('train').send(...trained, over(true));
    await waitFor(() => expect(starts(page, 'evaluate')).toBe(2));
    expect(said()).toContain('Model 2 of 2: evaluating RMT, decoder, 8 memory tokens');
    page.job('evaluate').send(...evaluated(8, 10, 9));
    await waitFor(() => expect(said()).toContain('Finished.'));
    expect(await row(4)).toEqual(['50 % (24 %–76 %, n = 10)', '90 % (60 %–98 %, n = 10)']);
    // Fourteen pairs are all that two segments hold.
    expect(await row(16)).toEqual(['does not fit in the document', 'does not fit in the document']);
    expect(await screen.findByRole('group', { name: 'Save: Accuracy by pairs' })).toBeTruthy();
    expect(await screen.findByRole('group', { name: 'Save: Accuracy by size of memory' })).toBeTruthy();
    expect(page.state().runs.entries).toHaveLength(2);
  });

  it('goes on with the next model after one that fails', async () => {
    const page = await started();
    (await page.asked('train')).fail('model: no room');
    await waitFor(() => expect(page.job('train').request.config.num_mem_tokens).toBe(8));
    page.job('train').send(...trained, over(true));
    (await page.asked('evaluate')).send(...evaluated(8, 10, 9));
    await waitFor(() => expect(said()).toContain('Finished.'));
    expect(screen.getByRole('alert').textContent).toBe('Training could not start. model: no room.');
    expect(await row(1)).toEqual([expect.stringMatching(/^100 %/)]);
  });

  it('can be cancelled while it trains and while it evaluates', async () => {
    const page = await started();
    const job = await page.asked('train');
    job.send(...trained);
    await page.user.click(button('Cancel'));
    expect(job.controls).toEqual(['stop']);
    job.send(over(false));
    await waitFor(() => expect(said()).toContain('Ended after 0 of 2 models.'));
    await page.user.click(button('Start'));
    page.job('train').send(...trained, over(true));
    const evaluation = await page.asked('evaluate');
    await page.user.click(button('Cancel'));
    expect(evaluation.controls).toEqual(['stop']);
    evaluation.send({ type: 'evaluate-end', finished: false });
    await waitFor(() => expect(button('Cancel').disabled).toBe(true));
    expect(starts(page, 'train')).toBe(2);
  });

  it('evaluates a model at hand without training any, and clears its results', async () => {
    const page = await started(`#/capacity?${small}&capacity.train=none&capacity.model=detect.safetensors`);
    const job = await page.asked('evaluate');
    expect(page.hasAsked('train')).toBe(false);
    expect(job.request.model).toMatchObject({ kind: 'checkpoint', name: 'detect.safetensors' });
    job.send(...evaluated(4, 9, 8));
    expect(await row(1)).toEqual([expect.stringMatching(/^90 %/)]);
    await page.user.click(button('Clear results'));
    expect(await screen.findByText('Results appear here, one curve for each model.')).toBeTruthy();
  });

  it('takes over the length of a bundled model of its task', async () => {
    const { checkpoints } = manifestOf(2);
    const manifest = { checkpoints: checkpoints.map((each) => ({ ...each, task: 'key-value' })) };
    const page = await renderPage(<Capacity />, { address: '#/capacity', manifest });
    expect(field('Segments').value).toBe('3');
    await page.user.selectOptions(field('Model at hand'), 'detect.safetensors');
    expect(field('Segments').value).toBe('2');
    await page.user.selectOptions(field('Model at hand'), '');
    await page.user.selectOptions(field('Task'), 'rewrite');
    page.state().experiment.setCapacity({ segments: 5 });
    await page.user.selectOptions(field('Model at hand'), 'detect.safetensors');
    expect(page.state().experiment.capacity).toMatchObject({ segments: 5, model: 'detect.safetensors' });
  });

  it('varies what the task offers, and refuses numbers that it does not', async () => {
    const page = await renderPage(<Capacity />, { address: '#/capacity' });
    expect(field('Pairs').value).toBe('1,2,3,4,6,8,12,16');
    await page.user.clear(field('Pairs'));
    await page.user.type(field('Pairs'), '2,5');
    expect(said()).toContain('“5” is not one of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48.');
    await page.user.selectOptions(field('Task'), 'tracking');
    await page.user.selectOptions(field('Vary'), 'moves');
    expect(field('Moves').value).toBe('3,4,5,6,8,12,16');
    expect(page.state().experiment.capacity).toMatchObject({ task: 'tracking', vary: 'moves' });
  });

  it('does not start while a run is in training', async () => {
    const page = await renderPage(<Capacity />, { address });
    await page.change(({ run }) => run.start());
    await page.user.click(button('Start'));
    expect(screen.getByRole('alert').textContent).toBe('A run is in training. Stop it first, then start again.');
  });
});
