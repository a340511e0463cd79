// Reads the command line and the files it names.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InputError } from '../errors.ts';

export const usage = `RMT Playground: train and examine Recurrent Memory Transformers on this machine's GPU

  rmt info [--retune]               adapter, features, limits, kernels, probed peak rates; --retune times the kernels of a GPU again
  rmt forward --checkpoint F --input I.json --out O.safetensors [--attention] [--backward] [--loss last|mean]
              [--bptt-depth K]
  rmt train (--preset NAME | --config C.json | --from F) --out DIR [--set key=value]... [--tokenizer F] [--resume] [FILES]
            [--seeds 1-5] [--sweep key=value,value]...
                                    every combination is a run in a folder of its own inside DIR, one after the other
  rmt eval --checkpoint F --segments 1,2,4 [--task T] [--set pairs=1,2,4]... [--samples N] [--seed S] [--generate] [FILES]
  rmt stream --checkpoint F --segments N [--task T] [--seed S] [--events JSONL] [FILES]
             [--facts "3:SENTENCE|…" --question Q] [--changes "zero@5|swap@6s3"]
  rmt capture --checkpoint F --segments N [--task T] [--seed S] [--facts F --question Q] [--changes C] --out O.safetensors
              [--no-attention] [FILES]    memory, attention, logits and token ids of every segment of a document, in one file
  rmt probe --checkpoint F --segments N [--task T] [--samples N] [--points N] [--penalty L] [--word K] [--seed S] [FILES]
                                    what a linear classifier reads from the memory, segment by segment
  rmt holders --checkpoint F [--segments N] [--task T] [--samples N] [--seed S] [FILES]
                                    which memory token changes with what is told of whom
  rmt generate --checkpoint F (--prompt TEXT | [--task T] [--segments N]) [--words N] [--temperature T] [--seed S] [FILES]
  rmt tokenize (--tokenizer F | --checkpoint F) [--text FILE]
                                    ids and tokens of each line of a text, or of standard input
  rmt tokenize --train wordpiece|bpe --pieces N [--text FILE] --out F
                                    a tokenizer.json of N pieces (512 to 32,768), trained on the text
  rmt flops [--model NAME] [--segments 1,2,...]       the FLOPs of RMT and of full attention
  rmt bench [--shape tiny,small,bert-base] [--mode forward,train] [--runs N] [--profile | --counts]
                                    time, GFLOP/s and share of the probed peak; --profile: kernel by kernel;
                                    --counts: every kernel by counting, beside rooflines; nothing is timed
  rmt import --from PATH... [--memory M] [--segment-size N] [--labels K|official-reasoning|NAMES] [--set field=value]...
             [--seed S] --out F     a checkpoint from a published model: a Hugging Face folder or files, an official RMT state dict
  rmt import --from CHECKPOINT --memory M [--set field=value]... [--seed S] --out F
                                    memory tokens around a model trained here without memory; --set model_type=armt-gpt2 for ARMT
  rmt import --from FOLDER|run.zip --out DIR/checkpoint.safetensors
                                    a run that was trained in its folder for PyTorch, with its metrics
  rmt import hub:OWNER/NAME[@REVISION] ... --out F
                                    the same, downloaded from the Hugging Face hub (HF_ENDPOINT, HF_TOKEN); resumes if interrupted
  rmt export --checkpoint F --to hf|official DIR [--labels official-reasoning]
                                    the reverse: a folder for transformers, or for the official RMT code
  rmt export --checkpoint F --to torch DIR [--samples N] [--from-start] [--preset NAME | --config C.json] [--set key=value]...
             [FILES]                the run as a folder that trains with PyTorch, on one GPU or many
  rmt data (--preset NAME | --config C.json) [--set key=value]... [--tokenizer F] --split train|validation --samples N [--segments N]
           --out F.jsonl|F.safetensors [FILES]    the task's samples as token ids, batch by batch as the trainer draws them
  rmt check                         compares this GPU's gradients with an f64 reference; exit status 1 if any differs

--half (forward, eval, stream, bench) stores the operands of forward products in f16; needs an adapter with shader-f16.
FILES replace the built-in data: --noise TEXT for the noise between facts; --text TEXT for language modelling (enwik8 and
WikiText-103 as published, zipped or not); --articles XML --labels XML for documents (Hyperpartisan as published);
--stories TEXT for babi and babilong (a file of bAbI as published).
--tokenizer F (train, data) has the run read in the pieces of a tokenizer: a folder, tokenizer.json, vocab.txt or vocab.json.
Every command takes --json: exactly one JSON document on stdout (train: JSON Lines).
`;

