// What a model's token ids stand for, read from a checkpoint and written to one: words, or the pieces of a tokenizer.
import { InputError } from '../errors.ts';
import type { Description } from '../models/formats/format.ts';
import { openPieceVocabulary, PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { Vocabulary } from '../text/vocabulary.ts';

/**
 * What a checkpoint's token ids stand for.
 * @throws InputError if it holds neither a tokenizer nor a vocabulary, or it cannot be used
 */
export async function vocabularyOf({ tokenizer, vocabulary }: Description, where: string): Promise<Vocabulary> {
  if (tokenizer !== undefined) return openPieceVocabulary(tokenizer, `${where}: tokenizer`);
  if (vocabulary) return new Vocabulary(vocabulary, `${where}: vocabulary`);
  throw new InputError(
    where,
    "neither a 'tokenizer' nor a 'vocabulary' in its metadata",
    'one of them, to read a text',
  );
}

/** What a checkpoint says of its token ids. */
export const writtenVocabulary = (vocabulary: Vocabulary): Pick<Description, 'vocabulary' | 'tokenizer'> =>
  vocabulary instanceof PieceVocabulary ? { tokenizer: vocabulary.json } : { vocabulary: vocabulary.words };
