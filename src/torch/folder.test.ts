// The folder for PyTorch: what is in it, for every kind of model, and where its run begins.
import { describe, expect, it } from 'vitest';
import { parseConfig, type RunConfig } from '../experiment/config.ts';
import { readSafetensors } from '../io/safetensors.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';
import { catalogue, type ModelId } from '../models/catalogue.ts';
import { arraysOf, readCheckpoint } from '../models/checkpoint.ts';
import { tinySizes } from '../testing/tiny-run.ts';
import { trainingCheckpoint } from '../testing/training-checkpoint.ts';
import { type TakeHomeRequest, takeHome } from './take-home.ts';

const tiny = parseConfig({
  ...tinySizes,
  stages: [1, 2],
  stage_steps: [3],
  validate_samples: 5,
});
const position = (step: number) => ({ step, stage: Math.floor(step / 3), stageStep: step % 3 });
const bytesOf = async (pieces: readonly Uint8Array[]) =>
  new Uint8Array(await new Blob([...pieces] as BlobPart[]).arrayBuffer());

/** The files of a folder, by name. */
async function folderOf(bytes: Uint8Array<ArrayBuffer>, config: RunConfig, more: Partial<TakeHomeRequest> = {}) {
  const { files, facts } = await takeHome({ file: { name: 'run.safetensors', bytes }, config, ...more });
  const contents = new Map<string, Uint8Array>();
  for (const { name, pieces } of files) contents.set(name, await bytesOf(pieces));
  const file = (name: string) => contents.get(name) ?? new Uint8Array();
  const text = (name: string) => new TextDecoder().decode(file(name));
  return { names: [...contents.keys()], file, text, run: JSON.parse(text('run.json')), facts };
}

const integers = (bytes: Uint8Array, name: string) => {
  const { entries, end } = readSafetensorsHeader(bytes, name);
  const { data_offsets: at } = entries.get(name) as { data_offsets: [number, number] };
  return [...new Int32Array(bytes.slice(end + at[0], end + at[1]).buffer)];
};

describe('a folder for PyTorch', () => {
  it.each(Object.keys(catalogue) as ModelId[])('holds model, data, programs and README: %s', async (model) => {
    const config = { ...tiny, model };
    const bytes = await trainingCheckpoint(config, position(0));
    const { names, file, text, facts } = await folderOf(bytes, config);
    expect(names).toEqual(expect.arrayContaining(['model.safetensors', 'config.json', 'vocabulary.json', 'train.py']));
    expect(names.includes('transformer_xl.py')).toBe(model.endsWith('transformer-xl'));
    expect(names.includes('associative_memory.py')).toBe(model.startsWith('armt'));
    // Everything that the README names is there.
    for (const [, name = ''] of text('README.md').matchAll(/^\| `([\w/]+\.\w+)`/gm)) expect(names).toContain(name);
    const checkpoint = readCheckpoint(bytes, 'run');
    const stored = readSafetensors(file('model.safetensors'), 'model').tensors;
    const weights = [...arraysOf(checkpoint)].filter(([name]) => !name.startsWith('optimizer.'));
    expect([...stored].map(([name, { data }]) => [name, data])).toEqual(weights);
    const { model_type: id, ...fields } = checkpoint.blueprint.config;
    expect(JSON.parse(text('config.json'))).toMatchObject({ ...JSON.parse(JSON.stringify(fields)), rmt_model: id });
    expect(facts).toMatchObject({ model, step: 0, steps: 6, samples: 24, validationSamples: 10 });
  });

  it('continues in the middle of a stage, with the moments of AdamW', async () => {
    const bytes = await trainingCheckpoint(tiny, position(4));
    const { run, file } = await folderOf(bytes, tiny);
    expect(run.start).toEqual({ step: 4, stage: 1, stageStep: 1 });
    expect(run.origin).toEqual({});
    const moments = readSafetensors(file('optimizer.safetensors'), 'moments').tensors;
    for (const [name, data] of arraysOf(readCheckpoint(bytes, 'run')))
      if (name.startsWith('optimizer.')) expect(moments.get(name)?.data).toEqual(data);
    expect(new Set(integers(file('data/train.safetensors'), 'step'))).toEqual(new Set([5, 6]));
    expect(new Set(integers(file('data/validation.safetensors'), 'segments'))).toEqual(new Set([2]));
  });

  it('needs no moments where a stage begins', async () => {
    const { names, run } = await folderOf(await trainingCheckpoint(tiny, position(3)), tiny);
    expect(names).not.toContain('optimizer.safetensors');
    expect(run.start).toEqual({ step: 3, stage: 1, stageStep: 0 });
  });

  it('continues with a further stage of a finished run', async () => {
    const bytes = await trainingCheckpoint(tiny, position(6));
    const { run, facts } = await folderOf(bytes, { ...tiny, stages: [1, 2, 4] });
    expect(run.start).toEqual({ step: 6, stage: 2, stageStep: 0 });
    expect(facts).toMatchObject({ step: 6, steps: 3 });
  });

  it('begins a new run from the weights of a finished one, and says so', async () => {
    const bytes = await trainingCheckpoint(tiny, position(6));
    const { run, facts } = await folderOf(bytes, { ...tiny, learning_rate: 0.5 });
    expect(run).toMatchObject({ run: { learning_rate: 0.5 }, start: { step: 0 } });
    expect(run.origin.origin).toMatchObject({ name: 'run.safetensors', size: bytes.length });
    expect(facts.step).toBe(0);
  });

  it('begins again from fresh weights, the same ones for a seed', async () => {
    const bytes = await trainingCheckpoint(tiny, position(6));
    const [one, same, other] = [
      await folderOf(bytes, tiny, { isFresh: true }),
      await folderOf(bytes, tiny, { isFresh: true }),
      await folderOf(bytes, { ...tiny, seed: 2 }, { isFresh: true }),
    ];
    expect(one.file('model.safetensors')).toEqual(same.file('model.safetensors'));
    expect(one.file('model.safetensors')).not.toEqual(other.file('model.safetensors'));
    expect(one.run).toMatchObject({ start: { step: 0 }, origin: {} });
  });

  it('names the parameters that are not trained', async () => {
    const bytes = await trainingCheckpoint(tiny, position(6));
    const { run } = await folderOf(bytes, { ...tiny, trained: 'memory-and-head' });
    expect(run.frozen).toContain('bert.embeddings.word_embeddings.weight');
    expect(run.frozen).not.toContain('rmt.memory');
  });

  it('refuses a configuration of another model', async () => {
    const bytes = await trainingCheckpoint(tiny, position(6));
    await expect(folderOf(bytes, { ...tiny, hidden_size: 16 })).rejects.toMatchObject({
      where: 'checkpoint run.safetensors: hidden_size',
    });
  });
});
