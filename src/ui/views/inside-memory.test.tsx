// The sections Memory and Lens of Inside, with a plain store and replayed events.
import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AssociationsSeen, Report, StateProjection } from '../../protocol/index.ts';
import { copyModel, document, placeModel, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Inside } from './Inside.tsx';

const places = placeModel.classes;

async function opened(section: string, reports: readonly Report[] = document(5)): Promise<Page> {
  const page = await renderPage(<Inside />, { address: `#/inside?inside.section=${section}&stream.segments=5` });
  await page.user.click(button('Read the document'));
  (await page.asked('stream')).send(...reports);
  // The section is loaded when it is first opened.
  await waitFor(() => expect(screen.queryByText('Opening …')).toBeNull());
  return page;
}

/** Memory of two tokens of four channels after segment `index`, which turns from segment to segment. */
const turning = (segments: number): Report[] => [
  streamBegin(segments),
  ...Array.from({ length: segments }, (_, index) =>
    streamSegment(index, {
      memory: Float32Array.of(Math.cos(index), Math.sin(index), 0, 1, -1, 0, index / 10, -0.5),
    }),
  ),
  streamEnd(),
];

it('Memory shows the values of all tokens, their difference, and one token over segments', async () => {
  const page = await opened('memory', turning(5));
  const panel = await screen.findByRole('region', { name: 'Values of the memory' });
  expect(textOf(panel)).toContain('2 memory tokens of 4 channels each');
  const map = () => within(panel).getByRole('application');
  expect(map().getAttribute('aria-label')).toMatch(/^Memory after segment 5: value/);
  const table = () =>
    within(within(panel).getByRole('group', { name: 'Largest values' }))
      .getAllByRole('row')
      .slice(1)
      .map(textOf);
  expect(table()[0]).toBe('memory 141');
  // The first segment has nothing before it.
  await page.change((state) => state.stream.jump(0));
  await page.user.selectOptions(field('Numbers'), 'Difference to the segment before');
  expect(textOf(panel)).toContain('The first segment has no segment before it.');
  await page.change((state) => state.stream.jump(4));
  expect(map().getAttribute('aria-label')).toMatch(/difference/);
  await page.user.selectOptions(field('Show'), 'Token 2 after every segment');
  expect(map().getAttribute('aria-label')).toMatch(/^Memory token 2 after every segment/);
  // Four differences, and channel 3 grew by a tenth each time.
  expect(table().filter((row) => row.includes('30.1'))).toHaveLength(4);
});

it('Memory projects this document, coloured by the most likely answer', async () => {
  const page = await opened('memory', turning(6));
  const panel = await screen.findByRole('region', { name: 'Memory of this document in two dimensions' });
  expect(within(panel).getByRole('list', { name: 'Answers' }).textContent).toContain('kitchen');
  await page.user.selectOptions(within(panel).getByLabelText('Part of the memory'), 'Memory token 1');
  expect(textOf(panel)).not.toContain('NaN');
});

const projection = (token: number | undefined): StateProjection => ({
  token,
  mean: new Float32Array(token === undefined ? 8 : 4),
  axes: Float32Array.from({ length: token === undefined ? 16 : 8 }, (_, i) =>
    i === 0 || i === (token === undefined ? 9 : 5) ? 1 : 0,
  ),
  explained: [0.6, 0.3],
  points: Float32Array.from({ length: 2 * 6 * 2 }, (_, i) => i / 10),
});
const point = (segment: number, right: number) =>
  ({
    type: 'probe-point',
    segment,
    answers: { fitted: 4, heldOut: right },
    control: { fitted: 3, heldOut: 0 },
    commonest: 1,
    rank: 3,
    informed: 2,
    asked: 1,
  }) as const;

