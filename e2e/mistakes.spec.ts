// The mistakes of docs/reliability.md on the page, each made, answered word for word, and gone with the next action.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright/test';
import { expect, test } from './page.ts';
import { openView } from './views.ts';

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)));
const [, section = ''] = /## Ten mistakes on the page([^#]+)/.exec(read('docs/reliability.md').toString()) ?? [];
const rows = [...section.matchAll(/^\| ([^|-][^|]*) \| ([^|]+) \| [^|]+ \|$/gm)]
  .map(([, done = '', said = '']) => ({ done, said }))
  .filter(({ done }) => done !== 'done');

const file = (name: string, content: string | Buffer) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});
const model = () => file('model.safetensors', read('public/checkpoints/copy.safetensors'));
const give = (page: Page, label: RegExp, given: ReturnType<typeof file>) =>
  page.getByLabel(label).first().setInputFiles(given);
const dismiss = (page: Page) => page.getByRole('button', { name: 'Dismiss' }).click();
const type = (page: Page, label: string, text: string) => page.getByLabel(label, { exact: true }).first().fill(text);
const book = 'Anna saw Paris, and Boris saw Oslo.\n';

interface Mistake {
  make(page: Page): Promise<unknown>;
  mend(page: Page): Promise<unknown>;
}
const opens: Record<'checkpoint' | 'noise' | 'text' | 'run', RegExp> = {
  checkpoint: /^Open a checkpoint/,
  noise: /^Use your own text as the noise/,
  text: /^Model your own text/,
  run: /^Import a run/,
};
const carryOn = async (page: Page, prompt: string) => {
  // A document that begins takes the answers of the one before it away.
  await expect(page.getByText(/Predicted \d+ of 16 answer words correctly/)).toBeVisible();
  const part = page.getByRole('region', { name: 'Continue the text' });
  await part.getByRole('textbox').first().fill(prompt);
  await part.getByRole('button', { name: /Continue/ }).click();
};

/** In the order of the table. */
const mistakes: readonly Mistake[] = [
  { make: (page) => openView(page, 'device', '?nonsense=1'), mend: dismiss },
  {
    async make(page) {
      await openView(page, 'stream', '?stream.segments=4');
      const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
      await give(page, opens.checkpoint, file('model.safetensors', pointer));
    },
    mend: (page) => give(page, opens.checkpoint, model()),
  },
  { make: (page) => carryOn(page, 'abz>'), mend: (page) => carryOn(page, 'abc>') },
  {
    async make(page) {
      await openView(page, 'extrapolate');
      await type(page, 'Numbers of segments', '1-4');
    },
    mend: (page) => type(page, 'Numbers of segments', '1,2,3,4'),
  },
  {
    async make(page) {
      await openView(page, 'train', '?preset=tiny');
      await type(page, 'Learning rate', '1,000');
    },
    async mend(page) {
      await type(page, 'Learning rate', '0,001');
      await expect(page).toHaveURL(/learning_rate=0\.001/);
    },
  },
  {
    make: (page) => give(page, opens.noise, file('latin1.txt', Buffer.from('café au lait', 'latin1'))),
    mend: (page) => give(page, opens.noise, file('utf8.txt', 'café au lait')),
  },
  {
    async make(page) {
      await openView(page, 'train', '?preset=language');
      await give(page, opens.text, file('book.pdf', '%PDF-1.7\n'));
    },
    mend: (page) => give(page, opens.text, file('book.txt', book.repeat(600))),
  },
  {
    make: (page) => give(page, opens.text, file('short.txt', 'one two')),
    mend: (page) => give(page, opens.text, file('book.txt', book.repeat(600))),
  },
  {
    async make(page) {
      await openView(
        page,
        'train',
        '?preset=tiny&batch_size=512&segment_size=2000&intermediate_size=64&hidden_size=4096',
      );
    },
    async mend(page) {
      await type(page, 'Hidden size', '16');
    },
  },
  {
    async make(page) {
      await openView(page, 'runs');
      await give(page, opens.run, model());
    },
    mend: dismiss,
  },
];

/** All of the text, where … stands for anything; some messages have a button. */
function pattern(said: string): RegExp {
  const parts = said.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}(Dismiss)?$`);
}

test('ten mistakes are answered as documented, and the next action takes the answer away', async ({ page }) => {
  expect(rows).toHaveLength(mistakes.length);
  for (const [i, { make, mend }] of mistakes.entries()) {
    const { done, said } = rows[i] ?? { done: '', said: '' };
    await test.step(done, async () => {
      await make(page);
      const answer = page.locator('[role="alert"], [id$="-problem"]').filter({ hasText: pattern(said) });
      await expect(answer.first(), done).toBeVisible();
      await mend(page);
      await expect(answer, done).toHaveCount(0);
    });
  }
});
