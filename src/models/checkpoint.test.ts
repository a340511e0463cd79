import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdamW } from '../engine/adamw.ts';
import { elements } from '../engine/tensor.ts';
import { InputError } from '../errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import { Random } from '../random.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { tinyConfigs } from '../testing/models.ts';
import { normals } from '../testing/ops.ts';
import { catalogue } from './catalogue.ts';
import { type Checkpoint, layoutCheckpoint, parameterShapes, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { blueprintOf } from './index.ts';
import { Model } from './model.ts';

useSimpleKernels();

const golden = new URL('../testing/golden/', import.meta.url);

const { model_type: _encoder, ...small } = tinyConfigs['rmt-bert'];
const blueprint = blueprintOf(small, 'small');

const family = tinyConfigs;
const { gpt2 } = family;

/** Tensors of these shapes, with distinct values. */
function fill(shapes: Iterable<readonly [string, readonly number[]]>): Map<string, StoredTensor> {
  let next = 0;
  return new Map(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, () => next++ / 64) }];
    }),
  );
}
const shapes = parameterShapes(blueprint);
const withMoments = () =>
  fill(
    ['', 'optimizer.m.', 'optimizer.v.'].flatMap((prefix) =>
      [...shapes].map(([name, shape]) => [prefix + name, shape] as const),
    ),
  );

/** A file with these tensors and metadata. */
const file = (tensors: Map<string, StoredTensor>, metadata: Record<string, string> = {}) =>
  writeSafetensors(tensors, { format: 'pt', rmt_config: JSON.stringify(small), ...metadata });
const refuse = (bytes: Uint8Array, message: string) =>
  expect(() => readCheckpoint(bytes, 'checkpoint t')).toThrow(expect.objectContaining({ name: 'InputError', message }));