it('Memory probes many documents: settings, progress, figures, and their projection', async () => {
  const page = await opened('memory');
  await page.user.clear(field('Documents'));
  await page.user.type(field('Documents'), '30{Tab}');
  await page.user.selectOptions(field('L2 penalty'), '1');
  await page.user.click(button('Probe the memory'));
  const job = await page.asked('probe');
  expect(job.request).toMatchObject({ samples: 30, segments: 5, penalty: 1, word: 0, points: 16 });
  job.send(
    { type: 'probe-begin', model: placeModel, task: 'detect' },
    { type: 'probe-reading', documents: 6, samples: 30 },
  );
  expect(textIn('Linear probe of the memory')).toContain('6 of 30 documents read');
  job.send(
    { type: 'probe-documents', at: [0, 1], classes: places, labels: [0, 1, 2, 3, 0, 5], fitted: 4 },
    { type: 'probe-projection', ...projection(undefined) },
    point(0, 1),
  );
  expect(textIn('Linear probe of the memory')).toContain('Probe fitted after 1 of 2 segments');
  job.send(point(1, 2), { type: 'probe-projection', ...projection(0) }, { type: 'probe-end', finished: true });
  const said = textIn('Linear probe of the memory');
  expect(said).toContain('names the answer of 100 % of 2 held-out documents');
  expect(said).toContain('with shuffled answers 0 %');
  const rows = within(await screen.findByRole('group', { name: 'Accuracy of the probe by segment' })).getAllByRole(
    'row',
  );
  expect(rows).toHaveLength(3);
  expect(textOf(rows[1] as HTMLElement)).toMatch(/^150 % \(/);
  const centres = within(screen.getByRole('group', { name: 'Centre of each answer' }))
    .getAllByRole('row')
    .map(textOf);
  // After the second segment: points 12 to 23, of which the first and fifth document are in the bathroom.
  expect(centres[1]).toBe('bathroom21.61.7');
  expect(button('Probe the memory').disabled).toBe(false);
});

it('Memory says why a probe failed, and can be stopped', async () => {
  const page = await opened('memory');
  await page.user.click(button('Probe the memory'));
  (await page.asked('probe')).send({ type: 'probe-begin', model: placeModel, task: 'detect' });
  await page.user.click(button('Stop'));
  expect(page.job('probe').controls).toEqual(['stop']);
  page.job('probe').fail('memory of all documents: 700 MiB (expected at most 512 MiB)');
  expect(screen.getByRole('alert').textContent).toMatch(/^The memory could not be probed\. /);
});

it('Memory says which token holds whom, of which model, and why it cannot', async () => {
  const page = await opened('memory', turning(5));
  await page.user.clear(await screen.findByLabelText('Beginnings'));
  await page.user.type(field('Beginnings'), '4{Tab}');
  await page.user.click(button('Compare the memory tokens'));
  const job = await page.asked('holders');
  expect(job.request).toMatchObject({ documents: 4, segments: 3, seed: 1 });
  job.send({ type: 'holders-begin', model: placeModel, task: 'detect' }, { type: 'holders-reading', documents: 3 });
  const said = () => textIn('What each memory token holds');
  expect(said()).toContain('3 of 4 beginnings read');
  const found = { subjects: ['mary', 'john'], values: places, tokens: 2, variance: Float32Array.of(9, 0, 1, 4) };
  job.send({ type: 'holders-end', found });
  expect(said()).toContain(
    'Each of the 2 is held most by a memory token of its own; 1 by more than one. mary: token 1 (90 %), token 2 (10 %); john: token 2 (100 %).',
  );
  const panel = screen.getByRole('region', { name: 'What each memory token holds' });
  const rows = within(within(panel).getByRole('group', { name: 'Largest shares' }))
    .getAllByRole('row')
    .map(textOf);
  expect(rows[1]).toBe('2john100 %');
  expect(said()).not.toContain('measured before');
  await page.user.click(button('Compare the memory tokens'));
  page.job('holders').send({ type: 'holders-begin', model: { ...placeModel, name: 'other' }, task: 'detect' });
  await page.user.click(within(panel).getByRole('button', { name: 'Stop' }));
  expect(page.job('holders').controls).toEqual(['stop']);
  page.job('holders').send({ type: 'holders-end', found });
  expect(said()).toContain('Of other, measured before.');
  await page.user.click(button('Compare the memory tokens'));
  page.job('holders').fail('reasoning: a task whose facts are not about somebody (expected one whose facts are)');
  expect(within(panel).getByRole('alert').textContent).toMatch(/^The memory tokens could not be compared\. /);
});

it('Memory of a decoder that passes on other states is projected without tokens', async () => {
  await opened('memory', [
    streamBegin(4, { model: { ...copyModel, memTokens: 0 } }),
    ...[0, 1, 2, 3].map((index) =>
      streamSegment(index, { memory: Float32Array.of(index, 1, 2), probabilities: new Float32Array(0) }),
    ),
    streamEnd(),
  ]);
  await screen.findByRole('region', { name: 'Memory of this document in two dimensions' });
  expect(screen.queryByRole('region', { name: 'Values of the memory' })).toBeNull();
});

it('a model without memory is told so', async () => {
  await opened('memory', [
    streamBegin(2, { model: { ...placeModel, memTokens: 0 } }),
    ...[0, 1].map((index) => streamSegment(index, { memory: new Float32Array(0) })),
    streamEnd(),
  ]);
  await waitFor(() => expect(textIn('Memory')).toContain('passes nothing from one segment to the next'));
});

const associative = { ...placeModel, kind: 'ARMT, encoder', associationRows: 6, layers: 1 };
const seen = (shares: readonly number[]): AssociationsSeen => ({
  frobenius: 2.5,
  numerical: 3,
  effective: 1.75,
  writes: [
    { beta: 0.25, gamma: 0.5, key: 1, change: 0.125 },
    { beta: 0.75, gamma: 1, key: 1, change: 0.5 },
  ],
  recalled: 0.5,
  state: 4,
  shares: Float32Array.from(shares),
});

it('Memory of ARMT shows the associations, their rank, and where is recalled from', async () => {
  // Two of eight columns are value channels apart from padding: 4 channels + 4, 6 rows.
  const state = Float32Array.from({ length: 6 * 8 }, (_, i) => (i % 8 < 4 ? i : 99));
  const page = await opened('memory', [
    streamBegin(3, { model: associative }),
    ...[0, 1, 2].map((index) => streamSegment(index, { memory: state })),
    streamEnd(),
  ]);
  const panel = await screen.findByRole('region', { name: 'Associations' });
  const largest = within(within(panel).getByRole('group', { name: 'Largest values' })).getAllByRole('row');
  // Padding and normaliser are left out.
  expect(textOf(largest[1] as HTMLElement)).toBe('feature 6443');
  await page.user.click(button('Measure rank and recall'));
  const job = await page.asked('associations');
  expect(job.request.at.map(({ index, memory }) => [index, memory?.length])).toEqual([
    [0, undefined],
    [1, 48],
    [2, 48],
  ]);
  job.send(
    { type: 'associations-begin' },
    { type: 'associations-segment', index: 0, layers: [seen([])] },
    { type: 'associations-segment', index: 1, layers: [seen([1])] },
    { type: 'associations-segment', index: 2, layers: [seen([1.25, -0.25])] },
    { type: 'associations-end', finished: true },
  );
  const shares = within(within(panel).getByRole('group', { name: 'Largest shares' }))
    .getAllByRole('row')
    .map(textOf);
  expect(shares.slice(1, 3)).toEqual(['31125 %', '21100 %']);
  const writes = within(within(panel).getByRole('group', { name: 'Writes of the memory tokens' })).getAllByRole('row');
  expect(textOf(writes[2] as HTMLElement)).toBe('275 %100 %10.5');
});

const column = (segment: number, right: readonly number[], answers: readonly string[]) => ({
  segment,
  count: 1,
  right: Float32Array.from(right),
  hits: Float32Array.from(answers, (answer) => (answer === 'kitchen' ? 1 : 0)),
  top: answers.map((answer, i) => ({ answer, probability: Math.max(0.5, right[i] ?? 0) })),
});

it('Lens shows the right answer’s probability by layer and segment, and the segment on show in words', async () => {
  const page = await opened('lens', document(3));
  await page.user.click(button('Look through the lens'));
  const job = await page.asked('lens');
  expect(job.request.at).toHaveLength(3);
  job.send(
    { type: 'lens-begin' },
    { type: 'lens-segment', index: 0, columns: [column(0, [0.1, 0.2], ['garden', 'garden'])] },
  );
  expect(textIn('Logit lens')).toContain('1 of 3 segments');
  job.send(
    { type: 'lens-segment', index: 1, columns: [column(1, [0.1, 0.3], ['garden', 'garden'])] },
    { type: 'lens-segment', index: 2, columns: [column(2, [0.2, 0.9], ['garden', 'kitchen'])] },
    { type: 'lens-end', finished: true },
  );
  expect(screen.getByRole('application').getAttribute('aria-label')).toMatch(
    /^Probability of the right answer by layer/,
  );
  const rows = within(screen.getByRole('group', { name: 'Answers by layer' }))
    .getAllByRole('row')
    .map(textOf);
  expect(rows).toEqual([
    'Head readsRight answerMost likely answer',
    'input of layer 120 %garden (50 %)',
    'output of layer 190 %kitchen (90 %)',
  ]);
  expect(button('Look again').disabled).toBe(false);
  // Another document: the findings are those of the one before.
  await page.change((state) => state.stream.start());
  (await page.asked('stream')).send(...document(3));
  await screen.findByRole('button', { name: 'Look through the lens' });
  expect(screen.queryByRole('application')).toBeNull();
});

it('Lens of a text has a column for each word of its answer, or a mean', async () => {
  const page = await opened('lens', [
    streamBegin(2, { model: copyModel, expected: 'a b' }),
    ...[0, 1].map((index) => streamSegment(index, { probabilities: new Float32Array(0), guesses: [], marks: [] })),
    streamEnd(),
  ]);
  await page.user.click(button('Look through the lens'));
  const job = await page.asked('lens');
  const words = ['a', 'b'].map((word) => ({ ...column(1, [0.4, 0.8], ['x', word]), word }));
  job.send(
    { type: 'lens-begin' },
    { type: 'lens-segment', index: 0, columns: [] },
    { type: 'lens-segment', index: 1, columns: words },
    { type: 'lens-end', finished: true },
  );
  const rows = within(screen.getByRole('group', { name: 'Answers by layer' }))
    .getAllByRole('row')
    .map(textOf);
  expect(rows[2]).toBe('output of layer 180 % (top: a)80 % (top: b)');
  await page.user.click(button('Look again'));
  page.job('lens').send({ type: 'lens-begin' });
  page.job('lens').fail('segment: 9 (expected one from 1 to 2)');
  expect(screen.getByRole('alert').textContent).toMatch(/^The logit lens could not be computed\./);
});
