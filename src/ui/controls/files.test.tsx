import { act, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { ReportOf } from '../../protocol/index.ts';
import { renderPage, textOf } from '../../testing/playground.tsx';
import { Estimate } from '../train/Estimate.tsx';
import { Files } from './Files.tsx';

const estimate = (preview: ReportOf<'estimate'>['preview']): ReportOf<'estimate'> => ({
  type: 'estimate',
  parameters: 1,
  bytes: { weights: 1, gradients: 1, optimiser: 1, activations: 1, validation: 1, checkpoint: 1, total: 6 },
  steps: 1,
  tokens: 1,
  milliseconds: undefined,
  speed: undefined,
  obstacle: undefined,
  ...(preview ? { preview } : {}),
});
const report = {
  name: 'book.txt',
  unit: 'words',
  words: 100,
  unknown: 60,
  examples: ['你好'],
  different: 50,
  commonest: { token: '[UNK]', count: 60 },
} as const;

async function withText() {
  const page = await renderPage(
    <>
      <Files task="language" />
      <Estimate />
    </>,
    { address: '#/train?preset=copy&task=language' },
  );
  const input = screen.getByLabelText(/^Model your own text/, { selector: 'input' });
  await page.user.upload(input, new File(['some words'], 'book.txt'));
  await expect.poll(() => page.state().materials.given.text?.name).toBe('book.txt');
  await expect.poll(() => page.job('estimate').request.materials?.text?.name).toBe('book.txt');
  return { ...page, input };
}

it('a file chooser shows every file: its content decides what it is', async () => {
  const { input, user, state } = await withText();
  expect(input.getAttribute('accept')).toBeNull();
  await user.upload(input, new File(['%PDF-1.7'], 'paper.txt'));
  await expect.poll(() => textOf(screen.getByRole('alert'))).toContain('paper.txt: a PDF document.');
  expect(state().materials.given.text?.name).toBe('book.txt');
});

it('how much of the text is known stands beside the file, with a warning where it is too little', async () => {
  const { job } = await withText();
  job('estimate').send(estimate({ text: report }));
  expect(textOf(globalThis.document.body)).toContain(
    'book.txt: 100 words, 60 % read as [UNK] (50 different, such as 你好)',
  );
  expect(textOf(screen.getByRole('alert'))).toContain('Set the unit to characters or bytes');
});

it('says that a run cannot read the text, before it is started', async () => {
  const { job, state } = await withText();
  // A noise text for another task changes nothing.
  act(() => state().materials.give({ noise: { name: 'noise.txt', text: 'other words' } }));
  job('estimate').send(estimate({ problem: 'book.txt: not UTF-8 at byte 90 (expected a text in UTF-8)' }));
  expect(textOf(screen.getByRole('alert'))).toMatch(
    /^A run cannot read this text\..*book\.txt: not UTF-8 at byte 90\./,
  );
});
