// backbone × memories = a model: merges and checks their configurations, and assembles their parts into a blueprint.
import * as v from 'valibot';
import { crossEntropy } from '../engine/ops/cross-entropy.ts';
import { gatherMemory, readOut } from '../engine/ops/read-out.ts';
import type { Tape } from '../engine/tape.ts';
import { reshape, type Tensor } from '../engine/tensor.ts';
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import type { Backbone, Entries, KnobSizes, MemoryRoom } from './backbones/backbone.ts';
import type { AttentionRegions, Blueprint, State, Surroundings } from './blueprint.ts';
import type { Layout } from './layout.ts';
import type { Memory, Wrapped } from './memory/memory.ts';
import { foreignField } from './schemas/neutral.ts';
import { noMemoryTokens, segmentEntries } from './schemas/segment.ts';
import type { SegmentConfig } from './segments.ts';

/** A kind of model: an entry of the list of models. */
export interface Architecture {
  readonly id: string;
  /**
   * A model of this kind from a checkpoint's `rmt_config` (null counts as absent).
   * @throws InputError naming the field, what was found and what was expected
   */
  blueprint(given: Readonly<Record<string, unknown>>, where: string): Blueprint;
  /** The `rmt_config` for the sizes and memory knobs of a run. */
  configOf(
    sizes: Omit<KnobSizes, 'positions'>,
    knobs: Readonly<Record<string, unknown>>,
    segments: Partial<SegmentConfig>,
  ): Record<string, unknown>;
}

/** The parts of a model. Each part reads its own fields of the parsed configuration. */
export interface Parts {
  readonly backbone: Backbone<Entries>;
  readonly memories?: readonly Memory<Entries>[];
}

/** A configuration checked by the schema. */
type Checked = Readonly<Record<string, unknown>> & Pick<SegmentConfig, 'segment_size'>;

/** The random stream of the memory's noise, far from the backbone's streams, which count up from 0. */
const NOISE_STREAM = 0x10000;

function positionsOfMemory({ positionTable }: Backbone<Entries>, { memory: { count, first } }: Layout) {
  if (!positionTable || count === 0 || first === undefined) return undefined;
  return { parameter: positionTable, first, count };
}

/** The last of `depth` layers that the batch holds: hidden (depth · B, S, D) to (B, S, D). */
function lastOf(tape: Tape, hidden: Tensor, { lengths }: { readonly lengths: Tensor }, depth: number): Tensor {
  const [all = 0, S = 0, D = 0] = hidden.shape;
  const B = all / depth;
  const slots = { first: (depth - 1) * B * S, atEnd: false };
  const rows = gatherMemory(tape, reshape(hidden, [1, all * S, D]), lengths, B * S, slots);
  return reshape(rows, [B, S, D]);
}

