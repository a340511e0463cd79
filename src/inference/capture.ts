// A whole document as one safetensors file: what was read, what each segment left in memory, all attention, the logits.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import type { Work } from '../experiment/workspace.ts';
import { layoutSafetensors, type SafetensorsLayout } from '../io/safetensors.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { storedStates } from '../models/forward.ts';
import type { Layout } from '../models/layout.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader, type SegmentView } from '../models/reader.ts';
import { positionsOf } from '../models/segments.ts';
import { labelledStates } from '../models/states.ts';
import type { Mark } from '../tasks/task.ts';
import { writeChanges } from './intervention-text.ts';
import { Stream, type StreamedSegment, type StreamSettings } from './stream.ts';
import { StreamedDocument } from './streamed-document.ts';

export interface CaptureSettings extends Omit<StreamSettings, 'attention'> {
  /** Include the attention of all layers and heads. */
  readonly attention: boolean;
}

/** What stands at a position of a segment; the tensor `kinds` holds indices into this list. */
export const positionKinds = [
  'padding',
  'special',
  'memory',
  'write memory',
  'word',
  'fact',
  'question',
  'answer',
] as const;
type PositionKind = (typeof positionKinds)[number];

/** Limit for the file, which is made in memory. */
const MOST_CAPTURE_BYTES = 2 ** 30;

/** What stands at each position of a segment of `words` words (S). @param marks in positions of its words */
export function kindsOf(layout: Layout, words: number, marks: readonly Mark[]): PositionKind[] {
  const { S, front, specials } = layout;
  const { count, first, atEnd } = layout.memory;
  const used = positionsOf(layout, words);
  const kinds = new Array<PositionKind>(S).fill('padding');
  kinds.fill('word', front, front + words);
  for (const { kind, start, end } of marks) kinds.fill(kind, front + start, front + end);
  for (const [position] of specials) kinds[position < 0 ? used + position : position] = 'special';
  if (first !== undefined) kinds.fill('memory', first, first + count);
  if (atEnd) kinds.fill(first === undefined ? 'memory' : 'write memory', used - count, used);
  return kinds;
}

type Shape = readonly [name: string, shape: readonly number[], axes: string, dtype?: 'I32'];

/** Names, shapes and axes of the tensors of a file; those without numbers are left out, which some readers refuse. */
function shapesOf({ shape, layout, answers, states, config }: Blueprint, segments: number, settings: CaptureSettings) {
  const { layers, heads, classes, cacheSize } = shape;
  const keys = cacheSize + layout.S;
  const own = states(1).flatMap(({ label, shape: [, ...each] }) =>
    storedStates(label, each, new Float32Array(each.reduce((a, b) => a * b, 1))),
  );
  const statesNamed = (prefix: string, before: readonly number[], axes: string) =>
    own.map(([name, each]): Shape => [`${prefix}${name}`, [...before, ...each.shape], `${axes}${axesOf(name)}`]);
  const changed = (settings.interventions ?? []).length > 0;
  const all: Shape[] = [
    ['token_ids', [segments, layout.S], 'segment,position', 'I32'],
    ['kinds', [segments, layout.S], 'segment,position', 'I32'],
    ...statesNamed('initial.', [], ''),
    ...(changed ? statesNamed('written.', [segments], 'segment,') : []),
    ...statesNamed('', [segments], 'segment,'),
    answers === 'class'
      ? ['logits', [segments, classes], 'segment,class']
      : ['logits', [segments, config.segment_size, classes], 'segment,word,token'],
    ...(settings.attention
      ? [['attention', [segments, layers, heads, layout.S, keys], 'segment,layer,head,position,key'] as const]
      : []),
  ];
  return all.filter(([, each]) => !each.includes(0));
}

const axesOf = (state: string) =>
  state.includes('normaliser')
    ? 'key_channel'
    : state.includes('associations')
      ? 'key_channel,channel'
      : state.includes('cache')
        ? 'entry,channel'
        : 'token,channel';

/**
 * Reads a document from its beginning, and lays out a file that is filled segment by segment. The file is described in
 * docs/whole-stream.md.
 */
