import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Report, TrainProgress } from '../../protocol/index.ts';
import { copyModel } from '../../testing/events.ts';
import { someMetrics } from '../../testing/metrics.ts';
import { memoryNotes } from '../../testing/notes.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { derivedProgress } from '../../train/progress.ts';
import { Train } from '../views/Train.tsx';

const region = (name: string) => screen.findByRole('region', { name });
const estimate = (milliseconds: number): Report => ({
  type: 'estimate',
  parameters: 100,
  bytes: { weights: 1, gradients: 1, optimiser: 1, activations: 1, validation: 1, checkpoint: 1, total: 6 },
  steps: 10,
  tokens: 10,
  milliseconds,
  speed: undefined,
  obstacle: undefined,
});

/** The run in training ends after ten steps, with validations of these accuracies at steps 0 and 10. */
function train(page: Page, ...accuracies: readonly [number, number]) {
  const job = page.job('train');
  const at = (step: number): TrainProgress => ({
    step,
    stage: 0,
    stageStep: step,
    ...derivedProgress(job.request.config, 0),
  });
  const validation = (step: number, accuracy: number): Report => ({
    ...{ type: 'validation', progress: at(step), segments: 4, samples: 8, accuracy, whole: 0, loss: 1, commonest: 0 },
  });
  job.send(
    { type: 'train-begin', model: copyModel, progress: at(0) },
    validation(0, accuracies[0]),
    { type: 'train-step', progress: at(10), batchSegments: 4, ...someMetrics(), remaining: 0 },
    validation(10, accuracies[1]),
    { type: 'checkpoint', bytes: Uint8Array.of(1), progress: at(10) },
    { type: 'train-end', progress: at(10), finished: true, suspicions: [] },
  );
}

describe('seeds and sweeps', () => {
  it('takes several values in any field, and says how many runs that makes and how long they take', async () => {
    const page = await renderPage(<Train />, { address: '#/train?preset=copy&stage_steps=10' });
    await page.user.clear(field('Seed'));
    await page.user.type(field('Seed'), '1–3, 7');
    expect(page.state().experiment).toMatchObject({ config: { seed: 1 }, train: { sweep: { seed: '1-3,7' } } });
    await page.user.selectOptions(field('Vary also'), 'model');
    await page.user.click(screen.getByRole('checkbox', { name: 'Transformer, decoder' }));
    expect(page.state().experiment.train.sweep).toEqual({ seed: '1-3,7', model: 'rmt-gpt2,gpt2' });
    // The four seeds of a model take the same time: one estimate for each model.
    const asked = new Set<unknown>();
    await waitFor(() => {
      const { model } = page.job('estimate').request.config;
      asked.add(model);
      page.job('estimate').send(estimate(model === 'gpt2' ? 30_000 : 60_000));
      expect(textIn('Estimate')).toContain('8 runs. Training takes about 6 min in all, evaluation not included.');
    });
    expect([...asked]).toEqual(['rmt-gpt2', 'gpt2']);
    expect(button(/Start 8 runs/).disabled).toBe(false);
    await page.user.click(button('One run again'));
    expect(button(/Start$/)).toBeTruthy();
  });

  it('refuses what is no value, and combinations that are not possible', async () => {
    const page = await renderPage(<Train />, { address: '#/train?preset=copy&sweep.seed=1-2' });
    const seeds = field('Seeds');
    await page.user.clear(seeds);
    await page.user.type(seeds, '5-1');
    expect(textIn('Seeds and sweeps')).toContain('a range of at most 256 numbers');
    expect(page.state().experiment.train.sweep.seed).not.toBe('5-1');
    // The heads have to share the hidden size.
    await page.change(({ experiment }) => experiment.setSweep('num_attention_heads', '2,3'));
    await waitFor(() => expect(textIn('Seeds and sweeps')).toContain('The values of this sweep do not work together.'));
  });

  it('compares three models with three seeds in two presses, and draws their means with bands', async () => {
    const page = await renderPage(<Train />, { address: '#/train', notes: memoryNotes() });
    await page.user.click(button('Who remembers?'));
    expect(page.state().experiment.train).toMatchObject({
      sweep: { model: 'rmt-gpt2,transformer-xl,gpt2', seed: '1-3' },
      lengths: [1, 2, 4, 6, 8],
    });
    await page.change(({ experiment }) => {
      experiment.setKnob('stage_steps', [10]);
      experiment.setTrain({ lengths: [] });
    });
    await page.user.click(button(/Start 9 runs/));
    const order: string[] = [];
    for (let i = 0; i < 9; i++) {
      await waitFor(() => expect(page.state().queue.items[i]?.state).toBe('training'));
      const { model, seed } = page.job('train').request.config;
      order.push(`${model} ${seed}`);
      train(page, 0.1, model === 'rmt-gpt2' ? 0.7 + 0.1 * seed : 0.125);
    }
    expect(order.slice(0, 4)).toEqual(['rmt-gpt2 1', 'transformer-xl 1', 'gpt2 1', 'rmt-gpt2 2']);
    expect(textOf(await region('Queue'))).toContain('9 of 9 runs done');
    const table = await screen.findByRole('group', { name: 'Means over runs' });
    const row = (name: RegExp) => within(table).getByRole('row', { name });
    // 0.8, 0.9, 1: s = 0.1, so 90 % ± 4.303 · 0.1 / √3 = 24.8 %, and no more than everything.
    await waitFor(() => expect(textOf(row(/^RMT/))).toMatch(/RMT, decoder1090 % \(65 %–100 %, n = 3\)/));
    expect(textOf(row(/^Transformer, decoder/))).toMatch(/1013 % \(13 %–13 %, n = 3\)/);
    const figure = within(await region('Runs of this sweep')).getByRole('group', {
      name: 'Save: Validation accuracy of compared runs',
    });
    expect(within(figure).getAllByRole('button').map(textOf)).toEqual(['PNG', 'SVG', 'CSV', 'JSON']);
    // Nothing is left.
    expect(button(/Start 0 runs/).disabled).toBe(true);
    expect(page.state().runs.entries).toHaveLength(9);
  }, 240_000);

  it('shows the queue: pause, resume, order, and removal', async () => {
    const page = await renderPage(<Train />, { address: '#/train?preset=copy&stage_steps=10&sweep.seed=1-4' });
    await page.user.click(button(/Start 4 runs/));
    const lines = () =>
      within(screen.getByRole('region', { name: 'Queue' }))
        .getAllByRole('listitem')
        .map((line) => textOf(line).replace(/ *[↑↓✕].*/, ''));
    await waitFor(() => expect(lines()[0]).toContain('in training'));
    const [, second, third] = lines().map((line) => line.replace(/ (waiting|in training)$/, ''));
    await page.user.click(button(`Move up ${third}`));
    await page.user.click(button(`Remove ${second}`));
    expect(lines().map((line) => /seed (\d)/.exec(line)?.[1] ?? '1')).toEqual(['1', '3', '4']);
    await page.user.click(button('Pause the queue'));
    expect(page.state().queue.status).toBe('paused');
    await waitFor(() => expect(textIn('Queue')).toContain('0 of 3 runs done, paused'));
    await page.user.click(button('Resume the queue'));
    await waitFor(() => expect(lines()[0]).toContain('in training'));
  });
});
