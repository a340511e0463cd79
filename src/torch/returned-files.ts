// The files of a run that was trained in its folder for PyTorch: those of the folder, of its results, or of the archive that
// convert_back.py makes.
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import { recogniseFile } from '../io/recognise.ts';
import { bytesOf, fileSource, type TextSource } from '../io/text-source.ts';
import { baseName, zipEntries, zipEntry } from '../io/zip.ts';
import { checkRunFile, isRunFile } from './run-file.ts';

export interface ReturnedFiles {
  readonly checkpoint: TextSource;
  readonly metrics?: TextSource;
  /** The folder's configuration, which the checkpoint's must equal. */
  readonly config?: TextSource;
}

const names = { checkpoint: 'checkpoint.safetensors', metrics: 'metrics.jsonl', config: 'config.json' } as const;
/** Larger ones are no run.json. */
const mostRunFile = 2 ** 20;

async function jsonOf(source: TextSource): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(await bytesOf(source, 0, source.size)));
  } catch {
    return undefined;
  }
}

/** The entries of the archive, if the only file is one with a checkpoint. */
async function unpacked(sources: readonly TextSource[]): Promise<readonly TextSource[]> {
  const [only, other] = sources;
  if (!only || other || (await recogniseFile(only)).kind !== 'zip') return sources;
  const entries = await zipEntries(only);
  if (!entries.some(({ name }) => baseName(name) === names.checkpoint)) return sources;
  const wanted = entries.filter(({ name }) =>
    /(^|\/)(checkpoint\.safetensors|metrics\.jsonl|config\.json|run\.json)$/.test(name),
  );
  return Promise.all(wanted.map((entry) => zipEntry(only, entry)));
}

/**
 * A returned run among these files; undefined if they are something else.
 * @throws InputError if it is a folder of another version, or one without a result
 */
export async function returnedFiles(sources: readonly TextSource[]): Promise<ReturnedFiles | undefined> {
  const files = await unpacked(sources);
  const named = (name: string) => files.find((source) => baseName(source.name) === name);
  const [checkpoint, metrics, config] = [named(names.checkpoint), named(names.metrics), named(names.config)];
  const runFile = named('run.json');
  const run = runFile && runFile.size <= mostRunFile ? await jsonOf(runFile) : undefined;
  if (isRunFile(run)) {
    checkRunFile(run, 'run.json');
    if (!checkpoint)
      throw new InputError(
        'out/checkpoint.safetensors',
        'no such file',
        'the result of train.py: run it first, then give run.zip of convert_back.py, or the folder out',
      );
  } else if (!checkpoint || (!metrics && files === sources)) return undefined;
  return { checkpoint, ...(metrics ? { metrics } : {}), ...(config ? { config } : {}) };
}

/** Likewise, among files that the user chose. */
export const returnedAmong = (files: readonly Parameters<typeof fileSource>[0][]): Promise<ReturnedFiles | undefined> =>
  returnedFiles(files.map((file) => fileSource(file)));

/** Fields of config.json that are not those of a checkpoint. */
const foreign: ReadonlySet<string> = new Set(['architectures', 'model_type', 'id2label', 'label2id', 'rmt_model']);

/** @throws InputError if the folder's configuration has other values than the checkpoint's, `stored` */
export async function checkFolderConfig(
  { name, ...source }: TextSource,
  stored: Readonly<Record<string, unknown>>,
): Promise<void> {
  const config = await jsonOf({ name, ...source });
  if (typeof config !== 'object' || config === null) throw new InputError(name, 'not JSON', 'a configuration');
  for (const [field, value] of Object.entries({ ...config, model_type: (config as { rmt_model?: unknown }).rmt_model }))
    if ((field === 'model_type' || !foreign.has(field)) && String(stored[field]) !== String(value))
      throw new InputError(
        name,
        `${field} is ${shown(value)}`,
        `${shown(stored[field])}, as in the checkpoint: it was edited after the training; put it back`,
      );
}

export const contentOf = async (source: TextSource): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array((await bytesOf(source, 0, source.size)).buffer);
