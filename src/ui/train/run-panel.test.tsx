import { cleanup, screen, within } from '@testing-library/react';
import { beforeAll, describe, expect, it } from 'vitest';
import { progressAt, trainBegin, trainStep, validation } from '../../testing/events.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { curveMetrics } from '../../train/metrics.ts';
import { RunPanel } from './RunPanel.tsx';

const address = '#/train?preset=tiny&stages=1,2&stage_steps=20';
const title = () => screen.getAllByRole('heading', { level: 2 }).map(textOf)[0];
const names = () => screen.getAllByRole('button').map(textOf);
const bytes = Uint8Array.of(1, 2, 3);

// Loaded on demand: without this, a run may begin before the panel asks to watch its memory, or after.
beforeAll(async () => {
  await import('./MemoryOfRun.tsx');
});

/** A run that has made some of its forty steps. */
async function training(steps: number, setting: Parameters<typeof renderPage>[1] = {}): Promise<Page> {
  const page = await renderPage(<RunPanel />, { address, ...setting });
  await page.user.click(button('Start'));
  const job = page.job('train');
  job.send(trainBegin());
  for (let step = 1; step <= steps; step++) job.send(trainStep(step));
  return page;
}
/** The same, validated and finished. */
async function finished(): Promise<Page> {
  const page = await training(40);
  page
    .job('train')
    .send(
      validation(40, 0.75),
      { type: 'checkpoint', bytes, progress: progressAt(40) },
      { type: 'train-end', progress: progressAt(40), finished: true, suspicions: [] },
    );
  // The library is refreshed.
  await page.change(({ runs }) => runs.refresh());
  return page;
}

