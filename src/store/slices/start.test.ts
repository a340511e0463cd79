// The model that a new run starts from: what it fixes, what is asked of the session, and what stays in the record.
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import type { ImportReport, Report } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { eventually } from '../../testing/eventually.ts';
import { runRecord, shelve } from '../../testing/runs.ts';
import { detectModel, detectOrigin } from '../../testing/starting-point.ts';
import { model as facts, openPage } from '../../testing/store-page.ts';
import { readAddress, writeAddress } from '../address.ts';
import { Shelf } from '../library/storage.ts';
import { notInLink } from '../link.ts';

const from = 'detect.safetensors';
const device: Report = {
  type: 'device',
  device: { vendor: 'v', architecture: 'a', description: 'd', software: true, features: [], limits: {} },
  details: {} as never,
};
const progress = { step: 0, steps: 40, stage: 0, stages: 2, stageStep: 0, stageSteps: 20, segments: 1 };

let posted: (Job | Wish)[];
let shelf: Shelf;
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

async function page() {
  const opened = openPage(posted, shelf);
  const { get, receive } = opened;
  await get().models.load();
  get().device.connect();
  receive(device);
  return opened;
}
/** A page with the model chosen and described. */
async function chosen() {
  const opened = await page();
  await opened.get().start.choose(from);
  opened.receive({ type: 'describe-end', model: detectModel });
  return opened;
}
const jobsOf = (kind: Job['kind']) => posted.filter((each): each is Job => 'kind' in each && each.kind === kind);

describe('the model to start from', () => {
  it('is read once, and determines its settings, whatever is chosen after', async () => {
    const { get } = await chosen();
    await get().start.read();
    expect(jobsOf('describe')).toEqual([
      { kind: 'describe', model: { kind: 'checkpoint', name: from, bytes: Uint8Array.of(1, 2, 3) } },
    ]);
    const { experiment } = get();
    expect(experiment.config).toMatchObject(detectModel.settings);
    experiment.setKnob('hidden_size', 64);
    experiment.setKnob('learning_rate', 0.5);
    expect(get().experiment.config).toMatchObject({ hidden_size: 32, learning_rate: 0.5 });
    experiment.choosePreset('copy');
    expect(get().experiment.config).toMatchObject({ task: 'copy', ...detectModel.settings });
    get().start.useItsRun();
    expect(get().experiment).toMatchObject({ preset: 'detect', config: detectModel.trainedWith });
    await get().start.choose(undefined);
    get().experiment.choosePreset('copy');
    expect(get().experiment.config).toEqual(presetConfig('copy'));
  });

  it('stands in the link, which says what it cannot contain', async () => {
    const { get } = await chosen();
    get().experiment.show('train');
    expect(writeAddress(get().experiment)).toContain('train.from=detect.safetensors');
    expect(readAddress(writeAddress(get().experiment)).experiment.train).toMatchObject({ from });
    expect(notInLink(get())).toEqual([]);
    get().experiment.setTrain({ from: 'file:mine.safetensors' });
    expect(writeAddress(get().experiment)).not.toContain('mine');
    expect(notInLink(get())).toEqual(['your file mine.safetensors']);
    get().experiment.setTrain({ from: 'run:7' });
    expect(notInLink(get())).toEqual(['your run 7 (export it as a file)']);
    get().experiment.setTrain({ from: 'hub:a/b@1' });
    expect(notInLink(get())).toEqual(['the model a/b@1 of the hub (download it there too)']);
  });

  it('is read from a link, with its settings again after the link has changed', async () => {
    const { get, receive } = await page();
    get().experiment.open(`#/train?train.from=${from}`);
    await get().start.read();
    receive({ type: 'describe-end', model: detectModel });
    get().experiment.open(`#/train?train.from=${from}&learning_rate=0.5`);
    expect(get().experiment.config).toMatchObject({ ...detectModel.settings, learning_rate: 0.5 });
  });

  it('that is not here, or is refused, is said to be, and no run starts', async () => {
    const { get, receive } = await page();
    await get().start.choose('run:gone');
    expect(get().start).toMatchObject({ status: 'failed', problem: expect.stringMatching(/not in this browser/) });
    get().run.start();
    expect(get().run).toMatchObject({ status: 'idle', error: get().start.problem });
    await get().start.choose(from);
    expect(get().start).toMatchObject({ status: 'reading', problem: undefined });
    get().run.start();
    expect(get().run.error).toMatch(/still being read/);
    receive({ type: 'failed', during: 'describe', message: 'checkpoint detect: x (expected y)', status: 2 });
    expect(get().start).toMatchObject({ status: 'failed', problem: expect.stringMatching(/detect/) });
    expect(jobsOf('train')).toEqual([]);
  });
});