type Kinds = Readonly<Record<string, 'text' | 'flag' | 'many'>>;
/** The key of the one word that is no option's value, for commands that take one. */
export const OPERAND = 'operand';
export type Options<K extends Kinds> = {
  readonly [N in keyof K]: K[N] extends 'flag' ? boolean : K[N] extends 'many' ? readonly string[] : string | undefined;
};

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** The option whose value begins with a dash, and that value, which Node takes for an option. */
function dashed(words: readonly string[], kinds: Kinds): readonly [name: string, value: string] | undefined {
  for (const [k, word] of words.entries()) {
    const name = word.replace(/^--/, '');
    const value = words[k + 1];
    if (word === '--') return undefined;
    const takesValue = word.startsWith('--') && Object.hasOwn(kinds, name) && kinds[name] !== 'flag';
    if (takesValue && value !== undefined && /^-./.test(value) && !isOption(value, kinds)) return [name, value];
  }
  return undefined;
}

const isOption = (word: string, kinds: Kinds) =>
  /^--/.test(word) && Object.hasOwn(kinds, word.slice(2).split('=')[0] ?? '');

const quotedForShell = (value: string) => (/^[\w.,:@/=+-]+$/.test(value) ? value : `"${value}"`);

/**
 * @param operand what the one word without an option is, if the command takes one: as in "DIR"
 * @throws InputError for an unknown option, a repeated one, a missing value, or another word
 */
export function options<const K extends Kinds>(
  command: string,
  words: readonly string[],
  kinds: K,
  operand?: string,
): Options<K> & { readonly [OPERAND]?: string } {
  const config = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      kind === 'flag' ? { type: 'boolean' as const } : { type: 'string' as const, multiple: kind === 'many' },
    ]),
  );
  let values: Record<string, unknown>;
  let given: string[];
  let others: string[];
  try {
    const parsed = parseArgs({
      args: [...words],
      options: config,
      strict: true,
      allowPositionals: operand !== undefined,
      tokens: true,
    });
    ({ values, positionals: others } = parsed);
    given = parsed.tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  } catch (error) {
    const [name, value] = (codeOf(error) === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && dashed(words, kinds)) || [];
    if (name !== undefined && value !== undefined)
      throw new InputError(
        `${command}: --${name}`,
        `the separate value '${value}' begins with a dash`,
        `--${name}=${quotedForShell(value)}`,
      );
    const found = error instanceof Error ? (error.message.split(/\.\s/)[0] ?? '') : String(error);
    throw new InputError(
      command,
      found,
      `options ${Object.keys(kinds)
        .map((each) => `--${each}`)
        .join(', ')}`,
    );
  }
  const repeated = given.find((name, k) => kinds[name] !== 'many' && given.indexOf(name) < k);
  if (repeated !== undefined) throw new InputError(command, `--${repeated} given twice`, `--${repeated} once`);
  const [other, second] = others;
  if (second !== undefined) throw new InputError(command, `'${other}' and '${second}'`, `one ${operand}`);
  const read = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      values[name] ?? (kind === 'flag' ? false : kind === 'many' ? [] : undefined),
    ]),
  ) as Options<K>;
  return other === undefined ? read : { ...read, [OPERAND]: other };
}

/** @throws InputError if the option was not given */
export function needed(command: string, name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new InputError(command, `no --${name}`, `--${name} to be given`);
  return value;
}

/** An integer option. */
export function integer(where: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < min || number > max)
    throw new InputError(where, `'${value}'`, `a whole number from ${min} to ${max}`);
  return number;
}

/** Integers separated by commas. */
export function integers(where: string, value: string, min: number, max: number): number[] {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.some((number) => !Number.isInteger(number) || number < min || number > max))
    throw new InputError(where, `'${value}'`, `whole numbers from ${min} to ${max}, separated by commas`);
  return numbers;
}

/** A file's bytes. @throws InputError if it cannot be read */
export function readBytes(where: string, file: string, most = 8 * 2 ** 30): Uint8Array<ArrayBuffer> {
  try {
    const found = statSync(file);
    // It never ends, or has no content of its own.
    if (found.isCharacterDevice() || found.isBlockDevice())
      throw new InputError(where, `'${file}' is a device`, 'a file that can be read');
    const { size } = found;
    if (size > most) throw new InputError(where, `${file} has ${size} bytes`, `at most ${most}`);
    const content = readFileSync(file);
    // Only a small file shares its memory with others.
    return content.length === content.buffer.byteLength ? new Uint8Array(content.buffer) : new Uint8Array(content);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = codeOf(error);
    const inside = code === 'EISDIR' && join(file, 'checkpoint.safetensors');
    if (inside && existsSync(inside))
      throw new InputError(where, `'${file}' is a directory`, `${inside}, which it holds`);
    const found =
      code === 'ENOENT'
        ? `no file '${file}'`
        : code === 'EISDIR'
          ? `'${file}' is a directory`
          : `cannot read '${file}' (${code})`;
    throw new InputError(where, found, 'a file that can be read');
  }
}

/** A file's JSON. @throws InputError if it is not JSON */
export function readJson(where: string, file: string): unknown {
  const text = new TextDecoder().decode(readBytes(where, file, 2 ** 30));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${where} ${file}`, error instanceof Error ? error.message : 'not JSON', 'JSON');
  }
}

/** One JSON document on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
