// Exports a run to one file and imports it again; imported files are untrusted.
import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import { configDifference, type RunConfig } from '../../experiment/config.ts';
import { nonFinite, tensorsOf } from '../../io/safetensors.ts';
import { contradiction, derivedProgress, type TrainProgress } from '../../train/progress.ts';
import { trainingOf } from '../checkpoint-header.ts';
import { type CurvesData, curvesSchema } from './curves.ts';
import type { OpenedRun } from './library.ts';
import { commonEntries, newRunId, parseWith, type RunRecord, validatedOf } from './record.ts';

const format = 'rmt-playground run';
const expected = 'a run exported from this page (.json)';
/** Larger texts exceed the maximum string length of browsers. */
export const mostFileBytes = 400_000_000;

const fileSchema = v.object({
  format: v.literal(format),
  version: v.literal(1, '1; a later version of the page may have written it'),
  ...commonEntries,
  curves: curvesSchema,
  /** The .safetensors file, in base64. */
  checkpoint: v.nullable(v.string()),
});

/** Bytes encoded at once; a multiple of 3, so that the pieces can be concatenated. */
const PIECE = 3 * 2 ** 15;
/** Pieces between two pauses for the event loop. */
const PIECES_AT_ONCE = 16;
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve));

async function toBase64(bytes: Uint8Array): Promise<string[]> {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    let text = '';
    const end = Math.min(bytes.length, at + PIECE);
    for (let from = at; from < end; from += 8192)
      text += String.fromCharCode(...bytes.subarray(from, Math.min(end, from + 8192)));
    pieces.push(btoa(text));
    if (pieces.length % PIECES_AT_ONCE === 0) await breathe();
  }
  return pieces;
}

async function fromBase64(text: string, where: string): Promise<Uint8Array<ArrayBuffer>> {
  const wrong = (found: string) => new InputError(`${where}: checkpoint`, found, 'base64');
  if (text.length % 4 !== 0) throw wrong(`${text.length} characters`);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const step = (PIECE / 3) * 4;
  for (let at = 0, piece = 1; at < text.length; at += step, piece++) {
    let decoded: string;
    try {
      decoded = atob(text.slice(at, at + step));
    } catch {
      throw wrong('other characters');
    }
    // Padding in the middle makes a piece too short.
    const start = (at / 4) * 3;
    if (decoded.length !== Math.min(bytes.length - start, PIECE)) throw wrong('padding before the end');
    for (let i = 0; i < decoded.length; i++) bytes[start + i] = decoded.charCodeAt(i);
    if (piece % PIECES_AT_ONCE === 0) await breathe();
  }
  return bytes;
}

export async function writeRunFile({ record, curves, bytes }: OpenedRun): Promise<Blob> {
  const { name, preset, config, noise, files, created, state, progress, suspicions, origin, tags, evaluated } = record;
  const about = { name, preset, config, noise, files, created, state, progress, suspicions, origin, tags, evaluated };
  const head = { format, version: 1, ...about, curves };
  const start = JSON.stringify(head).slice(0, -1);
  const parts = bytes ? ['"', ...(await toBase64(bytes)), '"'] : ['null'];
  return new Blob([start, ',"checkpoint":', ...parts, '}'], { type: 'application/json' });
}

/** @throws Error if the progress or the curves cannot be those of a run with this configuration */
export function checkFigures(where: string, config: RunConfig, progress: TrainProgress, curves: CurvesData): void {
  const refuse = (what: string, found: string, wanted: string): never => {
    throw new InputError(`${where}: ${what}`, found, wanted);
  };
  const wrong = contradiction(config, progress);
  if (wrong) refuse(`progress.${wrong.field}`, wrong.found, wrong.expected);
  const derived = derivedProgress(config, progress.stage);
  for (const key of ['steps', 'stages', 'stageSteps', 'segments'] as const)
    if (progress[key] !== derived[key])
      refuse(`progress.${key}`, String(progress[key]), `${derived[key]}, from the configuration`);
  const all = [curves.steps, ...curves.validations.map(({ series }) => series)];
  const last = Math.max(0, ...all.map(({ columns }) => columns.x.at(-1) ?? 0));
  if (last > progress.step) refuse('curves', `a point at step ${last}`, `none after step ${progress.step}`);
  for (const { stage, from } of curves.bands)
    if (stage >= progress.stages || from > progress.step)
      refuse(
        'curves.bands',
        `stage ${stage + 1} from step ${from}`,
        `${progress.stages} stages, step ${progress.step}`,
      );
}

/** @throws Error if the checkpoint is truncated, or has numbers that are not finite */
export async function checkWeights(where: string, bytes: Uint8Array): Promise<void> {
  for (const [name, { data }] of tensorsOf(bytes, where)) {
    const spoilt = nonFinite([[name, data]]);
    if (spoilt !== undefined) throw new InputError(where, spoilt, 'finite numbers');
    await breathe();
  }
}

export interface RunFromFile {
  readonly record: RunRecord;
  readonly curves: CurvesData;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Parse an exported run and give it a new id.
 * @param where the file's name, for messages
 * @throws InputError if it is no valid run
 */
export async function readRunFile(text: string, where: string): Promise<RunFromFile> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(where, 'not JSON', expected);
  }
  if (!v.is(v.object({ format: v.literal(format) }), json))
    throw new InputError(where, 'JSON of a different format', expected);
  const { format: _, version: __, curves, checkpoint, noise, ...rest } = parseWith(fileSchema, json, where);
  const bytes = checkpoint === null ? undefined : await fromBase64(checkpoint, where);
  const { config, progress } = rest;
  checkFigures(where, config, progress, curves);
  if (bytes) {
    const inside = trainingOf(`${where}: checkpoint`, bytes);
    const [differing] = Object.keys(configDifference(inside.config, config));
    if (differing !== undefined)
      throw new InputError(`${where}: checkpoint`, `a different ${differing} than in config`, 'the same configuration');
    if (inside.step !== progress.step)
      throw new InputError(`${where}: checkpoint`, `step ${inside.step}`, `step ${progress.step}, as in progress`);
    if (inside.origin?.hash !== rest.origin?.hash)
      throw new InputError(
        `${where}: origin`,
        rest.origin?.name ?? 'none',
        `${inside.origin?.name ?? 'none'}, as in the checkpoint`,
      );
    await checkWeights(`${where}: checkpoint`, bytes);
  }
  const record: RunRecord = {
    ...rest,
    id: newRunId(),
    noise,
    saved: Date.now(),
    // It is not in training here.
    state: rest.state === 'training' ? 'stopped' : rest.state,
    validated: validatedOf(curves),
    checkpoint: undefined,
    deleted: undefined,
  };
  return { record, curves, bytes };
}
