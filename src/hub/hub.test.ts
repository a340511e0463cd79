// Finding and downloading a model of the hub, over a real connection to a local server that speaks its addresses.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeHub } from '../testing/hub-server.ts';
import { downloadModel } from './download.ts';
import { findModel, type HubModel } from './find-model.ts';
import { parseModelName } from './model-name.ts';
import { type Hub, publicEndpoint } from './request.ts';
import { MemoryFile } from './shelf.ts';

const text = (content: string) => new TextEncoder().encode(content);
const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);
/** Comparing long arrays element by element takes seconds. */
const isWhole = (bytes: Uint8Array) => Buffer.compare(bytes, weights) === 0;
const small = { 'config.json': text('{"model_type":"bert"}'), 'tokenizer.json': text('{}') };
const models = {
  'someone/tiny-bert': {
    files: {
      ...small,
      'README.md': text('no'),
      'vocab.txt': text('[PAD]'),
      'model.safetensors': weights,
      'pytorch_model.bin': weights.slice(9),
      'tf_model.h5': text('no'),
    },
    licence: 'apache-2.0',
  },
  'someone/gated': { files: { ...small, 'model.safetensors': weights }, isGated: true },
  'someone/sharded': {
    files: {
      'config.json': text('{}'),
      'vocab.json': text('{}'),
      'merges.txt': text(''),
      'model.safetensors.index.json': text(
        '{"weight_map":{"a":"b.safetensors","c":"d.safetensors","e":"b.safetensors"}}',
      ),
      'b.safetensors': weights.slice(0, 10),
      'd.safetensors': weights.slice(0, 20),
    },
  },
  'someone/half': {
    files: { 'model.safetensors.index.json': text('{"weight_map":{"a":"../b.safetensors"}}') },
  },
  'someone/onnx': { files: { 'config.json': text('{}'), 'model.onnx': text('no') } },
};

let server: FakeHub;
let hub: Hub;
let close: () => Promise<void>;
beforeEach(async () => {
  server = new FakeHub(models);
  const listening = await server.listen();
  ({ close } = listening);
  hub = { endpoint: listening.endpoint, fetch };
});
afterEach(() => close());

const find = (name: string, as = hub) => findModel(as, parseModelName(name));

/** The files of a download, by path. */
function shelf() {
  const files = new Map<string, MemoryFile>();
  const keptAs = ({ path }: { path: string }) => {
    const file = files.get(path) ?? new MemoryFile();
    files.set(path, file);
    return file;
  };
  const bytes = (path: string) => new Uint8Array(Buffer.concat(files.get(path)?.pieces ?? []));
  return { keptAs, bytes };
}

