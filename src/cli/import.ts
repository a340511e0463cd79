// rmt import: a published model as a checkpoint.
import { existsSync, readdirSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { nodeSource } from '../io/node-text-source.ts';
import type { TextSource } from '../io/text-source.ts';
import { type ImportReport, importModel } from '../models/formats/import.ts';
import { labelRows, officialReasoning } from '../tasks/label-order.ts';
import { type ReturnedFiles, returnedFiles } from '../torch/returned-files.ts';
import { readReturnedRun } from '../torch/returned-run.ts';
import { integer, needed, options, printJson } from './arguments.ts';
import { download, hubPrefix } from './hub.ts';
import { checkOutputs, replaceFile } from './outputs.ts';
import { Progress } from './progress.ts';

/** The files that the paths name; those in a folder, but not in the folders within. */
function filesAt(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path)) throw new InputError('import: --from', `no '${path}'`, 'a file or a folder');
    if (!statSync(path).isDirectory()) return [path];
    const own = readdirSync(path);
    const inside = [...own, ...(own.includes('run.json') ? results.map((name) => `out/${name}`) : [])]
      .sort()
      .map((name) => join(path, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
    if (inside.length === 0) throw new InputError('import: --from', `'${path}' has no files`, 'the files of a model');
    return inside;
  });
  return [...new Set(files)];
}

/** What train.py of a folder for PyTorch leaves in its folder `out`. */
const results = ['checkpoint.safetensors', 'metrics.jsonl'];

/** `field=value`; a value is JSON, or text that is none. */
function setting(text: string): [field: string, value: unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new InputError('import: --set', `'${text}'`, 'field=value');
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}

/** A number of classes, or the places in the order of the head's rows. */
export function labelsOption(command: string, given: string): { labels: number; labelRows?: number[] } {
  const where = `${command}: --labels`;
  if (/^\d+$/.test(given)) return { labels: integer(where, given, 1, 65_536) };
  const names = given === 'official-reasoning' ? officialReasoning : given.split(',').map((name) => name.trim());
  return { labels: names.length, labelRows: labelRows(names, where) };
}

export async function importPublished(words: readonly string[]): Promise<void> {
  const given = options(
    'import',
    words,
    {
      from: 'many',
      memory: 'text',
      'segment-size': 'text',
      labels: 'text',
      set: 'many',
      seed: 'text',
      out: 'text',
      json: 'flag',
    },
    'PATH or hub:OWNER/NAME',
  );
  const from = [...given.from, ...(given.operand === undefined ? [] : [given.operand])];
  if (from.length === 0) needed('import', 'from', undefined);
  const out = needed('import', 'out', given.out);
  const files = filesAt(from.filter((path) => !path.startsWith(hubPrefix)));
  checkOutputs(
    [{ where: 'import: --out', file: out }],
    files.map((file) => ({ where: '--from', file })),
  );
  const sources: TextSource[] = [];
  for (const file of files) sources.push(await nodeSource(fs, file));
  for (const path of from)
    if (path.startsWith(hubPrefix)) sources.push(...(await download(path.slice(hubPrefix.length), given.json)).files);
  const returned = await returnedFiles(sources);
  if (returned) return importReturned(returned, out, given.json);
  const optional = (name: 'memory' | 'segment-size' | 'seed', least: number, most: number) =>
    given[name] === undefined ? undefined : integer(`import: --${name}`, given[name], least, most);
  const [memory, segmentSize, seed] = [
    optional('memory', 0, 65_536),
    optional('segment-size', 1, 1_000_000),
    optional('seed', 0, 2 ** 31 - 1),
  ];
  const progress = new Progress(given.json);
  const started = performance.now();
  const { bytes, report } = await importModel({
    files: sources,
    set: Object.fromEntries(given.set.map(setting)),
    ...(memory === undefined ? {} : { memory }),
    ...(segmentSize === undefined ? {} : { segmentSize }),
    ...(seed === undefined ? {} : { seed }),
    ...(given.labels === undefined ? {} : labelsOption('import', given.labels)),
    onProgress: (done, total) =>
      progress.show(done / total, `${Math.round(done / 1e6)} of ${Math.round(total / 1e6)} MB`),
  });
  progress.end();
  replaceFile(out, bytes);
  const seconds = (performance.now() - started) / 1000;
  if (given.json) printJson({ out, bytes: bytes.length, seconds, ...report });
  else
    process.stdout.write(
      `${[...linesOf(report), `${out}: ${bytes.length} bytes, ${seconds.toFixed(1)} s`].join('\n')}\n`,
    );
}

