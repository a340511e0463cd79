// Added tokens, such as [MASK]: they are found in a text before it is split, and no model splits them.
import type { AddedTokenJson } from '../../io/tokenizer-json.ts';
import type { AlignedText } from './aligned-text.ts';
import { AlignedText as Aligned } from './aligned-text.ts';
import type { Normalize } from './normalizers.ts';
import { space } from './unicode.ts';

/** A part of a text: an added token, or what stands between two of them. */
export interface Part {
  readonly text: AlignedText;
  readonly id: number | undefined;
}

const spaceCharacter = new RegExp(space, 'u');
const isSpace = (text: string, at: number) => spaceCharacter.test(text[at] ?? '');
const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const beginsWithWord = (text: string) => wordCharacter.test(String.fromCodePoint(text.codePointAt(0) ?? 0));
const endsWithWord = (text: string) => text !== '' && wordCharacter.test([...text.slice(-2)].at(-1) ?? '');

/** Finds a set of tokens: the longest of those that begin first. */
class Finder {
  private readonly pattern: RegExp | undefined;
  private readonly tokens = new Map<string, AddedTokenJson>();

  /** @param normalize what changes the tokens as it changes the text */
  constructor(tokens: readonly AddedTokenJson[], normalize: Normalize | undefined) {
    for (const token of tokens) {
      const content = normalize ? normalize(Aligned.of(token.content)).text : token.content;
      if (content !== '' && !this.tokens.has(content)) this.tokens.set(content, token);
    }
    const longestFirst = [...this.tokens.keys()].sort((a, b) => b.length - a.length);
    if (longestFirst.length > 0)
      this.pattern = new RegExp(
        longestFirst.map((token) => token.replaceAll(/[$()*+.?[\\\]^{|}/-]/gu, '\\$&')).join('|'),
        'gu',
      );
  }

  *split(aligned: AlignedText): Generator<Part, void, void> {
    const { text } = aligned;
    let done = 0;
    if (this.pattern)
      for (const { 0: content, index } of text.matchAll(this.pattern)) {
        const token = this.tokens.get(content);
        let [from, to] = [index, index + content.length];
        if (!token) continue;
        if (token.single_word && (endsWithWord(text.slice(0, from)) || beginsWithWord(text.slice(to)))) continue;
        // A token may stand in the white space that the one before has taken: both are kept, unless it takes such space too.
        if (token.lstrip) {
          while (from > done && isSpace(text, from - 1)) from--;
          from = Math.max(from, done);
        }
        if (token.rstrip) while (to < text.length && isSpace(text, to)) to++;
        if (from > done) yield { text: aligned.slice(done, from), id: undefined };
        if (to > from) yield { text: aligned.slice(from, to), id: token.id };
        done = to;
      }
    if (done < text.length) yield { text: aligned.slice(done), id: undefined };
  }
}

/**
 * Split a text at the added tokens: those that are searched as they are in the given text, the others in the text as the
 * normalizer changes it.
 */
export function addedTokens(tokens: readonly AddedTokenJson[], normalize: Normalize) {
  const isNormalized = ({ normalized, special }: AddedTokenJson) => normalized ?? !special;
  const asGiven = new Finder(
    tokens.filter((token) => !isNormalized(token)),
    undefined,
  );
  const changed = new Finder(tokens.filter(isNormalized), normalize);
  return function* (text: AlignedText): Generator<Part, void, void> {
    for (const part of asGiven.split(text)) {
      if (part.id !== undefined) yield part;
      else yield* changed.split(normalize(part.text));
    }
  };
}
