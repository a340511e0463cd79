import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Example } from '../../protocol/index.ts';
import { progressAt, trainBegin } from '../../testing/events.ts';
import { encoderFacts } from '../../testing/facts.ts';
import { renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Examples } from './Examples.tsx';

async function shown(items: readonly Example[], more: Partial<ReturnType<typeof trainBegin>> = {}) {
  const page = await renderPage(<Examples />, { address: '#/train?preset=tiny' });
  expect(screen.queryByRole('region')).toBeNull();
  await page.change(({ run }) => run.start());
  page
    .job('train')
    .send({ ...trainBegin(), ...more }, { type: 'examples', progress: progressAt(40), segments: 2, items });
  return screen.getAllByRole('row').map(textOf);
}
const example = (expected: string[], predicted: string[], more: Partial<Example> = {}): Example => ({
  prompt: ['where', 'is', 'john'],
  skipped: 0,
  expected,
  predicted,
  probabilities: expected.map(() => 0.5),
  ...more,
});

describe('examples', () => {
  it('show the question, the expected answer and the model’s answer', async () => {
    const rows = await shown([
      example(['garden'], ['garden']),
      example(['garden'], ['kitchen'], { skipped: 3, probabilities: [0.25] }),
    ]);
    expect(textIn('Examples')).toContain('From the validation after step 40, 2 segments: 1 of 2 correct.');
    expect(rows).toEqual([
      'Facts and questionExpectedAnswerp of expected',
      'where is johngarden✓correct: garden50 %',
      '… where is johngarden✗wrong: kitchen25 %',
    ]);
  });

  it('are text, also in pieces of a tokenizer', async () => {
    const prompt = ['john', 'jour', '##ney', '##ed'];
    const item = example(['garden'], ['garden'], { prompt, ids: Int32Array.of(11, 12, 13, 14) });
    const [, row] = await shown([item], { model: { ...encoderFacts, pieces: 'wordpiece' } });
    expect(row).toContain('john journeyedgarden');
    expect(screen.getByTitle('piece “##ney”, id 13').textContent).toBe('ney');
  });

  it('strike out the wrong words of a text', async () => {
    const [, row] = await shown([example(['red', 'blue'], ['red', 'green'], { probabilities: [1, 0] })]);
    expect(row).toContain('✗wrong: red wrong: green50 %');
    expect(document.querySelector('s')?.textContent).toBe('green');
  });
});
