// One tensor inside one segment of a document: its value, or the gradient of the document's loss with respect to it.
import { type TensorChoice, type TensorPart, type TensorValues, tensorParts } from '../analysis/tensor-parts.ts';
import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import { batchOf } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import type { PartAt, PartKind } from '../models/parts.ts';
import { SegmentReader } from '../models/reader.ts';
import { positionsOf } from '../models/segments.ts';
import { labelledStates } from '../models/states.ts';
import { BpttTrainer } from '../models/training.ts';
import { stateLayoutOf } from './interventions.ts';
import type { SegmentAt } from './look.ts';
import { StreamedDocument } from './streamed-document.ts';

/** A tensor of a segment, and what it says of the document. */
export interface InspectedTensor extends TensorValues {
  readonly index: number;
  /** The words of the segment. */
  readonly words: readonly string[];
  /** With a gradient: the loss of the document, in nats. */
  readonly loss?: number;
}

/** What is read to show a tensor. */
const readFor: Readonly<Partial<Record<TensorPart, readonly PartKind[]>>> = {
  query: ['projected'],
  key: ['projected'],
  value: ['projected'],
  // Their gradient is a product of these two.
  weights: ['weights', 'projected', 'attended'],
};
const states: readonly string[] = ['memory-in', 'memory-out', 'associations-in', 'associations-out', 'cache'];

function partsFor({ part, layer }: TensorChoice): PartAt[] {
  if (states.includes(part)) return [];
  const own = readFor[part] ?? [part as PartKind];
  return own.map((kind) => ({ kind, layer: kind === 'hidden' ? layer + 1 : layer }));
}

/** The label of the state that a part is. */
function stateOf({ part, layer }: TensorChoice): string {
  return part.startsWith('memory') ? 'memory' : `${part === 'cache' ? 'cache' : 'associations'}.${layer}`;
}

type Numbers = ReadonlyMap<PartKind, { readonly value: Float32Array; readonly gradient?: Float32Array | undefined }>;
const none = new Float32Array(0);

/**
 * Read one segment of a document for one of its tensors. A gradient takes the whole document: its loss is that of the
 * answer, without dropout or truncation.
 * @param at the segment, and the memory it received; without it, the segments before are read first
 * @throws InputError if the model has no such tensor, or the document no such segment or no answer
 */
export async function inspect(
  model: Model,
  work: Work,
  request: Pick<DocumentRequest, 'segments' | 'seed' | 'document'>,
  choice: TensorChoice,
  { index, memory }: SegmentAt,
): Promise<InspectedTensor> {
  const { shape } = model.blueprint;
  const document = new StreamedDocument(model.blueprint, work, request);
  if (index >= document.length) throw new InputError('segment', String(index + 1), `one from 1 to ${document.length}`);
  if (choice.layer >= shape.layers)
    throw new InputError('layer', String(choice.layer + 1), `one from 1 to ${shape.layers}`);
  const facts = tensorParts[choice.part];
  if (choice.gradient && !facts.gradient) throw new InputError('gradient', facts.title, 'a tensor that has one');
  if (states.includes(choice.part) && !model.blueprint.states(1).some(({ label }) => label === stateOf(choice)))
    throw new InputError('tensor', facts.title, `one that a ${model.blueprint.description} has`);
  const read = choice.gradient
    ? await readGradient(model, document, choice, index)
    : await readValue(model, document, choice, { index, memory });
  const words = document.textOf(index).words;
  const loss = read.loss === undefined ? {} : { loss: read.loss };
  return { ...choice, index, words, ...arranged(model, choice, read, words.length), ...loss };
}

interface Read {
  readonly loss?: number;
  readonly numbers: Numbers;
  /** The state, if the part is one. */
  readonly state: Float32Array | undefined;
}

async function readValue(
  model: Model,
  document: StreamedDocument,
  choice: TensorChoice,
  { index, memory }: SegmentAt,
): Promise<Read> {
  const { blueprint } = model;
  const reader = await SegmentReader.create(model, { batch: 1, parts: partsFor(choice) });
  try {
    reader.reset();
    const before = document.segments.slice(0, index);
    const { size } = stateLayoutOf(blueprint);
    if (memory && memory.length !== size)
      throw new InputError(`memory before segment ${index + 1}`, `${memory.length} numbers`, String(size));
    if (memory && size > 0)
      reader.writeStates(
        memory,
        before.reduce((sum, [text]) => sum + (text ? positionsOf(blueprint.layout, text.length) : 0), 0),
      );
    else if (size > 0) for (const segment of before) await reader.step(segment);
    const received = await reader.readStates();
    const view = await reader.step(document.segments[index] ?? [], false);
    const numbers = new Map(reader.parts.map(({ kind }, i) => [kind, { value: view.parts[i] ?? none }] as const));
    const label = stateOf(choice);
    const state = choice.part.endsWith('-out')
      ? view.states.get(label)
      : labelledStates(blueprint.states(1), received).get(label);
    return { numbers, state };
  } finally {
    reader.release();
  }
}

