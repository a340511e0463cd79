import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { EvaluatePoint, ModelFacts } from '../../protocol/index.ts';
import { copyModel, placeModel } from '../../testing/events.ts';
import { manifestOf } from '../../testing/facts.ts';
import { button, field, type Page, renderPage, textOf } from '../../testing/playground.tsx';
import { Extrapolate } from './Extrapolate.tsx';

const address = '#/extrapolate?eval.segments=1,2&eval.samples=8&eval.seed=5';
const form = () => screen.getByRole('form', { name: 'What to evaluate' });
const said = () => textOf(form());
const row = (segments: number) =>
  textOf(
    within(screen.getByRole('group', { name: 'Results by number of segments' })).getByRole('row', {
      name: new RegExp(`^${segments} `),
    }),
  );

const begun = (model: ModelFacts = placeModel, task = 'detect') => ({ type: 'evaluate-begin', model, task }) as const;
const point = (segments: number, right: number, more: Partial<EvaluatePoint> = {}) =>
  ({
    type: 'evaluate-point',
    segments,
    right,
    asked: 8,
    whole: right,
    samples: 8,
    wanted: 8,
    loss: 1,
    commonest: 2,
    suspicions: [],
    ...more,
  }) as const;
const ended = { type: 'evaluate-end', finished: true } as const;

async function started(setting: Parameters<typeof renderPage>[1] = {}): Promise<Page> {
  const page = await renderPage(<Extrapolate />, { address, ...setting });
  await page.user.click(button('Start'));
  await page.asked('evaluate');
  return page;
}