describe('a name', () => {
  it.each([
    ['google-bert/bert-base-uncased', 'google-bert/bert-base-uncased', 'main'],
    ['gpt2', 'gpt2', 'main'],
    ['booydar/rmt-gpt2_x.1@refs/pr/1', 'booydar/rmt-gpt2_x.1', 'refs/pr/1'],
  ])('%s', (written, id, revision) => {
    expect(parseModelName(written)).toEqual({ id, revision });
  });

  it.each([
    '',
    '../x',
    'a/../b',
    '/etc/passwd',
    'a//b',
    'a/b/c',
    'a/b/',
    './a',
    'a\\b',
    'a/b?x',
    'a/b#x',
    'a/b@',
    'a/b@../x',
    'a/b@x@y',
    'https://huggingface.co/a/b',
    'a/%2e%2e',
    'a b/c',
    'a/-b',
    `a/${'b'.repeat(200)}`,
  ])('%j is refused', (written) => {
    expect(() => parseModelName(written)).toThrow(/^hub: '/);
  });
});

describe('a model', () => {
  it('is described before it is downloaded: only what is needed, safetensors before .bin', async () => {
    const model = await find('someone/tiny-bert');
    expect(model).toMatchObject({
      id: 'someone/tiny-bert',
      revision: FakeHub.revision,
      licence: 'apache-2.0',
      gated: false,
      bytes: 21 + 2 + 300_000,
    });
    expect(model.files.map(({ path }) => path)).toEqual(['config.json', 'tokenizer.json', 'model.safetensors']);
    expect(server.asked.every((path) => path.startsWith('/api/'))).toBe(true);
  });

  it('in shards: those of its index', async () => {
    const model = await find('someone/sharded');
    expect(model.files.map(({ path }) => path)).toEqual([
      'config.json',
      'vocab.json',
      'merges.txt',
      'model.safetensors.index.json',
      'b.safetensors',
      'd.safetensors',
    ]);
    expect(model.licence).toBeUndefined();
  });

  it.each([
    ['someone/none', /no public model of this name \(status 401\)/],
    ['someone/tiny-bert@other', /no such revision \(status 404\)/],
    ['someone/onnx', /no weights but model\.onnx \(expected model\.safetensors/],
    ['someone/half', /it names '\.\.\/b\.safetensors' \(expected a file of the repository\)/],
  ])('%s is refused', async (name, message) => {
    await expect(find(name)).rejects.toThrow(message);
  });

  it('is not there with a token either: 404', async () => {
    await expect(find('someone/none', { ...hub, token: FakeHub.token })).rejects.toThrow(/nothing of this name .*404/);
  });

  it('without a connection: says which server', async () => {
    await close();
    await expect(find('someone/tiny-bert')).rejects.toThrow(
      `hub:someone/tiny-bert: no connection to ${hub.endpoint} (connect ECONNREFUSED`,
    );
    close = async () => {};
  });

  it('is looked for on the public hub by default', () => {
    expect(publicEndpoint).toBe('https://huggingface.co');
  });
});

describe('a download', () => {
  let model: HubModel;
  beforeEach(async () => {
    model = await find('someone/tiny-bert');
    server.asked.length = 0;
  });

  it('keeps the needed files, with progress in bytes', async () => {
    const { keptAs, bytes } = shelf();
    const seen: number[] = [];
    await downloadModel(hub, model, keptAs, { progress: (done, total) => seen.push(done / total) });
    expect(isWhole(bytes('model.safetensors'))).toBe(true);
    expect(bytes('config.json')).toEqual(models['someone/tiny-bert'].files['config.json']);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(server.asked).toHaveLength(3);
    // What is there is checked, not requested again.
    await downloadModel(hub, model, keptAs);
    expect(server.asked).toHaveLength(3);
  });

  it('continues where a connection broke', async () => {
    server.cuts = [100_000, 50_000];
    const { keptAs, bytes } = shelf();
    await downloadModel(hub, model, keptAs);
    expect(isWhole(bytes('model.safetensors'))).toBe(true);
    expect(server.asked.map((path) => path.split(' ')[1] ?? '')).toEqual([
      '',
      '',
      '',
      'bytes=100000-',
      'bytes=150000-',
    ]);
  });

  it('that could not go on is continued by the next one', async () => {
    server.cuts = [100_000];
    server.connections = 3;
    const { keptAs, bytes } = shelf();
    await expect(downloadModel(hub, model, keptAs)).rejects.toThrow(
      /^hub:someone\/tiny-bert: model\.safetensors: no connection/,
    );
    expect(bytes('model.safetensors')).toHaveLength(100_000);
    server.connections = Number.POSITIVE_INFINITY;
    server.asked.length = 0;
    await downloadModel(hub, model, keptAs);
    expect(isWhole(bytes('model.safetensors'))).toBe(true);
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]).toMatch(/ bytes=100000-$/);
  });

  it('starts over if the server cannot continue', async () => {
    server.cuts = [100_000];
    server.ignoresRanges = true;
    const { keptAs, bytes } = shelf();
    await downloadModel(hub, model, keptAs);
    expect(isWhole(bytes('model.safetensors'))).toBe(true);
  });

  it('with a wrong checksum is refused, and nothing of the file is kept', async () => {
    server.isSpoilt = true;
    const { keptAs, bytes } = shelf();
    await expect(downloadModel(hub, model, keptAs)).rejects.toThrow(
      /model\.safetensors: the downloaded bytes have the checksum [0-9a-f]{16}… \(expected [0-9a-f]{16}…/,
    );
    expect(bytes('model.safetensors')).toHaveLength(0);
    expect(bytes('config.json')).toHaveLength(21);
  });

  it('of kept bytes that were changed is refused too', async () => {
    const { keptAs, bytes } = shelf();
    await keptAs({ path: 'model.safetensors' }).append(weights.slice(1, 1001));
    await expect(downloadModel(hub, model, keptAs)).rejects.toThrow(/checksum/);
    expect(bytes('model.safetensors')).toHaveLength(0);
  });

  it('can be cancelled and continued', async () => {
    const { keptAs, bytes } = shelf();
    const stop = new AbortController();
    const progress = (done: number) => done > 1000 && stop.abort();
    await expect(downloadModel(hub, model, keptAs, { signal: stop.signal, progress })).rejects.toThrow(/abort/);
    await downloadModel(hub, model, keptAs);
    expect(isWhole(bytes('model.safetensors'))).toBe(true);
  });

  it('of a gated model needs a token, and says where to ask for access', async () => {
    const gated = await find('someone/gated');
    expect(gated.gated).toBe(true);
    await expect(downloadModel(hub, gated, shelf().keptAs)).rejects.toThrow(
      `hub:someone/gated: config.json: the model is gated: its owner asks for an account (status 401) (expected an access token (HF_TOKEN) of an account that accepted the conditions at ${hub.endpoint}/someone/gated)`,
    );
    await downloadModel({ ...hub, token: FakeHub.token }, gated, shelf().keptAs);
  });

  it('that fails to be kept reports that, without further requests', async () => {
    const full = new MemoryFile();
    full.append = async () => {
      throw new DOMException('no space', 'QuotaExceededError');
    };
    await expect(downloadModel(hub, model, () => full)).rejects.toThrow('no space');
    expect(server.asked).toHaveLength(1);
  });
});
