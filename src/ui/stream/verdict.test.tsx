import { screen } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { copyModel, document, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { renderPage, textOf } from '../../testing/playground.tsx';
import { usePlayground } from '../playground.tsx';
import { Verdict } from './Verdict.tsx';

/** The verdict on the current document, at the newest segment. */
function OnShow() {
  const { log, current, seen } = usePlayground(({ stream }) => stream);
  return log && seen > 0 && <Verdict log={log} current={current} before="" />;
}

async function read(events: ReturnType<typeof document>) {
  const page = await renderPage(<OnShow />);
  await page.change(({ stream }) => stream.start());
  page.job('stream').send(...events);
  return page;
}
const said = () => textOf(screen.getByRole('status'));

describe('the verdict', () => {
  it('shows the current prediction and the expected answer before the end', async () => {
    await read([streamBegin(4), streamSegment(0)]);
    expect(screen.queryByRole('status')).toBeNull();
    expect(textOf(screen.getByText(/^Current answer/))).toBe(
      'Current answer: kitchen (50 %). Expected at the end: kitchen.',
    );
  });

  it('says nothing of the answers of this document once another is on its way', async () => {
    const page = await read(document(3));
    await page.change(({ stream }) => stream.start());
    expect(screen.queryByText(/answer/i)).toBeNull();
  });

  it('marks a correct answer as correct', async () => {
    await read(document(3));
    expect(said()).toBe('✓ The answer is kitchen: correct.');
  });

  it('gives the expected answer for a wrong one', async () => {
    await read(document(3, { answer: 'garden' }));
    expect(said()).toBe('✗ The answer is garden: wrong, expected kitchen.');
  });

  it('compares with the answer without interventions', async () => {
    await read(document(3, { answer: 'garden', untouched: { answer: 'kitchen' } }));
    expect(said()).toContain('Without the intervention: kitchen.');
  });

  it('counts the words of an answer', async () => {
    const begin = streamBegin(1, { model: copyModel, expected: 'abcdefgh' });
    await read([begin, streamSegment(0), streamEnd({ answer: '', expected: 'abcdefgh', right: 6, asked: 8 })]);
    expect(said()).toBe('✗ Predicted 6 of 8 answer words correctly.');
  });

  it('marks a complete answer as correct', async () => {
    const begin = streamBegin(1, { model: copyModel, expected: 'abcdefgh' });
    const untouched = { answer: '', right: 8, asked: 8 };
    await read([begin, streamSegment(0), streamEnd({ right: 8, asked: 8, untouched })]);
    expect(said()).toBe('✓ Predicted 8 of 8 answer words correctly. Without the intervention: 8.');
  });

  it('gives the loss of a text instead of a verdict', async () => {
    const begin = streamBegin(1, { model: { ...copyModel, task: 'language' }, expected: '' });
    const guesses = [
      { word: 'john', probability: 0.5 },
      { word: 'sat', probability: 0.5 },
    ];
    await read([begin, streamSegment(0, { guesses }), streamEnd({ right: 1, asked: 2 })]);
    expect(said()).toBe('● Predicted 1 of 2 words correctly. Loss 0.693 nats per word.');
  });
});
