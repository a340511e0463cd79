// The configuration of a run, as the options of a command give it.
import { InputError } from '../errors.ts';
import { parseConfig, parseKnob, type RunConfig } from '../experiment/config.ts';
import { presetConfig, presets } from '../experiment/presets.ts';
import { readJson } from './arguments.ts';

export const configurationOptions = { preset: 'text', config: 'text', set: 'many' } as const;

interface Given {
  readonly preset: string | undefined;
  /** A file with JSON. */
  readonly config: string | undefined;
  /** Changes: `key=value`. */
  readonly set: readonly string[];
  /** A tokenizer: the run reads in its pieces. */
  readonly tokenizer?: string | undefined;
}

/** A configuration with the changes of `--set`. */
export function changed(command: string, base: RunConfig, sets: readonly string[]): RunConfig {
  const values: Record<string, unknown> = { ...base };
  const seen = new Set<string>();
  for (const set of sets) {
    const at = set.indexOf('=');
    if (at < 1) throw new InputError(`${command}: --set`, `'${set}'`, 'key=value');
    const key = set.slice(0, at);
    if (seen.has(key)) throw new InputError(`${command}: --set ${key}`, 'given twice', 'one value for a key');
    seen.add(key);
    values[key] = parseKnob(key, set.slice(at + 1), `${command}: --set ${key}`);
  }
  return parseConfig(values, command);
}

/**
 * The configuration from a preset, a file or, by default, `saved`, with the changes of `--set`.
 * @param saved of the checkpoint to resume
 * @throws InputError if there is none, or it is not valid
 */
export function configOf(
  command: string,
  { preset, config: file, set, tokenizer }: Given,
  saved?: RunConfig,
): RunConfig {
  if (preset !== undefined && file !== undefined)
    throw new InputError(command, 'both --preset and --config', 'one of them');
  const base =
    preset !== undefined
      ? presetConfig(preset, `${command}: --preset`)
      : file !== undefined
        ? parseConfig(readJson('config', file), `config ${file}`)
        : saved;
  if (!base)
    throw new InputError(
      command,
      'neither --preset nor --config',
      `one of them; presets: ${Object.keys(presets).join(', ')}`,
    );
  return changed(command, tokenizer === undefined ? base : { ...base, tokenizer: 'file' }, set);
}