/** A run that was trained in its folder for PyTorch: its checkpoint, and beside it its metrics. */
async function importReturned(files: ReturnedFiles, out: string, json: boolean): Promise<void> {
  const { bytes, model, step, metrics } = await readReturnedRun(files);
  // Then the folder is that of a run, which can be resumed.
  const isRun = basename(out) === 'checkpoint.safetensors';
  const beside = isRun && metrics ? join(dirname(out), 'metrics.jsonl') : undefined;
  if (beside !== undefined) {
    checkOutputs([{ where: 'import: --out', file: beside }]);
    replaceFile(beside, metrics?.text ?? '');
  }
  replaceFile(out, bytes);
  if (json) return printJson({ out, bytes: bytes.length, model, step, ...(beside ? { metrics: beside } : {}) });
  process.stdout.write(
    `a run of ${model} after ${step} steps: ${out}, ${bytes.length} bytes${beside ? `; ${beside}` : ''}\n` +
      (isRun
        ? `rmt train --resume --out ${dirname(out)} continues it\n`
        : 'name it DIR/checkpoint.safetensors to keep its metrics and to resume it\n'),
  );
}

/** At most so many are named. */
const named = 3;

function some(items: readonly string[]): string {
  const first = items.slice(0, named).join(', ');
  return items.length > named ? `${first}, and ${items.length - named} more` : first;
}

/** The names for each reason. */
function grouped(pairs: readonly (readonly [reason: string, name: string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [reason, name] of pairs) groups.set(reason, [...(groups.get(reason) ?? []), name]);
  return groups;
}

function tokenizerLine({ tokenizer, words }: Pick<ImportReport, 'tokenizer' | 'words'>): string {
  if (words !== undefined) return `vocabulary: its own ${words} words`;
  if (!tokenizer) return 'tokenizer: none among the files; the model reads token ids, not texts';
  const { type, pieces, padding } = tokenizer;
  const rest = padding > 0 ? `; ${padding} more rows of the word embedding are padding, which no text reaches` : '';
  return `tokenizer: ${type}, ${pieces.toLocaleString('en')} pieces${rest}`;
}

/** The report for people. */
function linesOf(report: ImportReport): string[] {
  const { format, model, description, parameters, renamed, leftOut, initialised, assumed, converted, config } = report;
  const memory = Number(config['num_mem_tokens'] ?? 0);
  const reasons = grouped(
    leftOut.map(({ name, why }) => [why.replace(/^a copy of .*/, 'second names of the same numbers'), name]),
  );
  const ways = grouped(initialised.map(({ name, how }) => [how, name]));
  return [
    `${format} → ${model}: ${description}, ${parameters.toLocaleString('en')} parameters, ${memory} memory tokens, segments of ${config['segment_size']} text tokens`,
    ...(renamed.length > 0
      ? [`renamed: ${renamed.length} tensors, such as ${some(renamed.map(({ from, to }) => `${from} → ${to}`))}`]
      : []),
    tokenizerLine(report),
    ...Object.entries(converted).map(([dtype, count]) => `converted to f32: ${count} tensors of type ${dtype}`),
    ...[...reasons].map(([why, all]) => `left out (${why}): ${some(all)}`),
    ...[...ways].map(([how, all]) => `new (${how}): ${some(all)}`),
    ...assumed.map(({ field, value, why }) => `assumed: ${field} ${String(value)} (${why})`),
  ];
}