describe('readCheckpoint', () => {
  const dumps = (readdirSync(golden, { recursive: true }) as string[]).filter((name) =>
    name.endsWith('.checkpoint.safetensors'),
  );
  it('finds the files written by Python', () => {
    expect(dumps.length).toBeGreaterThanOrEqual(18);
  });

  it.each(dumps)('reads %s, written by Python', (name) => {
    const bytes = readFileSync(new URL(name, golden));
    const checkpoint = readCheckpoint(bytes, name);
    const stored = readSafetensors(bytes, name).tensors;
    expect([...checkpoint.tensors.keys()]).toEqual([...parameterShapes(checkpoint.blueprint).keys()]);
    for (const [name, tensor] of checkpoint.tensors) expect(tensor).toEqual(stored.get(name));
    expect(checkpoint).not.toHaveProperty('vocabulary');
  });

  it('ignores the buffers of Hugging Face’s BERT and a memory of no tokens', () => {
    const without = parameterShapes(blueprintOf({ ...small, num_mem_tokens: 0 }, 'c'));
    const tensors = fill(without);
    tensors.set('bert.embeddings.position_ids', { shape: [1, 16], data: new Float32Array(16) });
    tensors.set('rmt.memory', { shape: [0, 8], data: new Float32Array(0) });
    const bytes = file(tensors, { rmt_config: JSON.stringify({ ...small, num_mem_tokens: 0 }) });
    const read = readCheckpoint(bytes, 'checkpoint t').tensors;
    expect([...read.keys()]).toEqual([...without.keys()]);
  });

  it('ignores the masks of Hugging Face’s GPT-2, whatever their type', () => {
    const own = parameterShapes(blueprintOf(gpt2, 'c'));
    const tensors = fill([
      ...own,
      ['transformer.h.0.attn.bias', [1, 1, 16, 16]],
      ['transformer.h.0.attn.masked_bias', [1]],
    ]);
    const metadata = { rmt_config: JSON.stringify(gpt2) };
    const bytes = file(tensors, metadata);
    // Old files store the mask as bytes: the same length in the header, another name for the type.
    const text = new TextDecoder('latin1').decode(bytes);
    bytes.set(new TextEncoder().encode('"I32"'), text.indexOf('"F32"', text.indexOf('h.0.attn.bias')));
    expect([...readCheckpoint(bytes, 'checkpoint t').tensors.keys()]).toEqual([...own.keys()]);
    refuse(
      file(fill([...own, ['transformer.h.0.attn.other_bias', [1]]]), metadata),
      "checkpoint t: unknown tensor 'transformer.h.0.attn.other_bias' (expected only the parameters of the 1-layer GPT-2 of rmt_config)",
    );
  });

  describe('an output layer of GPT-2', () => {
    const WORDS = 'transformer.wte.weight';
    const untied = { ...gpt2, tie_word_embeddings: false };
    const embedding = fill(parameterShapes(blueprintOf(gpt2, 'c')));
    const words = embedding.get(WORDS) ?? expect.fail('no word embedding');
    const withHead = (config: object, head: StoredTensor) =>
      file(new Map([...embedding, ['lm_head.weight', head]]), { rmt_config: JSON.stringify(config) });

    it('stored a second time as the word embedding is one tensor', () => {
      const read = readCheckpoint(withHead(gpt2, words), 'checkpoint t').tensors;
      expect([...read.keys()]).toEqual([...embedding.keys()]);
    });

    it('with numbers of its own is used or refused, never dropped', () => {
      const own = { ...words, data: words.data.map((value, i) => (i === 79 ? value + 1 : value)) };
      const read = readCheckpoint(withHead(untied, own), 'checkpoint t');
      expect(read.tensors.get('lm_head.weight')?.data).toEqual(own.data);
      expect(Buffer.compare(writeCheckpoint(read), writeCheckpoint(readCheckpoint(writeCheckpoint(read), 'c')))).toBe(
        0,
      );
      refuse(
        withHead(gpt2, own),
        `checkpoint t: 'lm_head.weight' differs from '${WORDS}' (expected the same numbers, or "tie_word_embeddings": false in rmt_config)`,
      );
      refuse(
        file(embedding, { rmt_config: JSON.stringify(untied) }),
        "checkpoint t: 'lm_head.weight' is missing (expected (10, 8) from vocab_size 10, n_embd 8)",
      );
    });

    it('is unknown to an encoder', () => {
      refuse(
        file(new Map([...fill(shapes), ['lm_head.weight', words]])),
        "checkpoint t: unknown tensor 'lm_head.weight' (expected only the parameters of the 1-layer BERT of rmt_config)",
      );
    });
  });

  it('refuses numbers that are not finite, moments included: which tensor, and how many', () => {
    const spoilt = (...names: string[]) => {
      const tensors = withMoments();
      for (const name of names) {
        const { data } = tensors.get(name) ?? expect.fail(name);
        data[0] = Number.NaN;
        data[data.length - 1] = Number.NEGATIVE_INFINITY;
      }
      return file(tensors);
    };
    const advice = '(expected finite numbers; take a checkpoint from before they arose)';
    const found = (name: string, size: number) => `'${name}' has 2 of ${size} numbers that are NaN or infinite`;
    refuse(spoilt('rmt.memory'), `checkpoint t: ${found('rmt.memory', 16)} ${advice}`);
    refuse(
      spoilt('optimizer.v.bert.pooler.dense.bias', 'rmt.memory'),
      `checkpoint t: ${found('rmt.memory', 16)}, and so has 1 other tensor ${advice}`,
    );
    refuse(
      spoilt(...shapes.keys()),
      `checkpoint t: ${found('bert.embeddings.word_embeddings.weight', 80)}, and so have ${shapes.size - 1} other tensors ${advice}`,
    );
  });

  it('names the wrong tensor of a decoder, and the fields that determine its shape', () => {
    const of = (id: keyof typeof family, name: string, shape: readonly number[] | undefined) => {
      const tensors = fill(parameterShapes(blueprintOf(family[id], 'c')));
      tensors.delete(name);
      const [[, other] = []] = fill(shape ? [[name, shape]] : []);
      if (other) tensors.set(name, other);
      return file(tensors, { rmt_config: JSON.stringify(family[id]) });
    };
    // The matrix as torch.nn.Linear would store it.
    refuse(
      of('rmt-gpt2', 'transformer.h.0.attn.c_attn.weight', [24, 8]),
      "checkpoint t: 'transformer.h.0.attn.c_attn.weight' has shape (24, 8) (expected (8, 24) from n_embd 8)",
    );
    refuse(
      of('rmt-transformer-xl', 'transformer.layers.0.dec_attn.qkv_net.weight', [8, 8]),
      "checkpoint t: 'transformer.layers.0.dec_attn.qkv_net.weight' has shape (8, 8) (expected (24, 8) from n_head 2, d_head 4)",
    );
    refuse(
      of('armt-gpt2', 'transformer.h.0.W_mk.weight', [8, 8]),
      "checkpoint t: 'transformer.h.0.W_mk.weight' has shape (8, 8) (expected (4, 8) from d_mem 4)",
    );
    refuse(
      of('armt-gpt2', 'rmt.memory', undefined),
      "checkpoint t: 'rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, n_embd 8)",
    );
  });

  it('reads both moments of all parameters', () => {
    const read = readCheckpoint(file(withMoments()), 'checkpoint t').tensors;
    expect(read.size).toBe(3 * shapes.size);
    expect([...read.keys()].at(-1)).toBe('optimizer.v.rmt.memory');
  });

  it('names the wrong tensor', () => {
    const tensors = fill(shapes);
    const changed = (name: string, shape: number[] | undefined) => {
      const copy = new Map(tensors);
      copy.delete(name);
      return file(new Map([...copy, ...fill(shape ? [[name, shape]] : [])]));
    };
    refuse(
      changed('rmt.memory', [2, 4]),
      "checkpoint t: 'rmt.memory' has shape (2, 4) (expected (2, 8) from hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', [3, 4]),
      "checkpoint t: 'rmt.memory' has shape (3, 4) (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', [16]),
      "checkpoint t: 'rmt.memory' has shape (16) (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', [2, 8, 1]),
      "checkpoint t: 'rmt.memory' has shape (2, 8, 1) (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', undefined),
      "checkpoint t: 'rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('bert.pooler.dense.weight', [4, 4]),
      "checkpoint t: 'bert.pooler.dense.weight' has shape (4, 4) (expected (8, 8) from hidden_size 8)",
    );
    refuse(
      changed('bert.encoder.layer.1.output.dense.bias', [8]),
      "checkpoint t: unknown tensor 'bert.encoder.layer.1.output.dense.bias' (expected only the parameters of the 1-layer BERT of rmt_config)",
    );
    refuse(
      changed('optimizer.m.rmt.memory', [2, 8]),
      "checkpoint t: 'optimizer.v.rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      file(tensors, { rmt_config: JSON.stringify({ ...small, num_mem_tokens: 0 }) }),
      "checkpoint t: unknown tensor 'rmt.memory' (expected none, as num_mem_tokens is 0)",
    );
    const oneMoment = withMoments();
    for (const name of shapes.keys()) oneMoment.delete(`optimizer.v.${name}`);
    refuse(
      file(oneMoment),
      "checkpoint t: 'optimizer.v.bert.embeddings.word_embeddings.weight' is missing (expected (10, 8) from vocab_size 10, hidden_size 8)",
    );
    const unknownMoment = withMoments().set('optimizer.m.x', { shape: [0], data: new Float32Array(0) });
    refuse(
      file(unknownMoment),
      "checkpoint t: unknown tensor 'optimizer.m.x' (expected only the parameters of the 1-layer BERT of rmt_config)",
    );
  });

  it('names the error in the metadata', () => {
    const tensors = fill(shapes);
    refuse(
      writeSafetensors(tensors),
      "checkpoint t: no 'rmt_config' in the metadata (expected the checkpoint of an RMT)",
    );
    refuse(file(tensors, { rmt_config: '{' }), 'checkpoint t: rmt_config: not JSON (expected JSON in the metadata)');
    refuse(file(tensors, { rmt_config: '[]' }), 'checkpoint t: rmt_config: [] (expected an object)');
    refuse(
      file(tensors, { rmt_config: '{}' }),
      'checkpoint t: rmt_config: hidden_size is missing (expected a whole number from 4 to 16384)',
    );
    refuse(
      file(tensors, { vocabulary: '{"a":1}' }),
      'checkpoint t: vocabulary: not a list of strings (expected the words in the order of their ids)',
    );
    refuse(
      file(tensors, { vocabulary: '["a",1]' }),
      'checkpoint t: vocabulary: not a list of strings (expected the words in the order of their ids)',
    );
    refuse(
      file(tensors, { vocabulary: JSON.stringify('abcdefghijk'.split('')) }),
      'checkpoint t: vocabulary: 11 words (expected at most vocab_size 10)',
    );
    refuse(file(tensors, { task: 'memorize' }), 'checkpoint t: task: not JSON (expected JSON in the metadata)');
    refuse(file(tensors, { training: '' }), 'checkpoint t: training: not JSON (expected JSON in the metadata)');
    refuse(new Uint8Array(0), 'checkpoint t: 0 bytes (expected a safetensors file of at least 8 bytes)');
  });
});

