import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { bertParameterShapes, type Checkpoint, parseRmtConfig, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';

const golden = new URL('../testing/golden/', import.meta.url);

const small = {
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  vocab_size: 10,
  max_position_embeddings: 16,
  num_labels: 3,
  num_mem_tokens: 2,
  segment_size: 4,
  cls_token_id: 2,
  sep_token_id: 3,
};
const config = parseRmtConfig(small, 'small');

/** Tensors of these shapes, no two values alike. */
function fill(shapes: Iterable<readonly [string, readonly number[]]>): Map<string, StoredTensor> {
  let next = 0;
  return new Map(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, () => next++ / 64) }];
    }),
  );
}
const shapes = bertParameterShapes(config);
const withMoments = () =>
  fill(
    ['', 'optimizer.m.', 'optimizer.v.'].flatMap((prefix) =>
      [...shapes].map(([name, shape]) => [prefix + name, shape] as const),
    ),
  );

/** A file with these tensors; parts of the metadata as they are given. */
const file = (tensors: Map<string, StoredTensor>, metadata: Record<string, string> = {}) =>
  writeSafetensors(tensors, { format: 'pt', rmt_config: JSON.stringify(small), ...metadata });
const refuse = (bytes: Uint8Array, message: string) =>
  expect(() => readCheckpoint(bytes, 'checkpoint t')).toThrow(expect.objectContaining({ name: 'InputError', message }));

describe('parseRmtConfig', () => {
  it('fills in what Hugging Face leaves out', () => {
    const required = {
      ...small,
      cls_token_id: null,
      vocab_size: 30522,
      num_labels: undefined,
      max_position_embeddings: null,
    };
    expect(parseRmtConfig(required, 'c')).toEqual({
      model_type: 'rmt-bert',
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 12,
      vocab_size: 30522,
      max_position_embeddings: 512,
      type_vocab_size: 2,
      layer_norm_eps: 1e-12,
      hidden_act: 'gelu',
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.1,
      num_labels: 2,
      num_mem_tokens: 2,
      segment_size: 4,
      segment_alignment: 'right',
      pad_token_id: 0,
      cls_token_id: 101,
      sep_token_id: 3,
    });
  });

  it('takes the number of labels from their names, and the type bert for rmt-bert', () => {
    const { num_labels, ...rest } = small;
    const parsed = parseRmtConfig({ ...rest, id2label: { 0: 'a', 1: 'b', 2: 'c' }, model_type: 'bert' }, 'c');
    expect([parsed.num_labels, parsed.model_type]).toEqual([num_labels, 'rmt-bert']);
  });

  it.each([
    [{ hidden_size: undefined }, 'c: hidden_size is missing (expected a whole number from 4 to 16384)'],
    [{ hidden_size: '8' }, 'c: hidden_size is "8" (expected a whole number from 4 to 16384)'],
    [{ hidden_size: 8.5 }, 'c: hidden_size is 8.5 (expected a whole number from 4 to 16384)'],
    [{ hidden_size: 2 ** 40 }, 'c: hidden_size is 1099511627776 (expected a whole number from 4 to 16384)'],
    [{ hidden_size: [[8]] }, 'c: hidden_size is a list (expected a whole number from 4 to 16384)'],
    [{ num_hidden_layers: 1e9 }, 'c: num_hidden_layers is 1000000000 (expected a whole number from 1 to 256)'],
    [{ num_mem_tokens: -1 }, 'c: num_mem_tokens is -1 (expected a whole number from 0 to 65536)'],
    [{ segment_size: 0 }, 'c: segment_size is 0 (expected a whole number from 1 to 1000000)'],
    [{ segment_alignment: 'middle' }, 'c: segment_alignment is "middle" (expected right or left or center)'],
    [{ hidden_act: 'relu' }, 'c: hidden_act is "relu" (expected gelu)'],
    [{ hidden_act: 'gelu_new' }, 'c: hidden_act is "gelu_new" (expected gelu)'],
    [{ layer_norm_eps: -1 }, 'c: layer_norm_eps is -1 (expected a number from 0 to 1)'],
    [{ hidden_dropout_prob: 1.5 }, 'c: hidden_dropout_prob is 1.5 (expected a number from 0 to 1)'],
    [{ model_type: 'rmt-gpt2' }, 'c: model_type is "rmt-gpt2" (expected rmt-bert or bert)'],
    [{ position_embedding_type: 'relative_key' }, 'c: position_embedding_type is "relative_key" (expected absolute)'],
    [{ is_decoder: true }, 'c: is_decoder is true (expected false)'],
    [{ num_attention_heads: 3 }, 'c: num_attention_heads is 3 (expected a divisor of hidden_size 8)'],
    [
      { hidden_size: 6 },
      'c: hidden_size is 6 (expected a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    [
      { num_attention_heads: 4 },
      'c: num_attention_heads is 4 (expected hidden_size 8 / num_attention_heads to be a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    [
      { intermediate_size: 13 },
      'c: intermediate_size is 13 (expected a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    [
      { max_position_embeddings: 8 },
      'c: max_position_embeddings is 8 (expected at least segment_size + num_mem_tokens + 3 = 9)',
    ],
    [{ pad_token_id: 10 }, 'c: pad_token_id is 10 (expected less than vocab_size 10)'],
    [{ cls_token_id: undefined }, 'c: cls_token_id is 101 (expected less than vocab_size 10)'],
    [{ sep_token_id: -1 }, 'c: sep_token_id is -1 (expected a whole number from 0 to 2000000)'],
  ])('refuses %o', (change, message) => {
    expect(() => parseRmtConfig({ ...small, ...change }, 'c')).toThrow(
      expect.objectContaining({ name: 'InputError', message }),
    );
  });

  it.each([
    [[], '[]'],
    [null, 'null'],
    ['x', '"x"'],
    [7, '7'],
  ])('refuses %j for a configuration', (input, found) => {
    expect(() => parseRmtConfig(input, 'c')).toThrow(`c: ${found} (expected an object)`);
  });
});