export class Capture {
  private readonly file: SafetensorsLayout;
  private reader: SegmentReader | undefined;
  private stream: Stream | undefined;
  private index = 0;
  private positions = 0;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: Model,
    private readonly work: Work,
    private readonly document: StreamedDocument,
    private readonly settings: CaptureSettings,
    name: string,
  ) {
    const { blueprint } = model;
    const shapes = shapesOf(blueprint, document.length, settings);
    const bytes = 4 * shapes.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    if (bytes > MOST_CAPTURE_BYTES)
      throw new InputError(
        'whole stream as one file',
        `${Math.ceil(bytes / 2 ** 20)} MiB`,
        `at most ${MOST_CAPTURE_BYTES / 2 ** 20} MiB: fewer segments${settings.attention ? ', or no attention' : ''}`,
      );
    const words = Array.from({ length: document.length }, (_, n) => document.textOf(n).words);
    const { task } = work;
    this.file = layoutSafetensors(
      shapes.map(([tensor, shape, , dtype]) => [tensor, shape, dtype ?? 'F32'] as const),
      {
        format: 'pt',
        axes: JSON.stringify(Object.fromEntries(shapes.map(([tensor, , axes]) => [tensor, axes.split(',')]))),
        kinds: JSON.stringify(positionKinds),
        words: JSON.stringify(words),
        classes: JSON.stringify(task.kind === 'classification' ? task.classes : []),
        expected: document.expected,
        model: name,
        description: blueprint.description,
        task: task.id,
        seed: String(settings.seed),
        cache_entries: String(blueprint.shape.cacheSize),
        interventions: writeChanges(settings.interventions ?? []),
        adapter: gpu.name,
      },
    );
  }

  /**
   * @param name of the model, for the file
   * @throws InputError if the file would be too large, or the document or the interventions do not fit
   */
  static async create(gpu: Gpu, model: Model, work: Work, settings: CaptureSettings, name: string): Promise<Capture> {
    const document = new StreamedDocument(model.blueprint, work, settings);
    const capture = new Capture(gpu, model, work, document, settings, name);
    try {
      await capture.prepare();
      return capture;
    } catch (error) {
      capture.release();
      throw error;
    }
  }

  private async prepare(): Promise<void> {
    const { gpu, model, work, document, settings } = this;
    this.stream = await Stream.create(gpu, model, work, document, { ...settings, attention: false });
    this.reader = await SegmentReader.create(model, { batch: 1, attention: settings.attention ? 'full' : 'none' });
    this.reader.reset();
    this.putStates('initial.', labelledStates(model.blueprint.states(1), await this.reader.readStates()));
  }

  get length(): number {
    return this.document.length;
  }

  get done(): boolean {
    return this.index >= this.length;
  }

  /** The file: complete once it is done. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.file.bytes;
  }

  /** Read the next segment. */
  async next(): Promise<void> {
    const { stream, reader, document, index } = this;
    if (!stream || !reader) throw new Error('capture: not prepared');
    const [segment, view] = await Promise.all([stream.next(), reader.step(document.segments[index] ?? [])]);
    this.put(segment, view);
    this.positions += positionsOf(this.model.blueprint.layout, segment.words.length);
    // The stream changes the memory; this reader follows it.
    if (segment.interventions) reader.writeStates(segment.memory, this.positions);
    this.index++;
  }

  private put({ index, words, marks, memory, left }: StreamedSegment, { logits, attentions }: SegmentView): void {
    const { blueprint } = this.model;
    const { layout } = blueprint;
    const { S, front } = layout;
    const kinds = kindsOf(layout, words.length, marks);
    const ids = this.document.idsOf(index);
    const used = positionsOf(layout, words.length);
    const specials = new Map(layout.specials.map(([at, id]) => [at < 0 ? used + at : at, id]));
    this.file.integers.get('kinds')?.set(
      kinds.map((kind) => positionKinds.indexOf(kind)),
      index * S,
    );
    this.file.integers.get('token_ids')?.set(
      kinds.map((kind, at) => {
        if (kind === 'special') return specials.get(at) ?? -1;
        return kind === 'padding' || kind.endsWith('memory') ? -1 : (ids[at - front] ?? -1);
      }),
      index * S,
    );
    const specs = blueprint.states(1);
    this.putStates('', labelledStates(specs, memory), index);
    this.putStates('written.', labelledStates(specs, left ?? memory), index);
    const rows = blueprint.answers === 'class' ? 1 : blueprint.config.segment_size;
    const own = this.file.tensors.get('logits');
    const read = blueprint.answers === 'class' ? 1 : words.length;
    for (const [t, row] of logits.slice(0, read).entries()) own?.set(row, (index * rows + t) * blueprint.shape.classes);
    for (const [layer, [all]] of attentions.entries()) this.putAttention(index, layer, all, used);
  }

  private putStates(prefix: string, states: ReadonlyMap<string, Float32Array>, index = 0): void {
    for (const { label, shape } of this.model.blueprint.states(1))
      for (const [name, { data }] of storedStates(label, shape.slice(1), states.get(label) ?? new Float32Array(0)))
        this.file.tensors.get(`${prefix}${name}`)?.set(data, index * data.length);
  }

  /** Rows and keys of padding stay zero: nothing is computed there. */
  private putAttention(index: number, layer: number, all: Float32Array | undefined, used: number): void {
    const target = this.file.tensors.get('attention');
    if (!target || !all) return;
    const { shape, layout } = this.model.blueprint;
    const keys = shape.cacheSize + layout.S;
    const filled = shape.cacheSize + used;
    for (let head = 0; head < shape.heads; head++)
      for (let row = 0; row < used; row++) {
        const from = (head * layout.S + row) * keys;
        const to = (((index * shape.layers + layer) * shape.heads + head) * layout.S + row) * keys;
        target.set(all.subarray(from, from + filled), to);
      }
  }

  release(): void {
    this.stream?.release();
    this.reader?.release();
  }
}