describe('Extrapolate', () => {
  it('evaluates the model on each number of segments, and shows the accuracy with its interval', async () => {
    const page = await started();
    const job = page.job('evaluate');
    expect(job.request).toMatchObject({ segments: [1, 2], samples: 8, seed: 5 });
    expect(said()).toContain('Preparing the model …');
    job.send(begun(), point(1, 8));
    expect(said()).toContain('8 of 16 documents · now at 1 segment');
    job.send(point(2, 4), ended);
    expect(said()).toContain('Finished.');
    expect(await screen.findByRole('columnheader', { name: 'accuracy' })).toBeTruthy();
    expect(row(1)).toMatch(/^1 ?100 % \(68 %–100 %, n = 8\)/);
    expect(row(2)).toMatch(/^2 ?50 % \(\d+ %–\d+ %, n = 8\)/);
  });

  it('shows the curves of RMT-1M', async () => {
    await renderPage(<Extrapolate />);
    const heads = screen.getAllByRole('columnheader', { hidden: true }).map(textOf);
    expect(heads.filter((name) => name.startsWith('RMT-1M, '))).toHaveLength(3);
    expect(await screen.findByRole('group', { name: 'Save: Accuracy by number of segments' })).toBeTruthy();
  });

  it('says where an accuracy is no better than the commonest answer', async () => {
    const page = await started();
    const sentence = '25.0 % correct is not measurably better than always giving the commonest answer.';
    const suspicions = [{ kind: 'commonest-answer', sentence, figure: 0.25 }] as const;
    page.job('evaluate').send(begun(), point(1, 8), point(2, 2, { suspicions }), ended);
    expect(await screen.findByRole('columnheader', { name: 'commonest answer' })).toBeTruthy();
    const item = (await screen.findAllByRole('listitem')).map(({ textContent }) => textContent);
    expect(item.filter((text) => text?.includes(sentence))).toEqual([expect.stringMatching(/, 2 segments: 25\.0 %/)]);
  });

  it('says how a text is read, and what is wrong with it once for all lengths', async () => {
    const page = await started();
    const commonest = { token: '[UNK]', count: 80 };
    const counts = { words: 100, unknown: 80, examples: ['x'], different: 9, commonest };
    const text = { name: 'b.txt', unit: 'words', ...counts } as const;
    const suspicions = [{ kind: 'unknown-words', sentence: '80 % is read as [UNK].', figure: 0.8 }] as const;
    const begin = { ...begun({ ...copyModel, task: 'language' }, 'language'), unit: 'words', text } as const;
    page.job('evaluate').send(begin, point(1, 8, { suspicions }), point(2, 8, { suspicions }), ended);
    expect(
      await screen.findByText(
        'b.txt: 100 words, 80 % read as [UNK] (9 different, such as x). Most frequent: [UNK], 80 %.',
      ),
    ).toBeTruthy();
    const found = (await screen.findAllByRole('listitem')).filter(({ textContent }) => textContent?.includes('80 %'));
    expect(found.map(textOf)).toEqual([expect.stringMatching(/, 1, 2 segments: 80 % is read as \[UNK\]\.$/)]);
  });

  it('can be cancelled, and keeps its results', async () => {
    const page = await started();
    const job = page.job('evaluate');
    job.send(begun(), point(1, 8));
    await page.user.click(button('Cancel'));
    expect(job.controls).toEqual(['stop']);
    job.send({ type: 'evaluate-end', finished: false });
    expect(said()).toContain('Cancelled. Results so far are kept.');
    await page.user.click(button('Clear results'));
    expect(button('Clear results').disabled).toBe(true);
  });

  it('shows how far long documents have come, and resumes with the lengths that are not complete', async () => {
    const page = await started();
    const job = page.job('evaluate');
    const reading = { documents: 8, segments: 1000 };
    job.send(begun(), point(1, 8), { type: 'evaluate-reading', segments: 4096, samples: 0, reading });
    expect(said()).toContain('reading segment 1,000 of 4,096 of the next 8');
    await page.user.click(button('Cancel'));
    job.send({ type: 'evaluate-end', finished: false });
    expect(said()).not.toContain('reading segment');
    await page.user.click(button('Resume'));
    const resumed = await page.asked('evaluate');
    expect(resumed.request).toMatchObject({ segments: [2], samples: 8, seed: 5 });
    resumed.send(begun(), point(2, 4), ended);
    expect(said()).toContain('Finished.');
    await waitFor(() => expect(row(2)).toMatch(/^2 ?50 %/), { timeout: 5000 });
    expect(row(1)).toMatch(/n = 8/);
    expect(screen.queryByRole('button', { name: 'Resume' })).toBeNull();
  });

  it('evaluates several models, one after the other, and removes a result', async () => {
    const [first] = manifestOf(8).checkpoints;
    const manifest = { checkpoints: [first, { ...first, file: 'other.safetensors', title: 'Other' }] };
    const page = await renderPage(<Extrapolate />, { address, manifest });
    await page.user.click(button(/Add a model/));
    await page.user.click(button('Start'));
    (await page.asked('evaluate')).send(begun(), point(1, 8));
    expect(said()).toContain('1 more model is waiting.');
    page.job('evaluate').send(ended);
    await expect.poll(() => page.job('evaluate').request.model).toMatchObject({ name: 'other.safetensors' });
    page.job('evaluate').send(begun(), point(1, 4), ended);
    const results = () => within(screen.getByRole('list', { name: 'Results in the plot' })).getAllByRole('listitem');
    await expect.poll(() => results().length).toBe(2);
    await page.user.click(button(/^Remove 2\. Other/));
    expect(screen.queryByRole('list', { name: 'Results in the plot' })).toBeNull();
  });

  it('counts words, complete answers and generated answers of a text', async () => {
    const page = await renderPage(<Extrapolate />, {
      address,
      manifest: { checkpoints: [{ ...manifestOf(8).checkpoints[0], task: 'copy', model: 'rmt-gpt2' }] },
    });
    await page.user.click(field(/also generate the answers/));
    await page.user.click(button('Start'));
    const job = await page.asked('evaluate');
    expect(job.request).toMatchObject({ generate: true });
    job.send(begun(copyModel, 'copy'), point(1, 6, { generated: 4 }), ended);
    for (const name of ['words of the answer', 'whole answers', 'generated correctly', 'loss, nats per word'])
      expect(await screen.findByRole('columnheader', { name })).toBeTruthy();
  });

  it('gives the loss of a language model by position', async () => {
    const page = await started();
    page
      .job('evaluate')
      .send(
        { ...begun({ ...copyModel, task: 'language' }, 'language'), unit: 'characters' },
        point(1, 4, { positions: Float32Array.of(2, 1) }),
        ended,
      );
    expect(await screen.findByRole('columnheader', { name: 'bits per character' })).toBeTruthy();
    expect((await screen.findAllByText(/Loss by position/)).length).toBeGreaterThan(0);
  });

  it('does not let an encoder generate', async () => {
    await renderPage(<Extrapolate />, {
      address,
      manifest: { checkpoints: [{ ...manifestOf(8).checkpoints[0], model: 'rmt-bert' }] },
    });
    expect(field(/also generate the answers/).disabled).toBe(true);
  });

  it('offers common numbers of segments, and refuses invalid ones in words', async () => {
    const { user, state } = await renderPage(<Extrapolate />, { address });
    await user.click(button('1…15'));
    expect(state().experiment.evaluate.segments).toHaveLength(15);
    expect(button('1…15').getAttribute('aria-pressed')).toBe('true');
    await user.clear(field('Numbers of segments'));
    await user.type(field('Numbers of segments'), '0');
    expect(screen.getByRole('alert').textContent).toContain('“0” is not a list of whole numbers from 1 to 4096');
  });

  it('shows what failed', async () => {
    const page = await started();
    page.job('evaluate').fail('task: copy (expected one that asks for a class)');
    expect(screen.getByRole('alert').textContent).toContain('task: copy');
    expect(button('Start').disabled).toBe(false);
  });

  it('without WebGPU says so', async () => {
    await renderPage(<Extrapolate />, { obstacle: 'no-webgpu' });
    expect(screen.getByRole('region', { name: 'WebGPU is not available' })).toBeTruthy();
    expect(button('Start').disabled).toBe(true);
  });
});
