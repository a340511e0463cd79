// How a text is split into words: the one place for training texts, noise, prompts, facts and questions.

export const PAD = '[PAD]';
export const UNK = '[UNK]';
export const CLS = '[CLS]';
export const SEP = '[SEP]';
export const specials = [PAD, UNK, CLS, SEP] as const;

/** The word for the end of a line, as in published work on WikiText. */
export const endOfLine = '<eos>';
/** How WikiText writes a word outside its vocabulary. */
const publishedUnknown = '<unk>';
/** Marks that only occur in a text tokenised for publication. */
const publishedMarks = /(?:^|\s)(?:<unk>|@-@|@,@|@\.@)(?=\s|$)/;

// A mark, such as an accent or a vowel sign, belongs to the letter before it; so does a joiner within a word.
const pieces =
  /\[(?:PAD|UNK|CLS|SEP)\]|[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|[\u200c\u200d](?=[\p{L}\p{N}]))*(?:['’]\p{L}[\p{L}\p{M}]*)*|[^\s\p{L}\p{N}]\p{M}*/gu;
const betweenSpaces = /\S+/g;

/** A word and where it stands: [start, end) of the text in NFC. */
export interface PlacedWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** A way to split a line into words. */
export interface WordSplit {
  /** The text must be in NFC. */
  words(line: string): string[];
  placed(line: string): PlacedWord[];
}

function splitBy(pattern: RegExp, change: (piece: string) => string): WordSplit {
  return {
    words: (line) => (line.match(pattern) ?? []).map(change),
    placed: (line) =>
      Array.from(line.matchAll(pattern), ({ 0: piece, index }) => ({
        word: change(piece),
        start: index,
        end: index + piece.length,
      })),
  };
}

/** Lower-case words and single punctuation marks. */
export const plainSplit = splitBy(pieces, (piece) =>
  piece.startsWith('[') && piece.length > 1 ? piece : piece.toLowerCase(),
);

/** At white space, as a text tokenised for publication is split. */
export const publishedSplit = splitBy(betweenSpaces, (piece) => (piece === publishedUnknown ? UNK : piece));

/** The split of a text, by its beginning: one tokenised for publication has marks that no other text has. */
export const splitOfText = (beginning: string): WordSplit =>
  publishedMarks.test(beginning) ? publishedSplit : plainSplit;

/** The split whose words a vocabulary has: only that at white space leaves capitals, and punctuation in words. */
export const splitOfWords = (vocabulary: readonly string[]): WordSplit =>
  vocabulary.some((word) => word !== endOfLine && !isPlain(word)) ? publishedSplit : plainSplit;

function isPlain(word: string): boolean {
  const [only, ...others] = plainSplit.words(word);
  return only === word && others.length === 0;
}

/** Split any text into lower-case words and single punctuation marks. */
export const words = (text: string): string[] => plainSplit.words(text.normalize('NFC'));
