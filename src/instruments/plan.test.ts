// A plan compared with what a run really allocates: the same bytes, and what the adapter refuses.
import { describe, expect, it } from 'vitest';
import { Profile } from '../engine/gpu/profile.ts';
import { CHUNK_BYTES } from '../engine/gpu/readback.ts';
import { parseConfig } from '../experiment/config.ts';
import { presetConfig } from '../experiment/presets.ts';
import { blueprintFor, workOf } from '../experiment/workspace.ts';
import { blueprintOf } from '../models/index.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { tokenizerJson } from '../testing/piece-models.ts';
import { Trainer } from '../train/trainer.ts';
import { obstacleOf, plannedWork, planRun } from './plan.ts';

useSimpleKernels();

const tiny = {
  hidden_size: 16,
  num_attention_heads: 2,
  intermediate_size: 32,
  num_mem_tokens: 2,
  num_hidden_layers: 1,
  noise_words: 10,
  stages: [2],
  stage_steps: [2],
  segments_drawn: 'fixed',
  batch_size: 4,
  validate_every: 2,
  validate_samples: 4,
};

describe('a plan', () => {
  it.each([
    ['rmt-bert', { task: 'memorize' }],
    ['rmt-bert', { task: 'memorize', loss: 'mean', bptt: 'keep' }],
    ['rmt-gpt2', { task: 'copy', segment_size: 6, bptt_depth: 1 }],
    ['rmt-transformer-xl', { task: 'language', mem_len: 4, segment_size: 6 }],
    ['armt-gpt2', { task: 'reverse', segment_size: 4 }],
    ['rmt-bert', { task: 'memorize', trained: 'memory-and-head' }],
  ] as const)('of %s, %o: the bytes that a run has at its end, without allocating any', async (model, more) => {
    const gpu = await testGpu();
    const config = parseConfig({ ...tiny, model, ...more });
    const before = gpu.bytes;
    const plan = await planRun(gpu, config, await plannedWork(config));
    expect(gpu.bytes).toBe(before);
    const trainer = await Trainer.create(gpu, config);
    // One after the other: with two steps in flight there is a second buffer for results.
    while (!trainer.finished) await (await trainer.turn()).report;
    await trainer.checkpoint();
    const { total, ...parts } = plan.bytes;
    expect(total).toBe(gpu.bytes - before);
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total);
    expect(plan.parameters).toBe(trainer.facts.parameters);
    expect(parts.weights).toBe(4 * trainer.model.parameters.length);
    expect(obstacleOf(plan)).toBeUndefined();
    await trainer.release();
    expect(gpu.bytes).toBe(before);
  });

  it.each(['rmt-bert', 'rmt-gpt2', 'rmt-transformer-xl', 'armt-gpt2'])(
    'of %s has neither moments nor gradients of parameters that are not trained, and does not compute them',
    async (model) => {
      const planned = async (trained: string) => {
        const config = parseConfig({ ...tiny, task: 'memorize', model, mem_len: 12, trained });
        return planRun(await testGpu(), config, await workOf(config));
      };
      const [all, tables, memory] = [
        await planned('all'),
        await planned('all-but-embeddings'),
        await planned('memory-and-head'),
      ];
      for (const part of ['optimiser', 'gradients'] as const) {
        expect(tables.bytes[part]).toBeLessThan(all.bytes[part]);
        expect(memory.bytes[part]).toBeLessThan(tables.bytes[part] / 2);
      }
      expect(memory.bytes.weights).toBe(all.bytes.weights);
      expect(tables.gpuWork.dispatches).toBeLessThan(all.gpuWork.dispatches);
      // A product of three, forward, backward and again backward, is left out of each layer.
      expect(memory.gpuWork.flops).toBeLessThan(0.9 * tables.gpuWork.flops);
    },
  );

  it('counts tokens and work by the curriculum', async () => {
    const gpu = await testGpu();
    const plan = async (more: object) => {
      const config = parseConfig({ ...tiny, task: 'memorize', ...more });
      return planRun(gpu, config, await workOf(config));
    };
    const once = await plan({});
    expect(once.tokens).toBe(2 * 2 * 4 * 12);
    const twice = await plan({ stages: [2, 2] });
    expect(twice.tokens).toBe(2 * once.tokens);
    expect(twice.gpuWork.flops).toBeCloseTo(2 * once.gpuWork.flops);
    expect(twice.bytes).toEqual(once.bytes);
    // Kept activations need not be recomputed, but have to be stored.
    const keep = await plan({ bptt: 'keep' });
    expect(keep.gpuWork.flops).toBeLessThan(once.gpuWork.flops);
    expect(keep.bytes.activations).toBeGreaterThan(once.bytes.activations);
  });

  it.each([
    ['rmt-bert', {}],
    ['rmt-bert', { bptt: 'keep', loss: 'mean' }],
    ['rmt-bert', { bptt_depth: 0 }],
    ['rmt-bert', { bptt_depth: 1, loss: 'mean' }],
    ['bert', { bptt_depth: 1, num_mem_tokens: 0 }],
  ] as const)('has the dispatches of a step of %s, %o', async (model, more) => {
    const gpu = await testGpu();
    const config = parseConfig({ ...tiny, task: 'memorize', model, ...more, stages: [4], stage_steps: [1] });
    const { gpuWork } = await planRun(gpu, config, await workOf(config));
    const trainer = await Trainer.create(gpu, config);
    const profile = Profile.start(gpu, { timed: false });
    await (await trainer.turn()).report;
    const uses = await profile.stop();
    await trainer.release();
    // The initial states are excluded; validation comes with the one turn.
    const counted = uses.filter(({ program }) => program !== 'memory');
    expect(gpuWork.dispatches).toBe(counted.reduce((sum, { dispatches }) => sum + dispatches, 0));
  });

  it('of the preset bert-base fits a GPU of 8 GB, with the vocabulary of bert-base-uncased', async () => {
    const config = presetConfig('bert-base');
    const work = await workOf(config);
    const described = blueprintFor(config, work).config;
    const blueprint = blueprintOf({ ...described, vocab_size: 30_522 }, 'bert-base');
    const { parameters, bytes } = await planRun(await testGpu(), config, work, blueprint);
    expect(parameters).toBeGreaterThan(109e6);
    expect(blueprint.layout.S).toBe(512);
    // 5.2 GB, with room for the browser.
    expect(bytes.total).toBeLessThan(5.5e9);
  });

  it('of BERT-base reads a checkpoint back in two chunks, however large the checkpoint is', async () => {
    const sizes = { hidden_size: 768, num_attention_heads: 12, intermediate_size: 3072, num_hidden_layers: 12 };
    const config = parseConfig({ ...tiny, ...sizes, task: 'memorize' });
    const plan = await planRun(await testGpu(), config, await workOf(config));
    expect(plan.parameters).toBeGreaterThan(85e6);
    expect(plan.bytes.checkpoint).toBe(2 * CHUNK_BYTES);
  });

  it('reports what the adapter cannot hold, how large it is, and what to change', async () => {
    const gpu = await testGpu();
    const { maxStorageBufferBindingSize: most } = gpu.device.limits;
    const width = 4096;
    const layers = Math.min(48, Math.ceil(most / (4 * 12 * width ** 2)) + 1);
    const sizes = { hidden_size: width, num_attention_heads: 64, intermediate_size: 4 * width };
    const config = parseConfig({ ...tiny, task: 'memorize', ...sizes, num_hidden_layers: layers });
    const before = gpu.bytes;
    const plan = await planRun(gpu, config, await plannedWork(config));
    const message = obstacleOf(plan)?.message ?? '';
    expect(message).toContain(plan.bytes.total.toLocaleString('en'));
    expect(message).toMatch(/expected buffers of at most [\d,]+ bytes, this adapter's max\w+; choose /);
    await expect(Trainer.create(gpu, config)).rejects.toThrow(message);
    expect(gpu.bytes).toBe(before);
  });

  it('assumes that an unread text has all the words that are kept', async () => {
    const text = { name: 'a.txt', size: 1, open: () => expect.fail('was read') };
    const config = parseConfig({ ...tiny, model: 'gpt2', task: 'language', segment_size: 6, vocabulary_words: 1000 });
    const { vocabulary } = await plannedWork(config, { text });
    expect(vocabulary.size).toBe(1004);
  });

  it('assumes that a trained tokenizer has all its pieces, and counts those of a file', async () => {
    const noise = { name: 'a.txt', text: 'a short text' };
    const config = parseConfig({ ...tiny, task: 'memorize', segment_size: 32, tokenizer: 'wordpiece', pieces: 700 });
    const work = await plannedWork(config, { noise });
    expect(work.vocabulary.size).toBe(700);
    const { parameters } = await planRun(await testGpu(), config, work);
    expect(parameters).toBeGreaterThan(700 * config.hidden_size);
    const text = { name: 'a.txt', size: 1, open: () => expect.fail('was read') };
    const tokenizer = { name: 't.json', text: tokenizerJson('uncased') };
    const reading = parseConfig({ ...tiny, model: 'gpt2', task: 'language', tokenizer: 'file' });
    const { vocabulary, material } = await plannedWork(reading, { text, tokenizer });
    expect(vocabulary.size).toBe(700);
    expect(material.corpus?.unit).toBe('pieces');
  });

  it.each([
    ['text', 'words', 1004],
    ['text', 'characters', 1028],
    ['text', 'bytes', 260],
    ['articles', 'words', 1006],
  ] as const)('plans a run on unread %s in %s', async (given, unit, words) => {
    const file = { name: 'a.txt', size: 1, open: () => expect.fail('was read') };
    const task = given === 'text' ? 'language' : 'documents';
    const config = parseConfig({ ...tiny, model: 'gpt2', task, unit, segment_size: 16, vocabulary_words: 1000 });
    const work = await plannedWork(config, { [given]: file });
    expect(work.vocabulary.size).toBe(words);
    const { parameters } = await planRun(await testGpu(), config, work);
    expect(parameters).toBeGreaterThan(words * config.hidden_size);
  });
});
