// The files beside a model that hold its tokenizer, as one tokenizer.json: tokenizer.json itself, vocab.txt, or vocab.json
// with merges.txt.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { quoted, shown } from '../io/message.ts';
import { type FileKind, recogniseFile } from '../io/recognise.ts';
import { bytesOf, type TextSource } from '../io/text-source.ts';
import { idsSchema } from '../io/tokenizer-json.ts';
import { sourceOf, type UserFile } from './open-text.ts';

/** Larger than any tokenizer. */
const mostBytes = 2 ** 28;

const configSchema = v.looseObject({
  do_lower_case: v.optional(v.boolean('true or false')),
  strip_accents: v.nullish(v.boolean('true, false or null')),
  tokenize_chinese_chars: v.optional(v.boolean('true or false')),
  add_prefix_space: v.optional(v.boolean('true or false')),
  unk_token: v.optional(v.unknown()),
  added_tokens_decoder: v.optional(
    v.record(v.string(), v.looseObject({ content: v.string('a string') }), 'an object of tokens by id'),
  ),
});
type Config = v.InferOutput<typeof configSchema>;

type Found = ReadonlyMap<FileKind, TextSource>;

async function textOf(source: TextSource): Promise<string> {
  if (source.size > mostBytes) throw new InputError(source.name, `${source.size} bytes`, `at most ${mostBytes}`);
  const bytes = await bytesOf(source, 0, source.size);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(source.name, 'not UTF-8', 'a text in UTF-8');
  }
}

async function jsonOf(source: TextSource): Promise<unknown> {
  try {
    return JSON.parse(await textOf(source));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(source.name, 'not JSON', 'JSON');
  }
}

async function configOf(source: TextSource | undefined): Promise<Config> {
  if (!source) return {};
  const { success, output, issues } = v.safeParse(configSchema, await jsonOf(source));
  if (success) return output;
  const [issue] = issues;
  throw new InputError(`${source.name}: ${v.getDotPath(issue)}`, shown(issue.input), issue.message);
}

/** Tokens that the configuration names by id, and special ones that the vocabulary has. */
function addedOf(
  { added_tokens_decoder: named = {} }: Config,
  special: readonly string[],
  vocab: ReadonlyMap<string, number>,
) {
  const byId = new Map(Object.entries(named).map(([id, token]) => [Number(id), token as Record<string, unknown>]));
  for (const content of special) {
    const id = vocab.get(content);
    if (id !== undefined && !byId.has(id)) byId.set(id, { content, special: true, normalized: false });
  }
  return [...byId].sort(([a], [b]) => a - b).map(([id, token]) => ({ id, ...token }));
}

const bertSpecials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const gptSpecials = ['<|endoftext|>'];

/** One piece a line; a line end within a piece is impossible. */
async function wordPiece(source: TextSource, config: Config): Promise<string> {
  const lines = (await textOf(source)).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocab = new Map<string, number>();
  lines.forEach((piece, id) => {
    const first = vocab.get(piece);
    if (first !== undefined)
      throw new InputError(
        `${source.name}: line ${id + 1}`,
        `${quoted(piece)} as in line ${first + 1}`,
        'every piece once',
      );
    vocab.set(piece, id);
  });
  const unknown = typeof config.unk_token === 'string' ? config.unk_token : '[UNK]';
  if (!vocab.has(unknown)) throw new InputError(source.name, `no ${quoted(unknown)}`, 'the piece for unknown words');
  return JSON.stringify({
    added_tokens: addedOf(config, bertSpecials, vocab),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocab),
    },
  });
}

/** A merge a line, after a line with the version. */
async function byteLevelBpe(vocabulary: TextSource, merges: TextSource, config: Config): Promise<string> {
  const vocab = v.safeParse(idsSchema, await jsonOf(vocabulary));
  if (!vocab.success) throw new InputError(vocabulary.name, 'other JSON', 'an object of ids by piece');
  const lines = (await textOf(merges)).split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  return JSON.stringify({
    added_tokens: addedOf(config, gptSpecials, new Map(Object.entries(vocab.output))),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: config.add_prefix_space ?? false, use_regex: true },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: vocab.output, merges: lines },
  });
}

/** The kinds of the files; a file named vocab.txt is a vocabulary whatever its pieces. */
async function recognised(files: readonly TextSource[]): Promise<Found> {
  const found = new Map<FileKind, TextSource>();
  for (const file of files) {
    const base = file.name.split(/[\\/]/).at(-1) ?? '';
    const named: FileKind | undefined = {
      'vocab.txt': 'vocabulary' as const,
      'vocab.json': 'bpe-vocabulary' as const,
      'merges.txt': 'merges' as const,
    }[base];
    const kind = named ?? (await recogniseFile(file)).kind;
    const other = found.get(kind);
    if (other && ['tokenizer', 'vocabulary', 'bpe-vocabulary', 'merges'].includes(kind))
      throw new InputError(file.name, `a second tokenizer beside ${other.name}`, 'one of them');
    found.set(kind, file);
  }
  return found;
}

/**
 * The tokenizer among a model's files, as the text of one tokenizer.json; undefined if there is none. A tokenizer.json is
 * preferred to the older files. A vocab.txt is read as Hugging Face's BertTokenizer reads it: lower-cased, unless
 * tokenizer_config.json says otherwise.
 * @throws InputError naming the file that is malformed, not supported, or missing beside another
 */
export async function tokenizerJsonOf(files: readonly UserFile[]): Promise<string | undefined> {
  const found = await recognised(files.map(sourceOf));
  const [whole, vocabulary, pieces, merges] = (['tokenizer', 'vocabulary', 'bpe-vocabulary', 'merges'] as const).map(
    (kind) => found.get(kind),
  );
  const config = () => configOf(found.get('tokenizer-config'));
  const checked = async (text: string, name: string) => {
    // Loads the tokenizer library.
    const { openPieceTokenizer } = await import('./pieces/piece-tokenizer.ts');
    openPieceTokenizer(text, name);
    return text;
  };
  if (whole) return checked(await textOf(whole), whole.name);
  if (vocabulary) return checked(await wordPiece(vocabulary, await config()), vocabulary.name);
  if (pieces && merges)
    return checked(await byteLevelBpe(pieces, merges, await config()), `${pieces.name} with ${merges.name}`);
  const lone = pieces ?? merges;
  if (lone)
    throw new InputError(lone.name, pieces ? 'no merges.txt with it' : 'no vocab.json with it', 'both files together');
  return undefined;
}
