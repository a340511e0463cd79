// A checkpoint as the files of another program: Hugging Face's transformers, or the official code of its model. The
// numbers are views of the checkpoint, so that a model is in memory once.
import { InputError } from '../../errors.ts';
import { headerOf } from '../../io/safetensors.ts';
import { torchPieces } from '../../io/torch-write.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Published, Written } from './foreign.ts';
import { publishBert } from './hugging-face-bert.ts';
import { publishGpt2 } from './hugging-face-gpt2.ts';
import { publishLmRmt } from './lm-rmt.ts';
import { publishOfficialAssociative } from './official-associative.ts';
import { publishOfficialDecoder } from './official-decoder.ts';
import { publishOfficialEncoder } from './official-encoder.ts';

export type Destination = 'hf' | 'official';

/** A file to be written. */
export interface ExportedFile {
  readonly name: string;
  /** Its bytes in order. */
  readonly pieces: readonly Uint8Array[];
}

export interface Exported {
  readonly files: readonly ExportedFile[];
  /** What the program that loads them must be told, as sentences. */
  readonly notes: readonly string[];
}

type Publish = (checkpoint: Checkpoint) => Published;

/** How each model is published; a model without an entry has no such layout. */
const layouts: Readonly<Record<Destination, Readonly<Record<string, Publish>>>> = {
  hf: {
    bert: publishBert,
    'rmt-bert': publishBert,
    'armt-bert': publishBert,
    gpt2: publishGpt2,
    'rmt-gpt2': publishGpt2,
    'armt-gpt2': publishGpt2,
  },
  official: {
    'rmt-bert': publishOfficialEncoder,
    'rmt-gpt2': publishOfficialDecoder,
    'armt-gpt2': publishOfficialAssociative,
    'transformer-xl': publishLmRmt,
    'rmt-transformer-xl': publishLmRmt,
  },
};

/** The file of weights that the official scripts of each model look for. */
const weightsFile = (model: string) =>
  model === 'rmt-bert' ? 'model_best.pth' : model.endsWith('transformer-xl') ? 'model.pt' : 'pytorch_model.bin';

/**
 * The files of a checkpoint for another program.
 * @param labels for each row of the exported head, our class and its name; by default all in our order
 * @throws InputError if the program has no such model, or computes differently
 */
export function exportModel(
  checkpoint: Checkpoint,
  to: Destination,
  labels?: readonly (readonly [row: number, name: string])[],
): Exported {
  const { model_type: model, num_mem_tokens: memory } = checkpoint.blueprint.config;
  const publish = Object.hasOwn(layouts[to], model) ? layouts[to][model] : undefined;
  if (!publish || (to === 'official' && model !== 'transformer-xl' && memory === 0)) {
    const other = to === 'hf' ? 'official' : 'hf';
    const expected = Object.hasOwn(layouts[other], model) ? `--to ${other}` : 'a model that others have too';
    throw new InputError(
      'export',
      `${model} has no layout of ${to === 'hf' ? 'transformers' : 'an official class'}`,
      expected,
    );
  }
  const layout = publish(
    labels
      ? withRows(
          checkpoint,
          labels.map(([row]) => row),
        )
      : checkpoint,
  );
  const { tensors, config } = layout;
  const notes = labels
    ? [...layout.notes, `The rows of the head stand for ${labels.map(([, name]) => name).join(', ')}, in this order.`]
    : layout.notes;
  const { tokenizer } = checkpoint;
  const json = `${JSON.stringify(config, null, 2)}\n`;
  const text = (name: string, content: string) => ({ name, pieces: [new TextEncoder().encode(content)] });
  const weights =
    to === 'hf'
      ? { name: 'model.safetensors', pieces: safetensorsPieces(tensors) }
      : {
          name: weightsFile(model),
          pieces: torchPieces(
            tensors,
            model === 'rmt-bert' ? { name: 'model_state_dict', beside: { iteration: 0 } } : undefined,
          ),
        };
  return {
    files: [
      weights,
      text('config.json', json),
      ...(tokenizer === undefined ? [] : [text('tokenizer.json', tokenizer)]),
      ...(notes.length > 0 ? [text('README.md', readme(model, notes))] : []),
    ],
    notes,
  };
}

const readme = (model: string, notes: readonly string[]) =>
  `# ${model}\n\nExported from RMT Playground.\n\n${notes.map((note) => `- ${note}\n`).join('')}`;

function safetensorsPieces(tensors: readonly Written[]): Uint8Array[] {
  const header = headerOf(
    tensors.map(({ name, shape }) => [name, shape]),
    { format: 'pt' },
  );
  const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);
  return [header, ...tensors.flatMap(({ data }) => data.map(bytes))];
}

/** The checkpoint with the rows of its head in another order. */
function withRows(checkpoint: Checkpoint, rows: readonly number[]): Checkpoint {
  const { classes } = checkpoint.blueprint.shape;
  if (checkpoint.blueprint.answers !== 'class' || rows.length !== classes)
    throw new InputError(
      'labels',
      `${rows.length} labels for a model of ${classes}`,
      'a classifier with one class for each',
    );
  const tensors = new Map(checkpoint.tensors);
  for (const name of ['classifier.weight', 'classifier.bias']) {
    const { shape, data } = tensors.get(name) ?? { shape: [], data: new Float32Array() };
    const width = data.length / classes;
    const moved = new Float32Array(data.length);
    rows.forEach((row, k) => {
      moved.set(data.subarray(row * width, (row + 1) * width), k * width);
    });
    tensors.set(name, { shape, data: moved });
  }
  return { ...checkpoint, tensors };
}