describe('a run from it', () => {
  it('is estimated from its description, without its weights', async () => {
    const { get, receive } = await chosen();
    get().estimate.ask();
    expect(jobsOf('estimate').at(-1)).toMatchObject({
      config: detectModel.settings,
      from: { name: from, metadata: detectModel.metadata },
    });
    receive({ type: 'failed', during: 'estimate', message: `checkpoint ${from}: a (expected b)`, status: 2 });
    expect(get().estimate.mismatch).toMatch(/^This run cannot start from this model\. /);
    get().run.start();
    await eventually(() => expect(get().run.error).toBe(get().estimate.mismatch));
    // Another task may do.
    get().experiment.setKnob('task', 'memorize');
    get().estimate.ask();
    receive({ type: 'failed', during: 'estimate', message: 'the device is gone', status: 1 });
    expect(get().estimate.mismatch).toBeUndefined();
  });

  it('is sent the model, is named after it, and keeps its name, size and hash', async () => {
    const { get, receive } = await chosen();
    get().start.useItsRun();
    get().run.start();
    await eventually(() => expect(jobsOf('train')).toHaveLength(1));
    expect(jobsOf('train')[0]).toMatchObject({
      config: detectModel.trainedWith,
      from: { kind: 'checkpoint', name: from, bytes: Uint8Array.of(1, 2, 3) },
    });
    receive({ type: 'train-begin', model: facts, progress, origin: detectOrigin });
    const { id } = get().run;
    await eventually(() => expect(get().runs.find(id)).toBeDefined());
    expect(get().runs.find(id)).toMatchObject({
      name: 'Detect & memorize · RMT, encoder · from detect.safetensors',
      origin: detectOrigin,
    });
  });

  it('is resumed without it, and not before there is a checkpoint', async () => {
    const origin = detectOrigin;
    shelve(shelf, runRecord('saved', { origin }), runRecord('unsaved', { origin, checkpoint: undefined }));
    const { get } = await chosen();
    await get().runs.load();
    await get().run.resume('unsaved');
    expect(get().run.error).toMatch(/started from detect\.safetensors and has no checkpoint yet\. Choose that model/);
    expect(jobsOf('train')).toEqual([]);
    await get().run.resume('saved');
    expect(jobsOf('train')[0]).toMatchObject({ config: runRecord('saved').config, resume: { name: 'run saved' } });
    expect(jobsOf('train')[0]).not.toHaveProperty('from');
    expect(get().experiment).toMatchObject({ train: { from: undefined }, config: runRecord('saved').config });
    expect(get().start.status).toBe('fresh');
  });
});

describe('fine-tuning an import', () => {
  const report = (model: string, config: ImportReport['config']): ImportReport => ({
    format: 'f',
    model,
    description: 'd',
    parameters: 1,
    renamed: [],
    leftOut: [],
    initialised: [],
    assumed: [],
    converted: {},
    tokenizer: { type: 'WordPiece', pieces: 100, padding: 0 },
    config,
  });
  const imported = (model: string, config: ImportReport['config']): Report => ({
    type: 'import-end',
    report: report(model, config),
    bytes: 8,
    answers: model.includes('bert') ? 'class' : 'tokens',
  });
  const source = { choice: 'file:m', name: 'm', files: [] };

  it.each([
    ['bert', { num_labels: 2, hidden_size: 384 }, 'bert-small', { memory: 10, labels: 6 }],
    ['rmt-bert', { num_labels: 2, hidden_size: 768, num_mem_tokens: 10 }, 'bert-base', { labels: 6 }],
    ['rmt-bert', { num_labels: 6, hidden_size: 768, num_mem_tokens: 4 }, 'bert-base', undefined],
    ['gpt2', { n_embd: 768 }, 'gpt2-small', { memory: 10 }],
    ['rmt-gpt2', { n_embd: 768, num_mem_tokens: 16 }, 'gpt2-small', undefined],
  ] as const)('%s with %o: preset %s, imported again with %o', async (model, config, preset, lacks) => {
    const { get, receive } = await page();
    void get().imports.begin(source, { segmentSize: 32 });
    receive(imported(model, config));
    const done = get().start.fineTune();
    if (lacks) {
      expect(jobsOf('import').at(-1)).toMatchObject({ options: { segmentSize: 32, ...lacks } });
      receive(imported(model, { ...config, num_labels: 6 }));
    } else expect(jobsOf('import')).toHaveLength(1);
    await done;
    expect(get().experiment).toMatchObject({ view: 'train', preset, train: { from: 'file:m' } });
    expect(jobsOf('describe').at(-1)).toMatchObject({ model: { kind: 'files', name: 'm' } });
  });
});
