// Why this answer, with replayed events: an attribution, and a map of effects.
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { AttributedSegment, Candidate, ReportOf } from '../../../protocol/index.ts';
import { streamBegin, streamEnd, streamSegment } from '../../../testing/events.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../../testing/playground.tsx';
import { Inside } from '../../views/Inside.tsx';

async function read(): Promise<Page> {
  const page = await renderPage(<Inside />, { address: '#/inside?inside.section=why' });
  await page.change(({ stream }) => stream.start());
  const stream = await page.asked('stream');
  stream.send(
    streamBegin(2),
    streamSegment(0, { marks: [{ kind: 'fact', start: 0, end: 2 }], words: ['john', 'garden'] }),
    streamSegment(1, { words: ['where', 'john'] }),
    streamEnd(),
  );
  await screen.findByRole('heading', { name: 'What the answer depends on' });
  return page;
}

const garden: Candidate = { id: 2, word: 'garden', logit: 4, probability: 0.9 };
const office: Candidate = { id: 3, word: 'office', logit: 1, probability: 0.1 };

const attributed = (index: number, words: readonly string[], values: readonly number[]): AttributedSegment => {
  const each = (factor: number) => ({
    words: Float32Array.from(values, (value) => factor * value),
    special: factor / 4,
    norms: Float32Array.of(index + 1, 0.5),
    products: Float32Array.of(0.25, -0.25),
  });
  return { index, words, marks: [], margin: each(1), logProbability: each(0.5) };
};

const begin: ReportOf<'attribute-begin'> = {
  type: 'attribute-begin',
  gpuBytes: 1,
  ...{ segment: 1, word: 0, words: 1 },
  answer: garden,
  than: office,
  candidates: [garden, office],
  right: 'garden',
};

describe('Attribution', () => {
  it('tints the words, lists the largest, and shows the gradient at each memory', async () => {
    const page = await read();
    await page.user.click(button('Attribute the answer'));
    const job = await page.asked('attribute');
    expect(job.request).toMatchObject({ segments: 8 });
    job.send({ type: 'attribute-progress', phase: 'backward', segments: 1 });
    expect(textIn('Attribution')).toContain('Backward pass: 1 of 2 segments');
    job.send(
      begin,
      { type: 'attribute-segment', ...attributed(1, ['where', 'john'], [0.1, -0.4]) },
      { type: 'attribute-segment', ...attributed(0, ['john', 'garden'], [0.2, 2]) },
      { type: 'attribute-end', finished: true },
    );
    const text = textIn('Attribution');
    expect(text).toContain('The model answers “garden” with 90 %');
    expect(text).toContain('that is right');
    expect(text).toContain('The contributions of all words sum to 1.9; the logit difference is 3.');
    const words = screen.getByRole('list', { name: /^Words of the document/ });
    expect(within(words).getByTitle('garden: 2').getAttribute('data-direction')).toBe('towards');
    expect(within(words).getByTitle('john: -0.4').getAttribute('data-direction')).toBe('against');
    const table = screen.getByRole('group', { name: 'Largest contributions' });
    expect(within(table).getAllByRole('row').slice(1, 3).map(textOf)).toEqual(['garden12', 'john2-0.4']);
    expect(text).toContain('‖∂ answer / ∂ memory‖');
    // Another scalar needs no other pass; another answer does.
    await page.user.selectOptions(field('Of'), 'log-probability');
    expect(textIn('Attribution')).toContain('The contributions of all words sum to 0.95.');
    await page.user.selectOptions(field('Answer'), 'office');
    expect((await page.asked('attribute')).request).toMatchObject({ answer: 'office' });
  });

  it('by integrated gradients adds up to the change from a document without words', async () => {
    const page = await read();
    await page.user.selectOptions(field('Method'), 'integrated gradients, 64 points');
    await page.user.click(button('Attribute the answer'));
    const job = await page.asked('attribute');
    expect(job.request).toMatchObject({ steps: 64 });
    job.send(
      { ...begin, baseline: { answer: { ...garden, logit: 1 }, than: { ...office, logit: 0.5 } } },
      { type: 'attribute-segment', ...attributed(1, ['where', 'john'], [0.1, -0.4]) },
      { type: 'attribute-segment', ...attributed(0, ['john', 'garden'], [0.2, 2]) },
      { type: 'attribute-end', finished: true },
    );
    expect(textIn('Attribution')).toContain(
      'The contributions of all words sum to 1.9, those of special tokens to 0.5; from word embeddings of zero to the document the logit difference changes by 2.5.',
    );
    // Another method is another pass, for the same answers.
    await page.user.selectOptions(field('Method'), 'gradient × input');
    expect((await page.asked('attribute')).request).toMatchObject({ steps: 0, answer: 'garden' });
  });

  it('stops at once, also while the model is prepared, and says why there is none', async () => {
    const page = await read();
    await page.user.click(button('Attribute the answer'));
    await page.asked('attribute');
    await page.user.click(
      within(screen.getByRole('region', { name: 'Attribution' })).getByRole('button', { name: 'Stop' }),
    );
    expect(page.posted.at(-1)).toMatchObject({ type: 'stop' });
    expect(textIn('Attribution')).toContain('Stopped before the first segment was reached.');
    await page.user.click(button('Attribute the answer'));
    (await page.asked('attribute')).fail('attribution: 5000 segments (expected at most 4096)');
    expect(textOf(await screen.findByRole('alert'))).toContain('The answer could not be attributed.');
  });
});