describe('the run', () => {
  it('is started with the values shown', async () => {
    const page = await renderPage(<RunPanel />, { address });
    expect(title()).toBe('Not started');
    expect(names()).toEqual(expect.arrayContaining(['▶ Start', 'Step', 'Stop', 'Download checkpoint']));
    expect(button('Stop').disabled).toBe(true);
    expect(button('Download checkpoint').disabled).toBe(true);
    await page.user.click(button('Start'));
    expect(page.job('train').request).toMatchObject({ config: { stages: [1, 2], stage_steps: [20] } });
    expect(title()).toBe('Preparing …');
  });

  it('names suspicious figures while it trains and after its end, and keeps them with the run', async () => {
    const page = await training(12);
    const job = page.job('train');
    const sentence = 'The run has diverged: its loss has been far above its start for 12 steps.';
    const suspicions = [{ kind: 'divergence', sentence, figure: 23.7 }] as const;
    job.send({ type: 'suspicions', progress: progressAt(12), suspicions });
    expect(textIn('Run')).toContain(sentence);
    job.send({ type: 'suspicions', progress: progressAt(13), suspicions: [] });
    expect(textIn('Run')).not.toContain(sentence);
    const progress = progressAt(14);
    job.send({ type: 'checkpoint', bytes, progress }, { type: 'train-end', progress, finished: false, suspicions });
    expect(textIn('Run')).toContain(sentence);
    await expect
      .poll(() => [...page.shelf.records.values()])
      .toEqual([expect.objectContaining({ state: 'stopped', suspicions })]);
  });

  it('waits for a GPU', async () => {
    await renderPage(<RunPanel />, { address, device: 'connecting' });
    expect(button('Start').disabled).toBe(true);
    expect(button('Step').disabled).toBe(true);
  });

  it('shows progress, speed and curves', async () => {
    await training(12);
    expect(title()).toBe('Training');
    expect(textIn('Run')).toContain('Stage 1 of 2 (up to 1 segment) · step 12 of 40');
    expect(screen.getByRole('progressbar', { name: 'Training' }).getAttribute('value')).toBe('12');
    expect(await screen.findByText(/30 s left/)).toBeTruthy();
    expect(textIn('Run')).toMatch(/Loss1\.25.*Batch accuracy50 %.*Speed100 tokens\/s/);
    expect(await screen.findByText(/by training step/, { exact: false })).toBeTruthy();
    expect(await screen.findAllByRole('group', { name: 'Values of the curves', hidden: true })).toHaveLength(2);
  });

  it('draws every metric that is kept, and lists it by step', async () => {
    await training(12);
    const [, table] = await screen.findAllByRole('table', { hidden: true });
    const heads = within(table ?? expect.fail('no table of steps')).getAllByRole('columnheader', { hidden: true });
    expect(heads.map(textOf)).toEqual(['Up to step', ...curveMetrics.map(({ label }) => label)]);
    const captions = screen.getAllByRole('figure').map((figure) => textOf(figure.querySelector('figcaption strong')));
    const own = curveMetrics.flatMap(({ label, curve }) => (curve.chart.kind === 'own' ? [label] : []));
    expect(captions).toEqual(['Accuracy', 'Loss', ...own]);
  });

  it('is paused, stepped, continued and stopped', async () => {
    const page = await training(3);
    await page.user.click(button('Pause'));
    expect(title()).toBe('Paused');
    await page.user.click(button('Step'));
    await page.user.click(button('Continue'));
    expect(title()).toBe('Training');
    await page.user.click(button('Stop'));
    const job = page.job('train');
    expect(job.request.watch).toBe(true);
    expect(job.controls).toEqual(['pause', 'step', 'continue', 'stop']);
    job.send({ type: 'train-end', progress: progressAt(3), finished: false, suspicions: [] });
    expect(title()).toBe('Stopped');
    expect(button('New run').disabled).toBe(false);
  });

  it('starts with one step if Step is pressed first', async () => {
    const page = await renderPage(<RunPanel />, { address });
    await page.user.click(button('Step'));
    const job = page.job('train');
    expect(job.request).toMatchObject({ paused: true });
    job.send(trainBegin());
    expect(job.controls).toEqual(['step']);
    expect(title()).toBe('Paused');
  });

  it('is announced at each quarter, not at every step', async () => {
    const page = await training(0);
    const announced = new Set<string>();
    for (let step = 1; step <= 40; step++) {
      page.job('train').send(trainStep(step));
      announced.add(textOf(screen.getAllByRole('status')[0] ?? null));
    }
    page.job('train').send({ type: 'train-end', progress: progressAt(40), finished: true, suspicions: [] });
    announced.add(textOf(screen.getAllByRole('status')[0] ?? null));
    expect([...announced]).toEqual([
      'Training',
      'Training, 25 % done',
      'Training, 50 % done',
      'Training, 75 % done',
      'Training, 100 % done',
      'Training finished',
    ]);
  });

  it('is not started from invalid values, and says why', async () => {
    const page = await renderPage(<RunPanel />);
    await page.change(({ experiment }) => experiment.setKnob('task', 'reasoning'));
    await page.user.click(button('Start'));
    expect(screen.getByRole('alert').textContent).toContain('segment_size');
    expect(title()).toBe('Not started');
    expect(page.hasAsked('train')).toBe(false);
  });

  it('is not started if it does not fit on the adapter', async () => {
    const page = await renderPage(<RunPanel />, { address });
    const obstacle = 'weights: needs 9,000 bytes (expected at most 8,000: choose fewer layers)';
    const bytes = { weights: 1, gradients: 1, optimiser: 1, activations: 1, validation: 1, checkpoint: 1, total: 6 };
    const taken = { parameters: 1, bytes, tokens: 1, steps: 1, milliseconds: undefined, speed: undefined };
    (await page.asked('estimate')).send({ type: 'estimate', ...taken, obstacle });
    await page.user.click(button('Start'));
    expect(screen.getAllByRole('alert').map(textOf)).toEqual([
      expect.stringContaining('weights: needs 9,000 bytes'),
      expect.stringContaining('weights: needs 9,000 bytes'),
    ]);
    expect(page.hasAsked('train')).toBe(false);
  });

  it('shows what failed', async () => {
    const page = await renderPage(<RunPanel />, { address });
    await page.user.click(button('Start'));
    page.job('train').fail('cat.txt: not UTF-8 at byte 1 (expected a text in UTF-8)');
    expect(title()).toBe('Failed');
    expect(screen.getByRole('alert').textContent).toContain('not UTF-8 at byte 1');
  });

  it('keeps its curves when the GPU is lost, and resumes from the last checkpoint', async () => {
    const page = await training(12);
    page.job('train').send({ type: 'checkpoint', bytes, progress: progressAt(10) });
    page.loseDevice('gone');
    expect(title()).toBe('GPU lost');
    expect(textIn('Curves')).not.toContain('appear here');
    await page.user.click(button('Resume from the last checkpoint'));
    await expect.poll(() => page.job('train').request.resume?.bytes).toEqual(bytes);
  });

  it('says that a step could not be saved and what is safe, and saves it on retry', async () => {
    let isFull = true;
    const write = async () => {
      if (isFull) throw new DOMException('full', 'QuotaExceededError');
    };
    const page = await training(12, { storage: { write } });
    page.job('train').send({ type: 'checkpoint', bytes, progress: progressAt(10) });
    const alert = await screen.findByRole('alert');
    expect(textOf(alert)).toMatch(/step 10 of “.*the storage of this browser is full/);
    isFull = false;
    await page.user.click(within(alert).getByRole('button', { name: 'Save again' }));
    expect(await screen.findByText(/saved at step 10/)).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('says that a private window stores nothing', async () => {
    const records = () => Promise.reject(new Error('The operation is insecure.'));
    await renderPage(<RunPanel />, { address, storage: { records } });
    expect(textIn('Run')).toContain('This browser does not allow storage here');
  });
});

describe('a finished run', () => {
  it('links to Stream, Extrapolate and Runs', async () => {
    const page = await finished();
    expect(title()).toBe('Finished');
    await page.user.click(button('Stream this model'));
    expect(page.state().experiment).toMatchObject({ view: 'stream', stream: { model: 'training' } });
    await page.user.click(button('Evaluate this model'));
    expect(page.state().experiment).toMatchObject({ view: 'extrapolate', evaluate: { model: 'training' } });
    await page.user.click(button('Show all runs'));
    expect(page.state().experiment.view).toBe('runs');
  });

  it('is kept for comparison, and removed again', async () => {
    const page = await finished();
    await page.user.click(button('Keep for comparison'));
    expect(await screen.findByText('this run')).toBeTruthy();
    expect(button('Kept for comparison').getAttribute('aria-pressed')).toBe('true');
    await page.user.click(button('Kept for comparison'));
    expect(screen.queryByRole('region', { name: 'Compared runs' })).toBeNull();
  });

  it('continues for more steps, as a run of its own', async () => {
    const page = await finished();
    await page.user.clear(field('Additional steps'));
    await page.user.type(field('Additional steps'), '10');
    await page.user.click(button('Continue for 10 more steps'));
    await expect
      .poll(() => page.job('train').request.config)
      .toMatchObject({
        stages: [1, 2, 2],
        stage_steps: [20, 20, 10],
      });
    expect(page.job('train').request.resume?.bytes).toEqual(bytes);
  });

  it('is downloaded from the GPU', async () => {
    const page = await finished();
    await page.user.click(button('Download checkpoint'));
    expect(page.job('train').controls).toContain('checkpoint');
  });

  it('can be resumed after a reload if it was not finished', async () => {
    const before = await training(12);
    before.job('train').send({ type: 'checkpoint', bytes, progress: progressAt(10) });
    await before.change(({ runs }) => runs.refresh());
    const { shelf } = before;
    shelf.locks.clear();
    cleanup();
    const page = await renderPage(<RunPanel />, { shelf });
    expect(textIn('Run')).toMatch(/was interrupted\. Saved at step 10 of 40/);
    await page.user.click(button('Show curves'));
    expect(await screen.findByText(/step 10 of 40/)).toBeTruthy();
    await page.user.click(button('Resume at step 10'));
    await expect.poll(() => page.job('train').request.resume?.bytes).toEqual(bytes);
  });
});
