// The sections of Inside with a replayed document: the drawing of a segment, and its heads.
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { ModelFacts, ReportOf } from '../../protocol/index.ts';
import {
  copyModel,
  placeModel,
  streamBegin,
  streamEnd,
  streamSegment,
  trainBegin,
  trainStep,
  validation,
} from '../../testing/events.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Inside } from '../views/Inside.tsx';

/** Two layers of two heads, and [CLS] mem mem [SEP] word word [SEP]. */
const model: ModelFacts = {
  ...{ ...placeModel, layers: 2, heads: 2, positions: 7 },
  looks: { write: { rows: 2, columns: 7 }, read: { rows: 7, columns: 2 } },
};
const attention = { write: new Float32Array(56).fill(1 / 8), read: new Float32Array(56).fill(1 / 4) };

async function read(section: string, begin: Partial<ReportOf<'stream-begin'>> = { model }): Promise<Page> {
  const page = await renderPage(<Inside />, { address: `#/inside?inside.section=${section}` });
  await page.change(({ stream }) => stream.start());
  const stream = await page.asked('stream');
  stream.send(
    streamBegin(2, begin),
    streamSegment(0, { ...attention, marks: [{ kind: 'fact', start: 0, end: 1 }] }),
    streamSegment(1, attention),
    streamEnd(),
  );
  return page;
}

/** All attention of a segment: of head 2 of layer 1, `mem 1` attends to the first word, all others to themselves. */
const looked = (index: number) => {
  const values = new Float32Array(4 * 49);
  for (let head = 0; head < 4; head++)
    for (let row = 0; row < 7; row++) values[head * 49 + row * 7 + (head === 1 && row === 1 ? 4 : row)] = 1;
  return { type: 'look-segment', index, attention: values } as const;
};

describe('Anatomy', () => {
  it('draws the segment with its numbers, and opens a head', async () => {
    const page = await read('anatomy');
    const drawing = await screen.findByRole('region', { name: 'Anatomy of the segment' });
    const parts = (name: string) => within(within(drawing).getByRole('list', { name })).getAllByRole('listitem');
    expect(parts('Positions of the segment').map(textOf)).toEqual([
      '[CLS]',
      'mem 1',
      'mem 2',
      '[SEP]',
      'john',
      'went',
      '[SEP]',
    ]);
    // Memory (1, i, 0, 0), (0, 1, i, 0) after segment i.
    expect(parts('Memory from segment 1: norms').map(textOf)).toEqual(['mem 1‖1‖', 'mem 2‖1‖']);
    expect(parts('Memory at the end: norms').map(textOf)).toEqual(['mem 1‖1.41‖ Δ 0.29', 'mem 2‖1.41‖ Δ 0.29']);
    expect(textOf(drawing)).toContain('Answer: kitchen 50 %');
    expect(textOf(drawing)).toContain('Its norm appears here once a run on Train has measured it');
    // [CLS] gives each of two memory tokens a quarter.
    await page.user.click(button(/^Head 2 of layer 1, answer on memory 50\s%$/));
    expect(page.state().experiment.inside).toMatchObject({ section: 'heads', layer: 1, head: 2 });
  });

  it('draws a decoder, and a cache', async () => {
    await read('anatomy', {
      model: {
        ...copyModel,
        memTokens: 0,
        cacheSize: 3,
        front: 0,
        positions: 4,
        looks: { read: { rows: 4, columns: 3 } },
      },
    });
    const drawing = await screen.findByRole('region', { name: 'Anatomy of the segment' });
    expect(textOf(drawing)).toContain('words, and a cache of earlier inputs in each layer');
    expect(textOf(drawing)).toContain('No gradient comes back through the cache');
  });
});

describe('Heads', () => {
  it('reads the segment again, shows the head where its operation is clearest, and any other', async () => {
    const page = await read('heads');
    const look = await page.asked('look');
    await page.change(({ stream }) => stream.jump(0));
    expect(look.request.at.map(({ index }) => index)).toEqual([1]);
    look.send({ type: 'look-begin' }, looked(1), { type: 'look-end' });
    // The segment chosen meanwhile follows.
    const next = await waitFor(() => {
      const job = page.job('look');
      expect(job.request.at.map(({ index }) => index)).toEqual([0]);
      return job;
    });
    next.send({ type: 'look-begin' }, looked(0), { type: 'look-end' });
    await screen.findByRole('heading', { name: 'Head 2 of layer 1 in segment 1' });
    expect(textIn('One head')).toContain('The memory gives the fact 50 % of its attention');
    expect(screen.getAllByRole('radio')).toHaveLength(4);
    // The second token is mem 1.
    screen.getByRole('application').focus();
    await page.user.keyboard('{ArrowDown}{ArrowDown}');
    expect(textIn('One head')).toContain('mem 1 attends to john 100 %. In all, memory 0 %, words 100 %');
    await page.user.keyboard('{ArrowRight}');
    expect(textIn('One head')).toContain('mem 1 is attended to by no position.');
    screen.getByRole('radio', { checked: true }).focus();
    await page.user.keyboard('{ArrowDown}');
    expect(page.state().experiment.inside).toMatchObject({ layer: 2, head: 2 });
    expect(textIn('One head')).toContain('Head 2 of layer 2');
  });

  it('says why a segment cannot be read again, and does not try for ever', async () => {
    const page = await read('heads');
    const look = await page.asked('look');
    look.fail('all attention of a segment: 200 MiB (expected at most 64 MiB)');
    expect(textOf(await screen.findByRole('alert'))).toContain('200 MiB');
    expect(page.posted.filter((each) => each.type === 'start' && each.kind === 'look')).toHaveLength(1);
    expect(field('Segment of 2').value).toBe('2');
  });
});

