// Runs that start from a model, through a session: what is said of the model, the estimate, and the run itself.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../experiment/config.ts';
import { readCheckpoint } from '../../models/checkpoint.ts';
import { Desk, last, ofType } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { pieceCheckpoint } from '../../testing/piece-models.ts';
import {
  altered,
  completeRun,
  expectSameBytes,
  file,
  outcomes,
  plain,
  start,
  step,
  tiny,
} from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

const described = async (bytes: Uint8Array<ArrayBuffer>, name = 'a.safetensors') =>
  (await new Desk().ask({ kind: 'describe', model: file(bytes, name) }, 'describe-end')).model;
const pieces = () => pieceCheckpoint('rmt-bert', {}, { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 });

describe('what is said of a model', () => {
  it('are its settings, its words, and the run that trained it', async () => {
    const { bytes } = await completeRun(plain);
    const model = await described(bytes);
    expect(model).toMatchObject({
      name: 'a.safetensors',
      description: '2-layer BERT',
      bytes: bytes.length,
      tokens: { kind: 'words' },
      settings: { model: 'rmt-bert', hidden_size: 8, segment_size: 11, num_mem_tokens: 2, noise_words: 10 },
      trainedWith: { ...tiny, ...plain },
    });
    expect(model.settings).not.toHaveProperty('learning_rate');
    // It is sent without the state of that run.
    expect(Object.keys(model.metadata).sort()).toEqual(['format', 'rmt_config', 'task', 'vocabulary']);
  });

  it.each(['copy', 'detect', 'reasoning'])(
    'of the bundled %s is complete, though it was made earlier',
    async (name) => {
      const bytes = readFileSync(new URL(`../../../public/checkpoints/${name}.safetensors`, import.meta.url));
      const { trainedWith, settings } = await described(new Uint8Array(bytes), name);
      expect(parseConfig({ ...trainedWith, ...settings })).toEqual({ ...trainedWith, ...settings });
      expect(trainedWith).toMatchObject({ task: name, model: settings.model });
    },
  );

  it('is that the task is spelled in pieces, if it has a tokenizer', async () => {
    const model = await described(pieces());
    expect(model.tokens).toMatchObject({ kind: 'pieces' });
    expect(model.unused).toContain('unit');
    expect(model).not.toHaveProperty('trainedWith');
  });

  it('is what it lacks, if no task can be spelled', async () => {
    const mute = altered((await completeRun(plain)).bytes, () => ({ vocabulary: undefined as never }));
    const events = await new Desk().run({ kind: 'describe', model: file(mute, 'mute') });
    expect(events).toMatchObject(
      [{ type: 'failed', during: 'describe', status: 2, message: /neither a tokenizer nor a vocabulary/ }].map(
        (event) => ({ ...event, message: expect.stringMatching(event.message) }),
      ),
    );
  });
});

describe('the estimate of a run that starts from a model', () => {
  it.each(['words', 'pieces'] as const)('in %s: the bytes and parameters that the run has', async (kind) => {
    const bytes = kind === 'words' ? (await completeRun(plain)).bytes : pieces();
    const { settings, metadata, name } = await described(bytes);
    const config = { ...tiny, ...plain, task: 'detect', ...settings, trained: 'memory-and-head' } as const;
    const desk = new Desk();
    const from = { name, metadata };
    const { obstacle, ...estimated } = await desk.ask({ kind: 'estimate', config, from }, 'estimate');
    expect(obstacle).toBeUndefined();
    const [begin] = ofType(await desk.run(start(config, { from: file(bytes) })), 'train-begin');
    expect(begin?.model).toMatchObject({ parameters: estimated.parameters, gpuBytes: estimated.bytes.total });
  });

  it('takes a text in the words of the model, which the built-in stories lack, or in its pieces', async () => {
    const text = new File(['The quick brown fox jumps over a lazy dog again. '.repeat(40)], 'fox.txt');
    const config = { ...tiny, ...plain, task: 'language', model: 'rmt-gpt2', stages: [1], stage_steps: [1] } as const;
    const run = await new Desk().run(start(config, { materials: { text } }));
    const models = [last(ofType(run, 'checkpoint')).bytes, pieceCheckpoint('rmt-gpt2')];
    for (const [i, bytes] of models.entries()) {
      const { settings, metadata, name, parameters } = await described(bytes);
      const request = { config: { ...config, ...settings }, materials: { text }, from: { name, metadata } };
      const estimated = await new Desk().ask({ kind: 'estimate', ...request }, 'estimate');
      expect(estimated.parameters).toBe(parameters);
      expect(estimated.preview?.text?.unit).toBe(['words', 'pieces'][i]);
    }
  });

  it('says that the model cannot do the task', async () => {
    const { settings, metadata, name } = await described((await completeRun(plain)).bytes);
    const estimate = (config: object) =>
      new Desk().run({ kind: 'estimate', config: { ...tiny, ...plain, ...config }, from: { name, metadata } });
    expect(await estimate({ ...settings, task: 'documents', segment_size: 11 })).toMatchObject([
      {
        type: 'failed',
        during: 'estimate',
        status: 2,
        message: expect.stringMatching(/segment_size 11 \(expected at least 16/),
      },
    ]);
    expect(await estimate({ hidden_size: 16 })).toMatchObject([
      { type: 'failed', message: expect.stringMatching(/hidden_size: 8 \(expected 16, as configured/) },
    ]);
  });
});

describe('a run that starts from a model', () => {
  it('says where it started, and resumes to the bit without that model', async () => {
    const { bytes } = await completeRun(plain);
    const from = { kind: 'files', name: 'mine', files: [new File([bytes], 'mine.safetensors')] } as const;
    const config = { ...plain, seed: 3, trained: 'all-but-embeddings' } as const;
    const whole = await new Desk().run(start(config, { from }));
    const [begin] = ofType(whole, 'train-begin');
    expect(begin?.origin).toEqual({ name: 'mine', size: bytes.length, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const desk = new Desk();
    await desk.ask(start(config, { from, paused: true }), 'train-paused');
    await desk.ask(step, 'train-paused');
    const half = await desk.ask({ type: 'checkpoint', of: 'train' }, 'checkpoint');
    await desk.run({ type: 'stop', of: 'train' });
    const resumed = await new Desk().run(start(config, { resume: { name: 'half', bytes: half.bytes } }));
    expect(ofType(resumed, 'train-begin')[0]?.origin).toEqual(begin?.origin);
    // Without the validation before the first step, and that step.
    expect(outcomes(resumed)).toEqual(outcomes(whole).slice(2));
    expectSameBytes(last(ofType(resumed, 'checkpoint')).bytes, last(ofType(whole, 'checkpoint')).bytes);
    expect(readCheckpoint(half.bytes, 'half').training).toMatchObject({ origin: begin?.origin });
  });
});