async function readGradient(
  model: Model,
  document: StreamedDocument,
  choice: TensorChoice,
  index: number,
): Promise<Read> {
  const batch =
    model.blueprint.answers === 'class' && document.drawn.answer < 0
      ? undefined
      : batchOf([document.drawn], model.blueprint);
  if (!batch?.targets.some((targets) => targets !== undefined))
    throw new InputError('gradient', 'a document without an answer', 'one whose answer has a loss');
  const trainer = await BpttTrainer.create(model, { batch: 1, dropout: false, parts: partsFor(choice) });
  try {
    const { outcome, parts, received, passedOn } = await trainer.inspect(batch, index);
    const numbers = new Map(parts.map(({ part, value, gradient }) => [part.kind, { value, gradient }] as const));
    const state = (choice.part.endsWith('-out') ? passedOn : received).get(stateOf(choice));
    return { numbers, state, loss: outcome.result.loss };
  } finally {
    trainer.release();
  }
}

/** The numbers of a tensor as its axes say, without padding. */
function arranged(
  { blueprint, config }: Model,
  { part, gradient }: TensorChoice,
  { numbers, state }: Read,
  words: number,
): Pick<TensorValues, 'shape' | 'values'> {
  const { shape, layout } = blueprint;
  const { heads, cacheSize } = shape;
  const used = positionsOf(layout, words);
  const of = (kind: PartKind, which: 'value' | 'gradient' = gradient ? 'gradient' : 'value') =>
    numbers.get(kind)?.[which] ?? none;
  const specs = blueprint.states(1);
  switch (part) {
    case 'memory-in':
    case 'memory-out':
    case 'cache':
      return {
        shape: (specs.find(({ label }) => label.startsWith(part === 'cache' ? 'cache' : 'memory'))?.shape ?? []).slice(
          1,
        ),
        values: (state ?? none).slice(),
      };
    case 'associations-in':
    case 'associations-out': {
      const [, rows = 0, width = 0] = specs.find(({ label }) => label.startsWith('associations'))?.shape ?? [];
      // Three columns behind the normaliser are padding.
      return columnsOf(state ?? none, rows, width, shape.hiddenSize + 1);
    }
    case 'query':
    case 'key':
    case 'value':
      return headsOf(of('projected'), ['query', 'key', 'value'].indexOf(part), {
        heads,
        from: part === 'query' ? cacheSize : 0,
        rows: part === 'query' ? used : cacheSize + used,
        all: cacheSize + layout.S,
      });
    case 'attended':
      return headsOf(of('attended'), undefined, { heads, from: 0, rows: used, all: layout.S });
    case 'weights': {
      const sizes = { heads, rows: used, columns: cacheSize + used };
      if (gradient)
        return weightGradient(of('attended', 'gradient'), of('projected', 'value'), sizes, layout.S, cacheSize);
      return croppedWeights(of('weights'), sizes, layout.S, cacheSize);
    }
    case 'logits': {
      const classes = shape.classes;
      const rows = blueprint.answers === 'class' ? 1 : Math.min(words, config.segment_size);
      return columnsOf(of('logits'), rows, Math.ceil(classes / 4) * 4, classes);
    }
    default: {
      const values = of(part);
      const width = values.length / layout.S;
      return { shape: [used, width], values: values.slice(0, used * width) };
    }
  }
}

/** The first columns of the first rows of a matrix. */
function columnsOf(all: Float32Array, rows: number, width: number, columns: number) {
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) values.set(all.subarray(r * width, r * width + columns), r * columns);
  return { shape: [rows, columns], values };
}

interface HeadRows {
  readonly heads: number;
  readonly from: number;
  readonly rows: number;
  /** Rows that there are. */
  readonly all: number;
}

/** Rows of all heads, side by side, as (heads, rows, channels). @param third which of query, key and value, if all are there */
function headsOf(all: Float32Array, third: number | undefined, { heads, from, rows, all: count }: HeadRows) {
  const width = all.length / count;
  const channels = width / (third === undefined ? 1 : 3) / heads;
  const values = new Float32Array(heads * rows * channels);
  for (let h = 0; h < heads; h++)
    for (let r = 0; r < rows; r++) {
      const start = (from + r) * width + ((third ?? 0) * heads + h) * channels;
      values.set(all.subarray(start, start + channels), (h * rows + r) * channels);
    }
  return { shape: [heads, rows, channels], values };
}

interface WeightSizes {
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
}

function croppedWeights(all: Float32Array, { heads, rows, columns }: WeightSizes, S: number, cache: number) {
  const values = new Float32Array(heads * rows * columns);
  for (let h = 0; h < heads; h++)
    for (let r = 0; r < rows; r++) {
      const start = (h * S + r) * (cache + S);
      values.set(all.subarray(start, start + columns), (h * rows + r) * columns);
    }
  return { shape: [heads, rows, columns], values };
}

/**
 * ∂loss/∂weights[h,i,j] = Σ_c d_attended[i,h,c] · value[j,h,c]
 * @param d_attended (S, heads · channels) @param projection (cache + S, 3 · heads · channels)
 * @returns (heads, rows, columns)
 */
export function weightGradient(
  d_attended: Float32Array,
  projection: Float32Array,
  { heads, rows, columns }: WeightSizes,
  S: number,
  cache: number,
) {
  const d = headsOf(d_attended, undefined, { heads, from: 0, rows, all: S });
  const v = headsOf(projection, 2, { heads, from: 0, rows: columns, all: cache + S });
  const channels = d.shape[2] ?? 0;
  const values = new Float32Array(heads * rows * columns);
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let c = 0; c < channels; c++)
          sum += (d.values[(h * rows + i) * channels + c] ?? 0) * (v.values[(h * columns + j) * channels + c] ?? 0);
        values[(h * rows + i) * columns + j] = sum;
      }
  return { shape: [heads, rows, columns], values };
}
