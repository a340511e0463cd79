import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { copyModel, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { usePlayground } from '../playground.tsx';
import { ContinueText } from './ContinueText.tsx';

function OnShow() {
  const log = usePlayground(({ stream }) => stream.log);
  return log && <ContinueText log={log} />;
}

const name = 'Continue the text';

/** Reads a document of letters: a, b and the separator before the answer. */
async function read() {
  const page = await renderPage(<OnShow />);
  await page.change(({ stream }) => stream.start());
  const guesses = ['a', 'b', '>', 'a'].map((word) => ({ word, probability: 0.5 }));
  page
    .job('stream')
    .send(
      streamBegin(1, { model: copyModel, expected: 'ab' }),
      streamSegment(0, { words: ['a', 'b', '>', 'a'], guesses, marks: [{ kind: 'answer', start: 3, end: 4 }] }),
      streamEnd({ right: 1, asked: 1 }),
    );
  const write = async () => {
    await page.user.click(button('Continue the text'));
    return page.asked('generate');
  };
  return { ...page, write };
}
const said = () => textOf(within(screen.getByRole('region', { name })).getAllByRole('status').at(-1) ?? null);

describe('continuing a text', () => {
  it('starts from the prompt of the document, unless another is typed', async () => {
    const { user, write } = await read();
    expect(textIn(name)).toContain('The prompt from the document is “ab>”.');
    const own = await write();
    expect(own.request).toMatchObject({ segments: 8, seed: 9, words: 24, temperature: 0 });
    expect(own.request).not.toHaveProperty('prompt');
    own.fail('prompt: stopped here');
    await user.click(button('Edit the prompt'));
    expect(field('Prompt').value).toBe('ab>');
    await user.clear(field('Prompt'));
    await user.type(field('Prompt'), 'ba>');
    expect((await write()).request).toMatchObject({ prompt: 'ba>' });
  });

  it('shows the text word by word, and how much of it matches the document', async () => {
    const { write } = await read();
    const job = await write();
    expect(button('Continue the text').disabled).toBe(true);
    expect(said()).toBe('Preparing the model');
    job.send(
      { type: 'generate-begin', model: copyModel, prompt: ['a', 'b', '>'], expected: ['a', 'b', 'a'] },
      { type: 'generate-word', word: 'a', probability: 0.9, segments: 1 },
      { type: 'generate-word', word: 'c', probability: 0.4, segments: 2 },
      { type: 'generate-word', word: 'a', probability: 0.9, segments: 2 },
    );
    expect(said()).toBe('Generating');
    job.send({ type: 'generate-end', finished: true });
    expect(said()).toBe('3 words generated; 2 of 3 match the document.');
    expect(textIn(name)).toContain('c, wrong: expected ✗b');
    // The fifth word begins the second segment of four.
    expect(screen.getByTitle('Segment 2 begins')).toBeTruthy();
    expect(button('Continue the text').disabled).toBe(false);
  });

  it('shows the task’s own judgement', async () => {
    const { write } = await read();
    const job = await write();
    job.send({ type: 'generate-begin', model: copyModel, prompt: ['a'], expected: ['b'] });
    job.send({ type: 'generate-word', word: 'c', probability: 0.4, segments: 1 });
    const judgement = { right: false, reason: 'the root is not one' };
    job.send({ type: 'generate-end', finished: true, judgement });
    expect(said()).toBe('✗ Wrong: the root is not one. 1 word generated.');
  });

  it('can be stopped, and keeps the text so far', async () => {
    const { user, write } = await read();
    const job = await write();
    job.send({ type: 'generate-begin', model: copyModel, prompt: ['a'], expected: [] });
    job.send({ type: 'generate-word', word: 'b', probability: 1, segments: 1 });
    await user.click(button('Stop generating'));
    expect(job.controls).toEqual(['stop']);
    job.send({ type: 'generate-end', finished: false });
    expect(said()).toBe('Stopped');
    expect(screen.getByTitle('b: 100 %')).toBeTruthy();
  });

  it('refuses an invalid prompt and an invalid temperature', async () => {
    const { user, write } = await read();
    (await write()).fail('prompt: "z" (expected characters that the model knows)');
    expect(screen.getByRole('alert').textContent).toContain('prompt: "z"');
    await user.clear(field('Temperature'));
    await user.type(field('Temperature'), '-1');
    expect(screen.getAllByRole('alert').map(textOf).join()).toContain('“-1” is not a number from 0 to 100.');
  });
});