export function compose(id: string, parts: Parts): Architecture {
  const { backbone, memories = [] } = parts;
  const schema = v.object({
    ...backbone.entries,
    num_mem_tokens: noMemoryTokens,
    ...Object.assign({}, ...memories.map(({ entries }) => entries)),
    ...segmentEntries(backbone.alignment),
  } as Entries);

  /** Fields that Hugging Face omits (or writes as null) get their defaults. */
  const parse = (given: Readonly<Record<string, unknown>>, where: string) => {
    const unset = Object.fromEntries(Object.keys(schema.entries).map((field) => [field, undefined]));
    const result = v.safeParse(schema, { ...unset, ...given }, { abortEarly: true });
    if (result.success) {
      const foreign = foreignField(given, schema.entries, backbone.neutral, { id, answers: backbone.answers });
      if (!foreign) return result.output as Checked;
      throw new InputError(where, `${foreign.field} is ${shown(given[foreign.field])}`, foreign.expected);
    }
    const [{ path, message }] = result.issues;
    const field = String(path?.[0]?.key);
    const found = given[field] === undefined ? 'is missing' : `is ${shown(given[field])}`;
    throw new InputError(where, `${field} ${found}`, message);
  };

  const wrappedBy = (config: Checked): Wrapped => {
    const { D, layers } = backbone.sizes(config);
    return { D, layers, layerName: backbone.layerName, causal: backbone.causal };
  };
  const roomOf = (config: Checked, wrapped: Wrapped): MemoryRoom =>
    memories.map((memory) => memory.room?.(config, wrapped)).find((room) => room !== undefined) ?? {
      front: 0,
      back: 0,
    };

  const architecture: Architecture = {
    id,
    configOf(sizes, knobs, segments) {
      const memory = Object.assign({}, ...memories.map(({ fromKnobs }) => fromKnobs(knobs, backbone)));
      const shell = { ...backbone.fromKnobs({ ...sizes, positions: 0 }, knobs), ...memory, ...segments };
      const config = shell as Checked;
      const positions = backbone.layout(config, roomOf(config, wrappedBy(config))).S;
      return { model_type: id, ...backbone.fromKnobs({ ...sizes, positions }, knobs), ...memory, ...segments };
    },

    blueprint(given, where) {
      const config = parse(given, where);
      const segment = config as unknown as SegmentConfig;
      const wrapped = wrappedBy(config);
      const room = roomOf(config, wrapped);
      const layout = backbone.layout(config, room);
      const refuse = (field: string, expected: string): never => {
        throw new InputError(where, `${field} is ${shown(config[field])}`, expected);
      };
      backbone.check(config, refuse, layout.S);
      for (const memory of memories) memory.check?.(config, wrapped, refuse);
      const { D, layers, heads, classes } = backbone.sizes(config);
      const cacheSize = Number(config['mem_len'] ?? 0);
      const regions: AttentionRegions = Object.assign(
        {},
        ...memories.map((memory) => memory.attentionRegions?.(config, wrapped, layout.S)),
      );

      /** The number of states of each memory, in order. */
      const counts = memories.map((memory) => memory.states?.(config, wrapped, 1).length ?? 0);
      const share = <T>(states: readonly T[], which: number): T[] => {
        const start = counts.slice(0, which).reduce((sum, count) => sum + count, 0);
        return states.slice(start, start + (counts[which] ?? 0));
      };

      return {
        config: { ...config, ...segment, model_type: id },
        knobs: {
          model: id,
          ...backbone.toKnobs(config),
          ...Object.assign({}, ...memories.map((memory) => memory.toKnobs(config))),
          segment_size: segment.segment_size,
          segment_alignment: segment.segment_alignment,
        },
        description: `${layers}-layer ${backbone.name}`,
        answers: backbone.answers,
        shape: { layers, heads, hiddenSize: D.size, memTokens: layout.memory.count, cacheSize, classes },
        layout,
        attentionRegions: {
          ...(regions.write ? { write: { ...regions.write, columns: regions.write.columns + cacheSize } } : {}),
          // With a cache, its entries come first, then the memory tokens.
          ...(regions.read
            ? { read: { ...regions.read, column: regions.read.column + cacheSize } }
            : cacheSize > 0
              ? { read: { row: 0, rows: layout.S, column: 0, columns: cacheSize } }
              : {}),
        },
        memoryPositions: positionsOfMemory(backbone, layout),
        words: backbone.words(config),
        independentLayers: layers > 1 && memories.length > 0 && memories.every(({ ofLayers }) => ofLayers),
        layerName: backbone.layerName,
        get oneLayer() {
          return architecture.blueprint({ ...config, [backbone.layersField]: 1 }, where);
        },
        roleOf(name) {
          const remembers = memories
            .flatMap((memory) => memory.parameters?.(config, wrapped) ?? [])
            .some(({ parts }) => parts.some((part) => part.name === name));
          if (remembers) return 'memory';
          const begins = (prefix: string) => name.startsWith(prefix);
          const { embedding, head } = backbone.roles;
          return embedding.some(begins) ? 'embedding' : head.some(begins) ? 'head' : 'layer';
        },
        parameters: () => [
          ...backbone.parameters(config),
          ...memories.flatMap((memory) => memory.parameters?.(config, wrapped) ?? []),
        ],
        states: (batch) => memories.flatMap((memory) => memory.states?.(config, wrapped, batch) ?? []),
        begin(tape, parameters, states) {
          tape.program.section('begin');
          memories.forEach((memory, i) => {
            memory.begin?.(tape, parameters, config, share<Tensor>(states, i));
          });
        },
        segment(recording, states, rectangles, noise) {
          const { tape, inputs, sites, depth = 1 } = recording;
          tape.program.section('encode');
          const bare: Surroundings = {
            mask: { kind: backbone.causal ? 'causal' : 'full' },
            before: (_l, hidden) => hidden,
            after: () => {},
            cache: () => undefined,
          };
          const around: Surroundings = Object.assign(
            bare,
            ...memories.map((memory, i) => memory.surround(recording, config, wrapped, share<State>(states, i))),
          );
          const { hidden, attentions } = backbone.encode(recording, config, around, rectangles);
          sites.note('output', 0, hidden);
          const masks = { counter: inputs.counter, stream: NOISE_STREAM };
          const last = depth > 1 ? lastOf(tape, hidden, inputs, depth) : hidden;
          const head = readOut(tape, last, inputs, around.memoryState, layout.head, noise, masks);
          tape.program.section('head');
          const logits = tape.program.keep(backbone.head(recording, config, head));
          sites.note('logits', 0, logits);
          const rows = (tensor: Tensor): Tensor => ({ ...tensor, shape: [head.shape[0] ?? 0] });
          const [labels, weights] = [rows(inputs.labels), rows(inputs.rowWeight)];
          const result = tape.program.keep(crossEntropy(tape, logits, classes, labels, weights));
          return { logits, result, head, attentions, sites };
        },
        readout: (recording, states) =>
          backbone.head(recording, config, backbone.finish?.(recording, config, states) ?? states),
      };
    },
  };
  return architecture;
}
