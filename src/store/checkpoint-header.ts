// Reads a checkpoint's header on the page; the session checks the rest of the file.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { parseConfig, type RunConfig, withEarlierKnobs } from '../experiment/config.ts';
import { enoughToRecognise } from '../io/recognise.ts';
import { HEADER_LENGTH_BYTES, MAX_HEADER_BYTES, readSafetensorsHeader } from '../io/safetensors-header.ts';
import { catalogue, type ModelEntry } from '../models/catalogue.ts';

const training = v.object({
  config: v.record(v.string(), v.unknown()),
  progress: v.optional(v.object({ step: v.pipe(v.number(), v.integer(), v.minValue(0)) })),
  origin: v.exactOptional(v.object({ name: v.string(), hash: v.string() })),
});
const trainedStages = v.object({
  config: v.object({ stages: v.pipe(v.array(v.pipe(v.number(), v.minValue(1))), v.minLength(1)) }),
});
const rmtConfig = v.object({ model_type: v.string() });
const taskRecord = v.object({
  id: v.string(),
  knobs: v.optional(v.record(v.string(), v.string()), {}),
  file: v.optional(v.string()),
});

/** The metadata, or the reason why the file is refused: what it is instead. */
function metadataOf(bytes: Uint8Array): {
  readonly metadata: Readonly<Record<string, string>>;
  readonly wrong?: Pick<InputError, 'found' | 'expected'>;
} {
  try {
    return { metadata: readSafetensorsHeader(bytes, 'checkpoint').metadata };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { metadata: {}, wrong: error };
  }
}

/** The beginning of a file up to the end of its safetensors header: all that the page needs to read. */
export async function headOf(file: Blob): Promise<Uint8Array> {
  const start = new Uint8Array(await file.slice(0, enoughToRecognise).arrayBuffer());
  if (start.length < HEADER_LENGTH_BYTES) return start;
  const length = new DataView(start.buffer).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) return start;
  const end = HEADER_LENGTH_BYTES + Number(length);
  return end <= start.length ? start : new Uint8Array(await file.slice(0, end).arrayBuffer());
}

/** Why a file cannot be opened as a checkpoint, if its header already says so. @throws InputError */
export function checkHeader(name: string, bytes: Uint8Array): void {
  const { wrong } = metadataOf(bytes);
  if (wrong) throw new InputError(name, wrong.found, wrong.expected);
}

function parsed<S extends v.GenericSchema>(schema: S, text: string | undefined): v.InferOutput<S> | undefined {
  if (text === undefined) return undefined;
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The run configuration in a checkpoint's metadata, the number of steps done, and the model that the run started from.
 * @throws InputError if the file is no training checkpoint
 */
export function trainingOf(
  name: string,
  bytes: Uint8Array,
): {
  readonly config: RunConfig;
  readonly step: number | undefined;
  readonly origin: { readonly name: string; readonly hash: string } | undefined;
} {
  checkHeader(name, bytes);
  const wrong = (found: string) =>
    new InputError(name, found, 'a training checkpoint (.safetensors) saved by this page');
  const { metadata } = metadataOf(bytes);
  if (metadata['training'] === undefined) throw wrong('no state of a training run');
  const found = parsed(training, metadata['training']);
  if (!found) throw wrong('no configuration of a run');
  const { config, progress, origin } = found;
  return { config: parseConfig(withEarlierKnobs(config), name), step: progress?.step, origin };
}

/** Whether a file is a checkpoint that a run can be resumed from. */
export function canResume(bytes: Uint8Array): boolean {
  try {
    const { entries } = readSafetensorsHeader(bytes, 'checkpoint');
    return [...entries.keys()].some((name) => name.startsWith('optimizer.m.'));
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** @throws InputError if the file is no training checkpoint */
export const configOfTraining = (name: string, bytes: Uint8Array): RunConfig => trainingOf(name, bytes).config;

/** The rmt_config in a checkpoint's header, unchecked; undefined if missing. */
export function rmtConfigOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  return parsed(v.record(v.string(), v.unknown()), metadataOf(bytes).metadata['rmt_config']);
}

/** The facts about a model known before it runs. */
export interface ModelCard {
  readonly task: string | undefined;
  /** Values of the task's own knobs. */
  readonly knobs: Readonly<Record<string, string>>;
  /** The user's file that it was trained on. */
  readonly file: string | undefined;
  readonly answers: ModelEntry['answers'] | undefined;
  /** The largest number of segments it was trained on. */
  readonly trainedTo: number | undefined;
  /** It has a tokenizer and no task, so it reads any text. */
  readonly readsText?: boolean;
}

const cards = new WeakMap<Uint8Array, ModelCard>();

/** The task and model in a checkpoint's header; missing entries are undefined. Read once: the page asks at every drawing. */
export function cardOf(bytes: Uint8Array): ModelCard {
  const known = cards.get(bytes);
  if (known) return known;
  const card = readCard(bytes);
  cards.set(bytes, card);
  return card;
}

function readCard(bytes: Uint8Array): ModelCard {
  const { metadata } = metadataOf(bytes);
  const record = parsed(taskRecord, metadata['task']);
  const stages = parsed(trainedStages, metadata['training'])?.config.stages;
  const type = parsed(rmtConfig, metadata['rmt_config'])?.model_type;
  return {
    task: record?.id,
    knobs: record?.knobs ?? {},
    file: record?.file,
    answers: Object.entries(catalogue).find(([id]) => id === type)?.[1].answers,
    trainedTo: stages && Math.max(...stages),
    ...(record === undefined && metadata['tokenizer'] !== undefined ? { readsText: true } : {}),
  };
}
