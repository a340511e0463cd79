// Models from files and from the hub: what a person sees before, during and after.
import { screen, waitFor, within } from '@testing-library/react';
import { useState } from 'react';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BlobStore, memoryBlobs } from '../../hub/blob-store.ts';
import { ModelShelf } from '../../hub/model-shelf.ts';
import { publicEndpoint } from '../../hub/request.ts';
import type { ImportReport } from '../../protocol/index.ts';
import { FakeHub } from '../../testing/hub-server.ts';
import { button, field, type Page, renderPage, textIn, textOf } from '../../testing/playground.tsx';
import { filesOf, publishedBert } from '../../testing/published-model.ts';
import { ModelPicker } from '../controls/ModelPicker.tsx';
import { OpenedModels } from './OpenedModels.tsx';

const report: ImportReport = {
  format: 'Hugging Face BERT',
  model: 'rmt-bert',
  description: 'RMT encoder',
  parameters: 1234,
  renamed: [{ from: 'a', to: 'bert.a' }],
  leftOut: [{ name: 'cls.predictions.bias', why: 'the head of another task' }],
  initialised: [{ name: 'rmt.memory', how: 'N(0, 0.02)' }],
  assumed: [{ field: 'sep_token_id', value: 3, why: 'no tokenizer says it' }],
  converted: { F16: 12 },
  config: { num_mem_tokens: 10, segment_size: 499 },
};
const imported = { type: 'import-end', report, bytes: 5000, answers: 'class' } as const;

function Picker() {
  const [model, setModel] = useState<string | undefined>();
  return (
    <>
      <ModelPicker value={model} onChange={setModel} />
      <OpenedModels onOpen={setModel} />
    </>
  );
}

let server: FakeHub;
let store: BlobStore;
beforeEach(() => {
  const files = publishedBert();
  server = new FakeHub({
    'someone/tiny-bert': { files, licence: 'apache-2.0' },
    'someone/gated': { files, isGated: true },
  });
  store = memoryBlobs();
});

/** The hub's answers without a network. */
const asked: typeof fetch = async (address, init) => {
  const { pathname, search } = new URL(String(address));
  const given = Object.entries((init?.headers ?? {}) as Record<string, string>);
  const headers = Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
  const answer = server.answer({ path: pathname + search, headers });
  if (!answer) throw new TypeError('Failed to fetch');
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
};
const open = (free?: number) =>
  renderPage(<Picker />, {
    hub: {
      server: { endpoint: publicEndpoint, fetch: asked },
      shelf: new ModelShelf(store),
      free: async () => free,
    },
  });
const chosen = () => screen.getByLabelText<HTMLSelectElement>('Model', { selector: 'select' }).value;

