// Decoders and language models: tasks whose answer is a text.
import { colours, expect, measuredAt, test } from './page.ts';

test('streams a decoder with its predictions and memory, and generates text', async ({ page }) => {
  await page.goto(
    './#/train?model=rmt-gpt2&task=copy&segment_size=6&hidden_size=16&intermediate_size=32&num_attention_heads=2&batch_size=16&stages=2&stage_steps=30&validate_every=30&validate_samples=16',
  );
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible();
  await page.getByRole('button', { name: 'Stream this model' }).click();
  // Four segments of 6: 8 letters, which the answer repeats twice.
  await page.goto('./#/stream?stream.model=training&stream.segments=4');
  await expect(page.getByText(/Predicted \d+ of 16 answer words correctly/)).toBeVisible();
  await expect(page.locator('[data-behind]')).toBeVisible();
  await expect(page.getByRole('definition').filter({ hasText: /of \d+ words of the answer/ })).toBeVisible();
  await page.getByLabel('Direction').selectOption('read');
  await expect(page.getByText('Rows: position · columns: memory token')).toBeVisible();
  await expect.poll(() => colours(page, 'section[aria-label="Attention of memory"] canvas')).toBeGreaterThan(10);
  await page.getByLabel('Shade words by').selectOption('attention');

  const writing = page.getByRole('region', { name: 'Continue the text' });
  await writing.getByRole('button', { name: 'Continue the text', exact: true }).click();
  await expect(writing.getByText(/^16 words generated; \d+ of 16 match/)).toBeVisible();
  // 25 words in segments of 6: a border before every segment but the first.
  await expect(writing.getByTitle(/^Segment \d+ begins$/)).toHaveCount(4);
  await writing.getByLabel('Prompt').fill('a b c zebra');
  await writing.getByRole('button', { name: 'Continue the text', exact: true }).click();
  await expect(writing.getByRole('alert')).toContainText('prompt');

  await page.goto('./#/extrapolate?eval.model=training&eval.segments=2,4&eval.samples=16');
  await page.getByLabel(/also generate the answers/).check();
  await page.getByRole('button', { name: 'Start' }).click();
  expect(await measuredAt(page, 2)).toBeGreaterThanOrEqual(0);
  for (const name of ['words of the answer', 'whole answers', 'generated correctly'])
    await expect(page.getByRole('columnheader', { name, exact: true })).toBeVisible();
});

test('models the user’s text, and says what is wrong with an invalid one', async ({ page }) => {
  const sentence = 'the cat sat on the mat and the dog ran to the red door by the sea . ';
  await page.goto(
    './#/train?model=transformer-xl&task=language&unit=characters&segment_size=8&mem_len=8&hidden_size=16&intermediate_size=32&num_attention_heads=2&batch_size=8&stages=2&stage_steps=20&validate_every=20&validate_samples=8',
  );
  const give = async (name: string, buffer: Buffer) => {
    await page
      .getByRole('form', { name: 'Configuration' })
      .locator('input[type=file]')
      .setInputFiles({ name, mimeType: 'text/plain', buffer });
  };
  const alert = page.getByRole('form', { name: 'Configuration' }).getByRole('alert');
  await give('empty.txt', Buffer.alloc(0));
  await expect(alert).toContainText('empty.txt: an empty file');
  await give('latin1.txt', Buffer.from([0x61, 0xe9, 0x20, 0x62]));
  await expect(alert).toContainText('latin1.txt: not UTF-8 at byte 1');
  await give('cat.txt', Buffer.from(sentence.repeat(60)));
  await expect(alert).toHaveCount(0);
  await page.getByRole('button', { name: /^▶? ?(Start|New run)/ }).click();
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible();
  await expect(page.getByText('Bits per character', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Evaluate this model' }).click();
  await expect(page.getByText('cat.txt (4.08 kB)')).toBeVisible();
  await page.getByLabel('Numbers of segments').fill('1,4');
  await page.getByLabel('Samples').fill('8');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('Finished.', { exact: true })).toBeVisible();
  await expect(page.getByText(/Loss by position/).first()).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'bits per character', exact: true })).toBeVisible();
  await expect(page.getByRole('row', { name: /here: cat\.txt/ })).toBeVisible();

  // For a model without memory tokens the page explains the cache.
  await page.goto('./#/stream?stream.model=training&stream.segments=4');
  await expect(page.getByText(/Predicted \d+ of 32 characters correctly/)).toBeVisible();
  await expect(page.getByText(/It reads a cache instead/)).toBeVisible();
});
