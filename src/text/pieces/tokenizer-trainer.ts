// Trains a tokenizer on a text: WordPiece in lower case, as BERT's, or byte-level BPE, as GPT-2's. The tokenizer library is
// loaded with this module.
import { InputError } from '../../errors.ts';
import type { ComponentJson } from '../../io/tokenizer-json.ts';
import { WordCounts } from '../word-counts.ts';
import { AlignedText } from './aligned-text.ts';
import { byteAlphabet } from './byte-characters.ts';
import { Parts } from './long-text.ts';
import { type CountedWord, learnMerges } from './merges.ts';
import { normalizerOf } from './normalizers.ts';
import { preTokenizerOf } from './pre-tokenizers.ts';

/** The kinds of tokenizer that can be trained. */
export type TrainedKind = 'wordpiece' | 'bpe';

interface Recipe {
  /** Special tokens, which come first. */
  readonly specials: readonly string[];
  readonly normalizer: ComponentJson | null;
  readonly preTokenizer: ComponentJson;
  readonly decoder: ComponentJson;
  /** What a piece within a word begins with. */
  readonly mark: string;
  /** All characters of words: the text's own by default. */
  readonly alphabet?: readonly string[];
  readonly model: (vocab: Readonly<Record<string, number>>, merges: readonly string[]) => object;
}

const recipes: Readonly<Record<TrainedKind, Recipe>> = {
  wordpiece: {
    specials: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    mark: '##',
    model: (vocab) => ({
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    }),
  },
  bpe: {
    // Those of an encoder as in RoBERTa, so that both kinds of model can have it.
    specials: ['<|endoftext|>', '<pad>', '<s>', '</s>'],
    normalizer: null,
    preTokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    mark: '',
    alphabet: byteAlphabet,
    model: (vocab, merges) => ({
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    }),
  },
};

/** How the special tokens are found in a text. */
const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** The share of the pieces that single characters may take; rarer characters are unknown. */
const mostCharacters = 1 / 4;

const inOrder = (characters: Iterable<string>) =>
  [...characters].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));

export class TokenizerTrainer {
  private readonly counts = new WordCounts();
  private readonly parts = new Parts();
  private readonly recipe: Recipe;
  private readonly split: (text: string) => string[];
  /** Words counted so far; all of them only after `json`. */
  total = 0;

  /** @param size how many pieces, special tokens included; fewer if the text has no more */
  constructor(
    kind: TrainedKind,
    private readonly size: number,
  ) {
    this.recipe = recipes[kind];
    const normalize = normalizerOf(this.recipe.normalizer ?? undefined, 'normalizer');
    const preTokenize = preTokenizerOf(this.recipe.preTokenizer, 'pre_tokenizer');
    this.split = (text) => preTokenize(normalize(AlignedText.of(text))).map((word) => word.text);
  }

  private count(part: string, times = 1): void {
    for (const word of this.split(part)) {
      this.counts.add(word, times);
      this.total += times;
    }
  }

  /** Count the words of a text, which continues where the one before ended. */
  add(text: string): void {
    for (const part of this.parts.add(text)) this.count(part);
  }

  /** Count a word of its own so many times. */
  addWord(word: string, times: number): void {
    this.count(` ${word}`, times);
  }

  /** The text has ended. */
  private end(): void {
    for (const part of this.parts.rest()) this.count(part);
  }

  /** The characters that become pieces: the most frequent ones. */
  private alphabet(): string[] {
    const { alphabet, specials, mark } = this.recipe;
    if (alphabet) return inOrder(alphabet);
    const times = new Map<string, number>();
    for (const [word, count] of this.counts)
      for (const character of word) times.set(character, (times.get(character) ?? 0) + count);
    const forms = mark === '' ? 1 : 2;
    const most = Math.floor((this.size * mostCharacters - specials.length) / forms);
    const kept = inOrder(times.keys()).sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0));
    return inOrder(kept.slice(0, most));
  }

  /**
   * The tokenizer, as the text of a tokenizer.json.
   * @param name of the text, in an error
   * @throws InputError if the text has no words
   */
  json(name: string): string {
    this.end();
    if (this.counts.size === 0) throw new InputError(name, 'no words', 'a text to train a tokenizer on');
    const { specials, mark, model, normalizer, preTokenizer, decoder } = this.recipe;
    const alphabet = this.alphabet();
    const pieces = [...specials, ...alphabet, ...(mark === '' ? [] : alphabet.map((character) => mark + character))];
    const ids = new Map(pieces.map((piece, id) => [piece, id]));
    const words = Array.from(
      this.counts,
      ([word, times]): CountedWord => ({
        // A rare character without a piece is left out.
        pieces: Array.from(word, (character, k) => ids.get(k === 0 ? character : mark + character)).filter(
          (id) => id !== undefined,
        ),
        times,
      }),
    );
    const merges: string[] = [];
    learnMerges(words, (left, right) => {
      if (pieces.length >= this.size) return undefined;
      const [a, b] = [pieces[left] ?? '', pieces[right] ?? ''];
      const joined = a + b.slice(mark.length);
      merges.push(`${a} ${b}`);
      const known = ids.get(joined);
      if (known !== undefined) return known;
      ids.set(joined, pieces.length);
      return pieces.push(joined) - 1;
    });
    return JSON.stringify({
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: specials.map((content, id) => ({ id, content, ...plain })),
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder,
      model: model(Object.fromEntries(ids), merges),
    });
  }
}