describe('published files', () => {
  const choose = async (page: Page, files: readonly File[]) =>
    page.user.upload(screen.getByLabelText(/^Open a checkpoint/, { selector: 'input' }), [...files]);

  it('opened together become a model, with what is new, left out and assumed', async () => {
    const page = await open();
    await choose(page, filesOf(publishedBert()));
    const job = await page.asked('import');
    expect(job.request.files.map(({ name }) => name)).toEqual(['config.json', 'vocab.txt', 'model.safetensors']);
    expect(job.request.options).toEqual({ memoryIfNone: 10 });
    job.send({ type: 'reading', name: 'model', share: 0.5 });
    expect(await screen.findByLabelText('Importing')).toHaveProperty('value', 0.5);
    job.send(imported);
    await waitFor(() => expect(chosen()).toBe('file:model.safetensors'));
    const text = textIn('Imported model');
    expect(text).toContain(
      'Hugging Face BERT: RMT encoder, 1.23 k parameters (5 kB), 10 memory tokens, segments of 499',
    );
    expect(text).toContain('New, not trained (N(0, 0.02)): rmt.memory');
    expect(text).toContain('Left out (the head of another task): cls.predictions.bias');
    expect(text).toContain('Assumed sep_token_id = 3 (no tokenizer says it)');
    expect(text).toContain('No tokenizer is among the files');
    expect(text).toContain('Converted to f32: 12 tensors of type F16');
    const source = await page.state().models.source('file:model.safetensors');
    expect(source).toMatchObject({ kind: 'files', options: { memoryIfNone: 10 } });
  });

  it('with a tokenizer read a text of the user', async () => {
    const page = await open();
    await choose(page, filesOf(publishedBert()));
    const job = await page.asked('import');
    job.send({ ...imported, report: { ...report, tokenizer: { type: 'WordPiece', pieces: 12, padding: 4 } } });
    await waitFor(() => expect(chosen()).toBe('file:model.safetensors'));
    expect(screen.getByText(/WordPiece tokenizer with 12 pieces; 4 more rows/)).toBeTruthy();
    const { models, materials, stream } = page.state();
    // Nothing of another model's document is left while there is no text to read.
    expect([stream.log, stream.error, stream.key, stream.status]).toEqual([undefined, undefined, undefined, 'idle']);
    expect(models.readsFiles('file:model.safetensors', undefined)).toBe(true);
    expect(models.materials('file:model.safetensors', undefined)).toBeUndefined();
    await page.change(() => materials.giveFile(new File(['some words'], 'book.txt'), 'language'));
    expect(models.materials('file:model.safetensors', undefined)?.text?.name).toBe('book.txt');
  });

  it('are imported again with other options', async () => {
    const page = await open();
    await choose(page, filesOf(publishedBert()));
    (await page.asked('import')).send(imported);
    await screen.findByText('Imported');
    await page.user.type(field('Memory tokens'), '4');
    await page.user.type(field('Segment length'), '64x');
    expect(button('Import again')).toHaveProperty('disabled', true);
    await page.user.type(field('Segment length'), '{Backspace}');
    await page.user.click(button('Import again'));
    expect(page.job('import').request.options).toEqual({ memoryIfNone: 10, memory: 4, segmentSize: 64 });
  });

  it('are streamed or fine-tuned next, the latter with a tokenizer only', async () => {
    const page = await open();
    await choose(page, filesOf(publishedBert()));
    (await page.asked('import')).send(imported);
    await page.user.click(await screen.findByRole('button', { name: 'Stream it' }));
    expect(page.state().experiment).toMatchObject({ view: 'stream', stream: { model: 'file:model.safetensors' } });
    expect(button('Fine-tune…').disabled).toBe(true);
    expect(textIn('Imported model')).toContain('Fine-tuning needs the model’s tokenizer');
    const tokenizer = { type: 'WordPiece', pieces: 100, padding: 0 };
    const ready = { ...imported, report: { ...report, tokenizer, config: { ...report.config, num_labels: 6 } } };
    await page.user.click(button('Import again'));
    page.job('import').send(ready);
    await page.user.click(await screen.findByRole('button', { name: 'Fine-tune…' }));
    await waitFor(() => expect(page.state().experiment.train.from).toBe('file:model.safetensors'));
    expect(page.state().experiment.view).toBe('train');
  });

  it('that are refused change nothing', async () => {
    const page = await open();
    const before = chosen();
    await choose(page, [new File(['x'], 'weights.bin'), new File(['{}'], 'config.json')]);
    (await page.asked('import')).fail('weights.bin: a text (expected the weights of a model)');
    expect(textOf(await screen.findByRole('alert'))).toBe(
      'There is a problem with weights.bin: a text. It needs the weights of a model. The chosen model is unchanged.',
    );
    expect(chosen()).toBe(before);
    expect(page.state().models.files).toEqual([]);
    // The refusal of the next file takes its place, and goes when another is opened.
    await choose(page, [new File(['some words'], 'book.txt')]);
    await waitFor(() =>
      expect(screen.getAllByRole('alert').map(textOf)).toEqual([expect.stringContaining('book.txt')]),
    );
    await choose(page, filesOf(publishedBert()));
    await page.asked('import');
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the hub', () => {
  const lookUp = async (page: Page, name: string) => {
    if (!screen.queryByLabelText('Model', { selector: 'input' })) await page.user.click(button('Open from the hub…'));
    const input = await screen.findByLabelText('Model', { selector: 'input' });
    await page.user.clear(input);
    await page.user.type(input, name);
    await page.user.click(button('Look up'));
  };

  it('is asked nothing until a person looks a model up, and sends nothing more until it is downloaded', async () => {
    const page = await open();
    await page.user.click(button('Open from the hub…'));
    await screen.findByRole('region', { name: 'Open from the hub' });
    expect(server.asked).toEqual([]);
    await lookUp(page, 'someone/tiny-bert');
    expect(textOf(await screen.findByRole('region', { name: 'Found: someone/tiny-bert' }))).toMatch(
      /^someone\/tiny-bert: [\d.]+ kB in 3 files, licence apache-2\.0\. Revision c{12}\./,
    );
    expect(server.asked.every((path) => path.startsWith('/api/'))).toBe(true);
  });

  it('gives a model that is kept, listed with its bytes, opened without the hub, and removed', async () => {
    const page = await open();
    await page.state().hub.load();
    await lookUp(page, 'someone/tiny-bert');
    await page.user.click(await screen.findByRole('button', { name: /^Download / }));
    (await page.asked('import')).send(imported);
    const choice = `hub:someone/tiny-bert@${'c'.repeat(12)}`;
    await waitFor(() => expect(chosen()).toBe(choice));
    expect(page.job('import').request.files.map(({ name }) => name)).toEqual([
      'config.json',
      'vocab.txt',
      'model.safetensors',
    ]);
    const before = server.asked.length;
    await page.user.click(button('Open someone/tiny-bert'));
    expect(server.asked).toHaveLength(before);
    expect(textOf(screen.getByRole('table'))).toMatch(/someone\/tiny-bert c{7}apache-2\.0[\d.]+ kBOpenRemove/);
    await page.user.click(button('Remove someone/tiny-bert from this browser'));
    expect(await screen.findByText('This browser keeps no downloaded model.')).toBeTruthy();
    expect((await store.sizes()).size).toBe(0);
    await expect(page.state().models.source(choice)).rejects.toThrow('is not available here');
  });

  it('continues an interrupted download', async () => {
    const page = await open();
    await lookUp(page, 'someone/tiny-bert');
    server.cuts = [500];
    server.connections = server.asked.length + 3; // the configuration, the words, and the beginning of the weights
    await page.user.click(await screen.findByRole('button', { name: /^Download / }));
    const alert = await screen.findByRole('alert');
    expect(textOf(alert)).toMatch(/no connection to https:\/\/huggingface\.co.* What arrived is kept/);
    server.connections = Number.POSITIVE_INFINITY;
    server.asked.length = 0;
    await page.user.click(await screen.findByRole('button', { name: 'Resume the download of someone/tiny-bert' }));
    await page.asked('import');
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatch(/model\.safetensors bytes=500-$/);
  });

  it('says what to do about a gated model, and takes a token for this visit', async () => {
    const page = await open();
    await lookUp(page, 'someone/gated');
    await page.user.click(await screen.findByRole('button', { name: /^Download / }));
    expect(textOf(await screen.findByRole('alert'))).toMatch(
      /the model is gated.*an access token .* https:\/\/huggingface\.co\/someone\/gated/,
    );
    await page.user.type(field('Access token (optional)'), FakeHub.token);
    await page.user.click(button('Look up'));
    await page.user.click(await screen.findByRole('button', { name: /^Download / }));
    await page.asked('import');
    for (const name of (await store.sizes()).keys())
      expect(await (await store.read(name))?.text()).not.toContain(FakeHub.token);
  });

  it.each([
    ['../x', /It needs OWNER\/NAME of a model/],
    ['someone/none', /no public model of this name/],
  ])('refuses %s', async (name, problem) => {
    const page = await open();
    await lookUp(page, name);
    expect(textOf(await screen.findByRole('alert'))).toMatch(problem);
  });

  it('downloads nothing that does not fit', async () => {
    const page = await open(100);
    await lookUp(page, 'someone/tiny-bert');
    const before = server.asked.length;
    await page.user.click(await screen.findByRole('button', { name: /^Download / }));
    expect(textOf(await screen.findByRole('alert'))).toMatch(/^This browser has room for/);
    expect(server.asked).toHaveLength(before);
    expect(within(screen.getByRole('region', { name: 'Open from the hub' })).queryByRole('table')).toBeNull();
  });
});
