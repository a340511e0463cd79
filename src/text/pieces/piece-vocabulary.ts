// The pieces of a tokenizer as a model's vocabulary.
import { InputError } from '../../errors.ts';
import { Vocabulary } from '../vocabulary.ts';
import type { PieceTokenizer } from './piece-tokenizer.ts';

/** The id of a special token that a tokenizer lacks: equal to no token's. */
const absent = -1;

/** What tokenizers call their special tokens. */
const names = { pad: ['[PAD]', '<pad>'], cls: ['[CLS]', '<s>'], sep: ['[SEP]', '</s>'] } as const;
/** Tokens that end a text. */
const ends = ['<|endoftext|>', '</s>', '[SEP]'] as const;

export class PieceVocabulary extends Vocabulary {
  constructor(
    readonly tokenizer: PieceTokenizer,
    /** The text of its tokenizer.json. */
    readonly json: string,
    where = 'tokenizer',
  ) {
    const { pieces, unknown = absent } = tokenizer;
    const idOf = (choices: readonly string[]) => Math.max(absent, ...choices.map((name) => pieces.indexOf(name)));
    super(pieces, where, { pad: idOf(names.pad), cls: idOf(names.cls), sep: idOf(names.sep), unknown });
  }

  override encode(text: string): Int32Array {
    // Within a longer text a space precedes a sentence, and belongs to its first piece.
    return this.tokenizer.encode(this.tokenizer.style === 'bytes' ? ` ${text}` : text).ids;
  }

  /** The token that ends a text; undefined if the tokenizer has none. */
  get end(): number | undefined {
    const found = ends.find((name) => this.words.includes(name));
    return found === undefined ? undefined : this.id(found);
  }

  /** @throws InputError if the tokenizer lacks a special token that an encoder needs */
  checkEncoder(): void {
    for (const [name, choices] of Object.entries(names))
      if (this[name as keyof typeof names] === absent)
        throw new InputError('tokenizer', `no ${choices.join(' or ')}`, 'the special tokens of an encoder');
  }
}

/**
 * The vocabulary of a tokenizer.json; loads the tokenizer library.
 * @throws InputError as `openPieceTokenizer`
 */
export async function openPieceVocabulary(json: string, where: string): Promise<PieceVocabulary> {
  const { openPieceTokenizer } = await import('./piece-tokenizer.ts');
  return new PieceVocabulary(openPieceTokenizer(json, where), json, where);
}