describe('bertParameterShapes', () => {
  it('has Hugging Face’s order', () => {
    expect([...shapes].map(([name, shape]) => `${name} ${shape.join('x')}`)).toEqual([
      'bert.embeddings.word_embeddings.weight 10x8',
      'bert.embeddings.position_embeddings.weight 16x8',
      'bert.embeddings.token_type_embeddings.weight 2x8',
      'bert.embeddings.LayerNorm.weight 8',
      'bert.embeddings.LayerNorm.bias 8',
      'bert.encoder.layer.0.attention.self.query.weight 8x8',
      'bert.encoder.layer.0.attention.self.query.bias 8',
      'bert.encoder.layer.0.attention.self.key.weight 8x8',
      'bert.encoder.layer.0.attention.self.key.bias 8',
      'bert.encoder.layer.0.attention.self.value.weight 8x8',
      'bert.encoder.layer.0.attention.self.value.bias 8',
      'bert.encoder.layer.0.attention.output.dense.weight 8x8',
      'bert.encoder.layer.0.attention.output.dense.bias 8',
      'bert.encoder.layer.0.attention.output.LayerNorm.weight 8',
      'bert.encoder.layer.0.attention.output.LayerNorm.bias 8',
      'bert.encoder.layer.0.intermediate.dense.weight 12x8',
      'bert.encoder.layer.0.intermediate.dense.bias 12',
      'bert.encoder.layer.0.output.dense.weight 8x12',
      'bert.encoder.layer.0.output.dense.bias 8',
      'bert.encoder.layer.0.output.LayerNorm.weight 8',
      'bert.encoder.layer.0.output.LayerNorm.bias 8',
      'bert.pooler.dense.weight 8x8',
      'bert.pooler.dense.bias 8',
      'classifier.weight 3x8',
      'classifier.bias 3',
      'rmt.memory 2x8',
    ]);
  });

  it('has no memory without memory tokens', () => {
    expect(bertParameterShapes({ ...config, num_mem_tokens: 0 }).has('rmt.memory')).toBe(false);
  });

  it('counts the parameters of bert-base', () => {
    const base = {
      ...config,
      hidden_size: 768,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      intermediate_size: 3072,
      vocab_size: 30522,
      max_position_embeddings: 512,
      num_labels: 2,
      num_mem_tokens: 0,
    };
    const sizes = [...bertParameterShapes(base).values()].map((shape) =>
      shape.reduce((product, size) => product * size),
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBe(109_483_778); // BertForSequenceClassification, bert-base-uncased
  });
});

describe('readCheckpoint', () => {
  it.each(readdirSync(golden).filter((name) => name.endsWith('.checkpoint.safetensors')))(
    'reads %s of Python',
    (name) => {
      const bytes = readFileSync(new URL(name, golden));
      const checkpoint = readCheckpoint(bytes, name);
      const stored = readSafetensors(bytes, name).tensors;
      expect([...checkpoint.tensors.keys()]).toEqual([...bertParameterShapes(checkpoint.config).keys()]);
      for (const [name, tensor] of checkpoint.tensors) expect(tensor).toEqual(stored.get(name));
      expect(checkpoint).not.toHaveProperty('vocabulary');
    },
  );

  it('ignores the buffers of Hugging Face’s BERT and a memory of no tokens', () => {
    const tensors = fill(bertParameterShapes({ ...config, num_mem_tokens: 0 }));
    tensors.set('bert.embeddings.position_ids', { shape: [1, 16], data: new Float32Array(16) });
    tensors.set('rmt.memory', { shape: [0, 8], data: new Float32Array(0) });
    const bytes = file(tensors, { rmt_config: JSON.stringify({ ...small, num_mem_tokens: 0 }) });
    const read = readCheckpoint(bytes, 'checkpoint t').tensors;
    expect([...read.keys()]).toEqual([...bertParameterShapes({ ...config, num_mem_tokens: 0 }).keys()]);
  });

  it('takes both moments of all parameters', () => {
    const read = readCheckpoint(file(withMoments()), 'checkpoint t').tensors;
    expect(read.size).toBe(3 * shapes.size);
    expect([...read.keys()].at(-1)).toBe('optimizer.v.rmt.memory');
  });

  it('says which tensor is wrong', () => {
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
      "checkpoint t: 'optimizer.m.bert.embeddings.word_embeddings.weight' is missing (expected (10, 8) from vocab_size 10, hidden_size 8)",
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

  it('says what is wrong in the metadata', () => {
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

describe('a checkpoint', () => {
  it('reads back as it was written, whatever the order of its tensors', () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const config = fc
      .record({
        heads: fc.integer({ min: 1, max: 3 }),
        layers: fc.integer({ min: 1, max: 2 }),
        memory: fc.nat(3),
        labels: fc.integer({ min: 1, max: 4 }),
      })
      .map(({ heads, layers, memory, labels }) =>
        parseRmtConfig(
          {
            ...small,
            hidden_size: 4 * heads,
            num_attention_heads: heads,
            num_hidden_layers: layers,
            num_mem_tokens: memory,
            num_labels: labels,
          },
          'c',
        ),
      );
    const vocabulary = fc.array(fc.string({ unit: 'binary' }), { maxLength: 10 });
    fc.assert(
      fc.property(config, fc.option(vocabulary), json, fc.option(json), (config, vocabulary, task, training) => {
        const checkpoint: Checkpoint = {
          config,
          tensors: fill(bertParameterShapes(config)),
          ...(vocabulary ? { vocabulary } : {}),
          task: JSON.parse(JSON.stringify(task)), // JSON has no -0
          ...(training === null ? {} : { training: JSON.parse(JSON.stringify(training)) }),
        };
        const bytes = writeCheckpoint({ ...checkpoint, tensors: new Map([...checkpoint.tensors].reverse()) });
        expect(readCheckpoint(bytes, 'c')).toEqual(checkpoint);
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
    expect(() => writeCheckpoint({ config, tensors: without })).toThrow(
      expect.objectContaining({ name: 'InputError', message }),
    );
    expect(() => writeCheckpoint({ config: { ...config, hidden_size: 6 }, tensors })).toThrow(InputError);
    expect(() => writeCheckpoint({ config, tensors, vocabulary: Array(11).fill('a') })).toThrow(InputError);
  });

  it('is read or refused, cut or changed at any byte', () => {
    const whole = writeCheckpoint({
      config,
      tensors: withMoments(),
      vocabulary: ['a', 'b'],
      task: { id: 'x' },
      training: { step: 1 },
    });
    const at = fc.integer({ min: 0, max: whole.length - 1 });
    // Most of the file is data, where any byte will do: the header is hit as often as the rest.
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