/** The sizes of a model under its backbone's names. */
function sized(model: keyof typeof family, width: number, heads: number, layers: number, labels: number): object {
  const { backbone } = catalogue[model];
  if (backbone === 'bert')
    return { hidden_size: width, num_attention_heads: heads, num_hidden_layers: layers, num_labels: labels };
  return { [backbone === 'gpt2' ? 'n_embd' : 'd_model']: width, n_head: heads, n_layer: layers };
}

describe('a checkpoint', () => {
  it('reads back as it was written, in any order of its tensors', () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const sizes = fc.record({
      model: fc.constantFrom(...(Object.keys(family) as (keyof typeof family)[])),
      heads: fc.integer({ min: 1, max: 3 }),
      layers: fc.integer({ min: 1, max: 2 }),
      memory: fc.nat(3),
      labels: fc.integer({ min: 1, max: 4 }),
    });
    const made = sizes.map(({ model, heads, layers, memory, labels }) => {
      const width = 4 * heads;
      const tokens = model === 'bert' || model === 'gpt2' || model === 'transformer-xl' ? 0 : memory;
      return blueprintOf(
        {
          ...family[model],
          ...sized(model, width, heads, layers, labels),
          num_mem_tokens: model.startsWith('armt') ? memory + 1 : tokens,
        },
        'c',
      );
    });
    const vocabulary = fc.array(fc.string({ unit: 'binary' }), { maxLength: 10 });
    fc.assert(
      fc.property(made, fc.option(vocabulary), json, fc.option(json), (blueprint, vocabulary, task, training) => {
        const checkpoint: Checkpoint = {
          blueprint,
          tensors: fill(parameterShapes(blueprint)),
          ...(vocabulary ? { vocabulary } : {}),
          task: JSON.parse(JSON.stringify(task)), // JSON has no -0
          ...(training === null ? {} : { training: JSON.parse(JSON.stringify(training)) }),
        };
        const bytes = writeCheckpoint({ ...checkpoint, tensors: new Map([...checkpoint.tensors].reverse()) });
        const { blueprint: read, ...rest } = readCheckpoint(bytes, 'c');
        const { blueprint: _written, ...written } = checkpoint;
        expect(rest).toEqual(written);
        expect(read.config).toEqual(blueprint.config);
        expect(Buffer.compare(writeCheckpoint(readCheckpoint(bytes, 'c')), bytes)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('is checked before it is written', () => {
    const tensors = fill(shapes);
    const message =
      "writing a checkpoint: 'rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, hidden_size 8)";
    const without = new Map([...tensors].filter(([name]) => name !== 'rmt.memory'));
    expect(() => writeCheckpoint({ blueprint, tensors: without })).toThrow(
      expect.objectContaining({ name: 'InputError', message }),
    );
    const wider = blueprintOf({ ...small, hidden_size: 16 }, 'c');
    expect(() => writeCheckpoint({ blueprint: wider, tensors })).toThrow(InputError);
    expect(() => writeCheckpoint({ blueprint, tensors, vocabulary: Array(11).fill('a') })).toThrow(InputError);
  });

  it('is read or refused with an InputError when cut or changed at any byte', () => {
    const whole = writeCheckpoint({
      blueprint,
      tensors: withMoments(),
      vocabulary: ['a', 'b'],
      task: { id: 'x' },
      training: { step: 1 },
    });
    const at = fc.integer({ min: 0, max: whole.length - 1 });
    // Most of the file is data, in which every byte is valid, so the header is changed in half of the cases.
    const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const inHeader = fc.integer({ min: 0, max: headerEnd - 1 });
    const flips = fc.array(fc.tuple(fc.oneof(at, inHeader), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.option(at), flips, (cut, flips) => {
        const bytes = whole.slice(0, cut ?? whole.length);
        for (const [at, value] of flips) bytes[at] = value;
        try {
          readCheckpoint(bytes, 'c');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a checkpoint laid out before its numbers are known', () => {
  it.each(['rmt-bert', 'armt-gpt2', 'rmt-transformer-xl'] as const)(
    'of %s and filled from the GPU has the same bytes as one written at once',
    async (id) => {
      const model = await Model.create(await testGpu(), blueprintOf(tinyConfigs[id], id));
      const { parameters } = model;
      parameters.initialise(new Random(1), 0.3);
      const optimiser = await AdamW.create(model.gpu, parameters.flat, parameters.flatGradient);
      const sources = [
        ['', parameters.flat],
        ['optimizer.m.', optimiser.m],
        ['optimizer.v.', optimiser.v],
      ] as const;
      for (const [i, [prefix, flat]] of sources.entries())
        parameters.load(
          new Map(parameters.specs.map(({ name, shape }) => [prefix + name, normals(elements(shape), i)])),
          flat,
          prefix,
        );
      const description = {
        blueprint: model.blueprint,
        vocabulary: ['a', 'b'],
        task: { id: 'copy' },
        training: { step: 1 },
      };
      const { bytes, tensors } = layoutCheckpoint(description, () => true);
      await parameters.readInto(sources, (name) => tensors.get(name));
      expect(bytes).toEqual(writeCheckpoint({ ...description, tensors: await parameters.readAll(sources) }));
      for (const part of [optimiser, model]) part.release();
    },
  );
});