describe('Patching', () => {
  it('draws a map of effects as the patches come in, and names a cell', async () => {
    const page = await read();
    await page.change(({ stream }) => stream.jump(0));
    // The place that the segment names is proposed, with another place.
    expect(field('Word of segment 1').value).toBe('1');
    expect(field('Becomes').value).toBe('bathroom');
    await page.user.clear(field('Becomes'));
    await page.user.type(field('Becomes'), 'office');
    await page.user.click(button('Draw the map'));
    const job = await page.asked('patch');
    expect(job.request).toMatchObject({
      sweep: { kind: 'memory' },
      other: { edits: [{ segment: 0, at: 1, word: 'office' }] },
    });
    job.send({
      type: 'patch-begin',
      ...{ rows: 1, columns: 3, segment: 1, word: 0, words: 1, differs: true },
      answer: garden,
      than: office,
      other: {
        answer: { ...garden, logit: 1, probability: 0.1 },
        than: { ...office, logit: 4, probability: 0.9 },
        own: 'office',
      },
      texts: [
        {
          index: 0,
          own: { words: ['john', 'garden'], marks: [] },
          other: { words: ['john', 'office'], marks: [] },
        },
      ],
    });
    expect(textIn('Patching')).toContain('0 of 3 patches');
    expect(textIn('Patching')).toContain('“john garden” and “john office”');
    job.send(
      {
        type: 'patch-cells',
        from: 0,
        margins: Float32Array.of(3, 0, -3),
        answer: Float32Array.of(0.9, 0.5, 0.1),
        than: Float32Array.of(0.1, 0.5, 0.9),
      },
      { type: 'patch-end', finished: true },
    );
    const table = within(screen.getByRole('region', { name: 'Patching' })).getByRole('table');
    expect(within(table).getAllByRole('row').slice(1).map(textOf)).toEqual(['all1100 %', 'mem 2150 %', 'mem 110 %']);
    const map = screen.getByRole('application', { name: /^Effect of memory/ });
    map.focus();
    await page.user.keyboard('{ArrowDown}{ArrowDown}{Enter}');
    expect(textIn('Patching')).toMatch(/after segment 1: “garden” \d+ %, “office” \d+ %; effect \d+ %/);
  });

  it('takes its other document from a whole one that is written here, and says what is right in it', async () => {
    const page = await read();
    await page.user.selectOptions(field('Other document'), 'written by you');
    const fact = within(screen.getByRole('group', { name: 'Fact 1' }));
    await page.user.selectOptions(fact.getByLabelText('Fact 1, word 1'), 'john');
    await page.user.selectOptions(fact.getByLabelText('Fact 1, word 3'), 'office');
    expect(textIn('Patching')).toContain('no fact is about');
    await page.user.selectOptions(field('Question, word 1'), 'john');
    expect(textIn('Patching')).toContain('The right answer of this document is “office”.');
    expect(textIn('Patching')).toContain('Its noise differs too');
    await page.user.click(button('Add a fact'));
    await page.user.click(button('Remove fact 2'));
    await page.user.click(button('Draw the map'));
    const { other } = (await page.asked('patch')).request;
    expect(other.document).toEqual({
      facts: [{ text: expect.stringMatching(/^john .* office\.$/), segment: 0 }],
      question: 'where is john?',
    });
    // The document on show is another one, and keeps its facts.
    expect(page.state().experiment.stream.facts).toBeUndefined();
    await page.user.click(button('Take this document’s facts'));
    expect(textIn('Patching')).not.toContain('The right answer of this document is “office”.');
  });
});
