import { readFileSync } from 'node:fs';
import { act, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { copyModel, document, placeModel, streamBegin, streamEnd, streamSegment } from '../../testing/events.ts';
import { button, field, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { Stream } from './Stream.tsx';

const heading = (level: number) => screen.getAllByRole('heading', { level }).map(textOf);

/** The view after reading a document of eight segments. */
async function read() {
  const page = await renderPage(<Stream />);
  (await page.asked('stream')).send(...document(8));
  return page;
}

describe('Stream', () => {
  it('streams the first bundled model’s document without a click, as in its manifest', async () => {
    const page = await renderPage(<Stream />);
    const job = await page.asked('stream');
    expect(textOf(await screen.findByText(/^Preparing/))).toBe('Preparing the GPU and the model …');
    expect(job.request).toMatchObject({ segments: 8, seed: 9, attention: true });
    job.send(streamBegin(8));
    expect(textOf(screen.getByText(/first segment/))).toBe('Reading the first segment …');
    job.send(streamSegment(0), streamSegment(1));
    expect(heading(2)).toContain('Segment 2 of 8');
    expect(textIn('Document')).toContain('2 read · 3 ms per segment');
    expect(textIn('Answer')).toMatch(/Answer after this segment.*kitchen/);
  });

  it('shows the text, the answer and the memory of the current segment', async () => {
    await read();
    expect(heading(2)).toContain('Segment 8 of 8');
    expect(textOf(screen.getAllByRole('status')[0] ?? null)).toContain('The answer is kitchen: correct.');
    expect(textIn('Text of the segment')).toContain('john went');
    expect(screen.getByRole('region', { name: 'Text of the segment' }).querySelector('mark')?.textContent).toContain(
      'john',
    );
    for (const name of ['Document', 'Attention of memory', 'Similarity of memory states'])
      expect(screen.getByRole('region', { name }).querySelector('canvas'), name).not.toBeNull();
  });

  it('shows the pieces of a tokenizer as text, and names the one that is looked at', async () => {
    const { user, asked } = await renderPage(<Stream />);
    (await asked('stream')).send(
      streamBegin(1, { model: { ...placeModel, pieces: 'wordpiece' } }),
      streamSegment(0, { words: ['journey', '##ed', '.'], ids: Int32Array.of(41, 7, 5) }),
      streamEnd(),
    );
    expect(textIn('Text of the segment')).toContain('journeyed.');
    const text = screen.getByRole('group', { name: /^Text by piece/ });
    act(() => text.focus());
    expect(textIn('Text of the segment')).toContain('Piece 1 of 3: “journey”, id 41');
    await user.keyboard('{ArrowRight}');
    expect(textIn('Text of the segment')).toContain('Piece 2 of 3: “##ed”, id 7');
    expect(text.querySelector('[data-current]')?.textContent).toBe('ed');
    await user.hover(screen.getByTitle(/id 5/));
    expect(textIn('Text of the segment')).toContain('Piece 3 of 3: “.”, id 5');
  });

  it('says beside the document how much of the user’s noise the model cannot read', async () => {
    const page = await renderPage(<Stream />);
    await page.change(({ stream }) => stream.setNoise({ name: 'song.txt', text: 'A zebra, a zebra!' }));
    const noise = { name: 'song.txt', unit: 'words', words: 4, unknown: 2, examples: ['zebra'], different: 1 } as const;
    const report = { ...noise, commonest: { token: 'a', count: 2 } };
    (await page.asked('stream')).send(streamBegin(1, { noise: report }), streamSegment(0), streamEnd());
    expect(textIn('Document')).toContain('50 % of the noise (song.txt) is read as [UNK]');
  });

  it('jumps to a segment and back to the newest', async () => {
    const { user } = await read();
    screen.getByRole('slider', { name: /^Current segment/ }).focus();
    await user.keyboard('{Home}');
    expect(heading(2)).toContain('Segment 1 of 8');
    await user.click(button('Go to the newest'));
    expect(heading(2)).toContain('Segment 8 of 8');
  });

  it('lists the segments with their memory operations', async () => {
    await read();
    const rows = within(screen.getByRole('group', { name: 'Segments', hidden: true })).getAllByRole('row', {
      hidden: true,
    });
    expect(rows).toHaveLength(1 + 8);
    expect(textOf(rows[2] ?? null)).toContain('fact');
  });

  it('shows attention in another direction, layer and head', async () => {
    const { user } = await read();
    const part = within(screen.getByRole('region', { name: 'Attention of memory' }));
    expect(part.getByText('Rows: memory token · columns: position')).toBeTruthy();
    await user.selectOptions(part.getByLabelText('Direction'), 'read');
    expect(part.getByText('Rows: position · columns: memory token')).toBeTruthy();
  });

  it('is paused, stepped, continued and stopped', async () => {
    const page = await renderPage(<Stream />);
    const job = await page.asked('stream');
    expect(button('Pause').getAttribute('aria-disabled')).toBe('true');
    expect(button('Step').disabled).toBe(true);
    job.send(streamBegin(8), streamSegment(0));
    await page.user.click(button('Pause'));
    await page.user.click(button('Step'));
    await page.user.click(button('Play'));
    await page.user.selectOptions(field('Speed'), '1 segment every 2 seconds');
    await page.user.click(button('Stop'));
    expect(job.controls).toEqual(['pause', 'step', 'continue', 'pace', 'stop']);
    job.send(streamEnd({ finished: false }));
    expect(button('Stop').disabled).toBe(true);
    expect(button('Play again').disabled).toBe(false);
  });

  it('says that it was stopped or paused before the first segment', async () => {
    const page = await renderPage(<Stream />);
    const job = await page.asked('stream');
    job.send(streamBegin(8));
    await page.user.click(button('Pause'));
    expect(screen.getByText('Paused before the first segment.')).toBeTruthy();
    job.send(streamEnd({ finished: false }));
    expect(screen.getByText('Stopped before the first segment.')).toBeTruthy();
  });

  it('reads another document when the settings change, and keeps the old one until it begins', async () => {
    const page = await read();
    await page.user.clear(field('Seed'));
    await page.user.type(field('Seed'), '11');
    expect(heading(2)).toContain('Segment 8 of 8');
    await expect.poll(() => page.job('stream').request).toMatchObject({ seed: 11, segments: 8 });
  });

  it('keeps what is typed and chosen below while another document is being prepared', async () => {
    const page = await read();
    const after = within(screen.getByRole('region', { name: 'Intervene on memory' })).getByLabelText('After segment');
    await page.user.clear(after);
    await page.user.type(after, '3');
    await page.user.selectOptions(field('Direction'), 'read');
    await page.user.click(button('Apply'));
    await expect.poll(() => page.job('stream').request.interventions).toEqual([{ kind: 'zero', segment: 2 }]);
    page.job('stream').send(streamBegin(8));
    expect(textIn('Text of the segment')).toContain('No segment has been read yet.');
    page.job('stream').send(streamSegment(0), streamSegment(1));
    expect(field('After segment').value).toBe('3');
    expect(field('Direction').value).toBe('read');
  });

  it('says beside the question what the model was trained to answer', async () => {
    const page = await renderPage(<Stream />, { address: '#/stream?stream.task=detect' });
    (await page.asked('stream')).send(...document(8));
    await page.user.click(screen.getByText('Your own facts and noise'));
    await page.user.click(button('Write my own facts'));
    expect(textOf(screen.getByText(/^Models of Detect/))).toContain('one fact, and a question about its person');
  });

  it('refuses an invalid seed, and keeps the previous one', async () => {
    const { user, job } = await read();
    await user.clear(field('Seed'));
    await user.type(field('Seed'), 'x');
    expect(screen.getByRole('alert').textContent).toContain('“x”');
    expect(job('stream').request).toMatchObject({ seed: 9 });
  });

  it('shows what failed, and keeps the segments read', async () => {
    const page = await read();
    page.job('stream').fail('model: broken.safetensors: cut off (expected a checkpoint)');
    expect(screen.getByRole('alert').textContent).toContain('broken.safetensors: cut off');
    expect(heading(2)).toContain('Segment 8 of 8');
  });

  it('streams an opened file', async () => {
    const page = await read();
    const header = new TextEncoder().encode('{"__metadata__":{"rmt_config":"{}"}}');
    const file = new File([Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0), header], 'own.safetensors');
    await page.user.upload(screen.getAllByLabelText<HTMLInputElement>(/^Open a checkpoint/)[0] ?? field('Seed'), file);
    await expect.poll(() => page.job('stream').request.model).toMatchObject({ name: 'own.safetensors' });
    expect(field('Model').value).toBe('file:own.safetensors');
    page.job('stream').fail("checkpoint own.safetensors: rmt_config: no 'vocab_size' (expected one)");
    expect(screen.getByRole('alert').textContent).toContain('own.safetensors');
  });

  it('says what a file is that is no checkpoint, and keeps the model', async () => {
    const page = await read();
    const before = field('Model').value;
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n';
    const file = new File([pointer], 'model.safetensors');
    await page.user.upload(screen.getAllByLabelText<HTMLInputElement>(/^Open a checkpoint/)[0] ?? field('Seed'), file);
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toBe(
      'There is a problem with model.safetensors: a Git LFS pointer, not the file itself. It needs a safetensors file; fetch the file with git lfs pull, or download it from the hub. The chosen model is unchanged.',
    );
    expect(field('Model').value).toBe(before);
  });

  it('shows a recorded stream of a published model on request, and does not judge a text without an answer', async () => {
    const recorded = new Uint8Array(readFileSync('public/recorded/minilm.json'));
    const page = await renderPage(<Stream />, { files: { 'recorded/minilm.json': recorded } });
    await page.user.click(button('MiniLM-L6 on real text'));
    expect((await screen.findByText('Recorded, not computed here.')).parentElement?.textContent).toContain(
      'were not trained',
    );
    expect(textOf(globalThis.document.body)).toContain('The most probable class is class 0.');
    expect(textOf(globalThis.document.body)).not.toContain('wrong');
  });

  it('says that no bundled model could be loaded, and what to do instead', async () => {
    const page = await renderPage(<Stream />, { manifest: { checkpoints: [{ file: '../x' }] } });
    expect(screen.getByRole('alert').textContent).toMatch(/No bundled checkpoint could be loaded.*manifest\.json/);
    expect(screen.getByText('Choose a model to stream.')).toBeTruthy();
    expect(button(/Play/).disabled).toBe(true);
    expect(page.hasAsked('stream')).toBe(false);
  });

  it('asks for the document while the GPU is prepared, and shows nothing of it where there is none', async () => {
    const page = await renderPage(<Stream />, { device: 'connecting' });
    const job = await page.asked('stream');
    expect(screen.getByText('Preparing the GPU and the model …')).toBeTruthy();
    job.send({ type: 'stream-document', model: placeModel, segments: 8, expected: 'kitchen', opening: [] });
    expect(heading(2)).toContain('Segment 1 of 8');
    job.send({ type: 'failed', during: 'stream', message: 'no adapter', status: 1, adapter: 'no-adapter' });
    expect(screen.queryByRole('alert')).toBeNull();
    expect(screen.queryByRole('heading', { level: 2 })).toBeNull();
  });

  it('shades a text by probability, shows the predictions, and offers to continue it', async () => {
    const page = await renderPage(<Stream />);
    const guesses = ['john', 'sat'].map((word) => ({ word, probability: 0.5 }));
    const marks = [{ kind: 'answer', start: 0, end: 2 } as const];
    (await page.asked('stream')).send(
      streamBegin(1, { model: copyModel, expected: 'john went' }),
      streamSegment(0, { guesses, marks }),
      streamEnd({ right: 1, asked: 2 }),
    );
    expect(field('Shade words by').value).toBe('probability');
    expect(textIn('Text of the segment')).toMatch(/1 of 2 words of the answer/);
    expect(screen.getByRole('region', { name: 'Continue the text' })).toBeTruthy();
    await page.user.selectOptions(field('Shade words by'), 'nothing');
    expect(field('Shade words by').value).toBe('nothing');
  });

  it('without WebGPU shows a recorded stream, labelled as one', async () => {
    const recorded = new Uint8Array(readFileSync('public/recorded/detect.json'));
    const page = await renderPage(<Stream />, {
      obstacle: 'no-webgpu',
      files: { 'recorded/detect.json': recorded },
    });
    expect(await screen.findByText(/Recorded, not computed here/)).toBeTruthy();
    expect(screen.getByText(/rmt stream --checkpoint public\/checkpoints\/detect\.safetensors/)).toBeTruthy();
    expect(heading(2)).toContain('This browser has no WebGPU');
    expect(heading(2)).toContain('Segment 32 of 32');
    expect(screen.getByText(/The answer is/).textContent).toContain('correct.');
    expect(button(/Play/).disabled).toBe(true);
    screen.getByRole('slider', { name: /^Current segment/ }).focus();
    await page.user.keyboard('{PageUp}');
    expect(textOf(globalThis.document.querySelector('mark[data-kind="fact"]'))).not.toBe('');
    expect(page.hasAsked('stream')).toBe(false);
  });
});