describe('Tensors', () => {
  const inspected = (index: number, more: Partial<ReportOf<'inspect-end'>> = {}): ReportOf<'inspect-end'> => ({
    ...{ type: 'inspect-end', model, index, words: ['john', 'went'], part: 'hidden', layer: 1, gradient: false },
    ...{ shape: [7, 4], values: Float32Array.from({ length: 28 }, (_, i) => i - 14) },
    ...more,
  });

  it('reads the tensor that is chosen, with its statistics, and any other', async () => {
    const page = await read('tensors');
    const first = await page.asked('inspect');
    expect(first.request).toMatchObject({
      at: { index: 1, memory: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0) },
      tensor: { part: 'hidden', layer: 1, gradient: false },
    });
    expect(textIn('Any tensor')).toContain('Reading segment 2 again');
    first.send(inspected(1));
    expect(textIn('Any tensor')).toContain('Shape7 × 4Minimum-14Maximum13Mean-0.5');
    expect(screen.getByRole('application', { name: /^Layer output, layer 2, segment 2/ })).toBeDefined();
    // A kind of model without associations or cache has none to choose.
    const options = within(field('Tensor')).getAllByRole('option').map(textOf);
    expect(options).not.toContain('Cache received');
    expect(options).toContain('Memory passed on');
    await page.user.selectOptions(field('Tensor'), 'Queries');
    await page.user.selectOptions(field('Show'), 'gradient');
    expect(page.state().experiment.inside).toMatchObject({ part: 'query', gradient: true });
    // The last one chosen follows the one being read.
    page.job('inspect').send(inspected(1, { part: 'query', shape: [2, 7, 2] }));
    const last = await waitFor(() => {
      const job = page.job('inspect');
      expect(job.request.tensor).toEqual({ part: 'query', layer: 1, gradient: true });
      return job;
    });
    last.send(inspected(1, { part: 'query', gradient: true, shape: [2, 7, 2], loss: 0.5 }));
    expect(textIn('Any tensor')).toContain('Loss, nats0.5');
    await page.user.selectOptions(field('Head'), '2 of 2');
    expect(textIn('Any tensor')).toContain('Shape2 × 7 × 2Minimum0Maximum13');
  });

  it('says what failed, once, and reads the next one', async () => {
    const page = await read('tensors');
    (await page.asked('inspect')).fail('gradient: a document without an answer (expected one whose answer has a loss)');
    expect(textOf(await screen.findByRole('alert'))).toContain('This tensor could not be read.');
    const starts = () => page.posted.filter((each) => each.type === 'start' && each.kind === 'inspect').length;
    expect(starts()).toBe(1);
    await page.user.selectOptions(field('Layer'), '1 of 2');
    await waitFor(() => expect(starts()).toBe(2));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('follows a run in training from validation to validation', async () => {
    const page = await read('tensors');
    (await page.asked('inspect')).send(inspected(1));
    await page.change(({ run }) => run.start());
    const train = await page.asked('train');
    train.send({ ...trainBegin(), model }, validation(0, 0.1));
    await page.user.selectOptions(field('Model'), 'in training');
    const requested = await waitFor(() => {
      const job = page.job('inspect');
      expect(job.request.model).toEqual({ kind: 'training' });
      return job;
    });
    requested.send(inspected(requested.request.at.index));
    expect(textIn('Any tensor')).toContain('The run as it was after step 0.');
    const starts = () => page.posted.filter((each) => each.type === 'start' && each.kind === 'inspect').length;
    const before = starts();
    train.send(trainStep(1), validation(10, 0.2));
    const again = await waitFor(() => {
      expect(starts()).toBe(before + 1);
      return page.job('inspect');
    });
    again.send(inspected(again.request.at.index));
    expect(textIn('Any tensor')).toContain('The run as it was after step 10.');
  });
});
