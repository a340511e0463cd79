// The files of a run that was trained in its folder for PyTorch: those of the folder, of its results, or of the archive that
// convert_back.py makes.
import { InputError } from '../errors.ts';
import { recogniseFile } from '../io/recognise.ts';
import { bytesOf, type TextSource } from '../io/text-source.ts';
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
      throw new InputError('out/checkpoint.safetensors', 'no such file', 'the result of train.py: run it first');
  } else if (!checkpoint || (!metrics && files === sources)) return undefined;
  return { checkpoint, ...(metrics ? { metrics } : {}), ...(config ? { config } : {}) };
}
