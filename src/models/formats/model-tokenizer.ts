// The tokenizer among a model's files: its text, and what it says of the model.
import { InputError } from '../../errors.ts';
import type { TextSource } from '../../io/text-source.ts';
import { parseTokenizerJson } from '../../io/tokenizer-json.ts';
import { tokenizerJsonOf } from '../../text/tokenizer-files.ts';
import type { Fields } from './foreign.ts';

export interface ModelTokenizer {
  /** As one tokenizer.json. */
  readonly text: string;
  readonly type: string;
  readonly pieces: number;
  /** The ids of BERT's special tokens, as fields of a configuration. */
  readonly specials: Fields;
}

const specialPieces = { pad_token_id: '[PAD]', cls_token_id: '[CLS]', sep_token_id: '[SEP]' };

/** @returns undefined if there is none. @throws InputError for one that cannot be used here */
export async function modelTokenizer(files: readonly TextSource[]): Promise<ModelTokenizer | undefined> {
  try {
    const text = await tokenizerJsonOf(files);
    if (text === undefined) return undefined;
    const { model, pieces } = parseTokenizerJson(text, 'tokenizer');
    const specials = Object.entries(specialPieces)
      .map(([field, piece]) => [field, pieces.indexOf(piece)] as const)
      .filter(([, id]) => id >= 0);
    return { text, type: model.type, pieces: pieces.length, specials: Object.fromEntries(specials) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { where, found, expected } = error;
    throw new InputError(where, found, `${expected}; without its tokenizer a model can be imported for token ids`);
  }
}
