// How a tokenizer splits a text into the parts that its model sees, by the `pre_tokenizer` of its tokenizer.json.
import { SplitPreTokenizer } from '@huggingface/tokenizers';
import { InputError } from '../../errors.ts';
import { quoted } from '../../io/message.ts';
import type { ComponentJson } from '../../io/tokenizer-json.ts';
import type { AlignedText } from './aligned-text.ts';
import { byteCharacters } from './byte-characters.ts';
import { letter, number, punctuation, space, symbol } from './unicode.ts';

export type PreTokenize = (text: AlignedText) => AlignedText[];

type Behaviour = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';
const behaviours: readonly Behaviour[] = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'];

type Options = Readonly<Record<string, unknown>>;
type Factory = (options: Options, where: string) => PreTokenize;

/** The stretches of a text that match, and those between them, in order. */
function stretches(text: string, pattern: RegExp): { from: number; to: number; matched: boolean }[] {
  const found: { from: number; to: number; matched: boolean }[] = [];
  let done = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (match === '') continue;
    if (index > done) found.push({ from: done, to: index, matched: false });
    done = index + match.length;
    found.push({ from: index, to: done, matched: true });
  }
  if (done < text.length) found.push({ from: done, to: text.length, matched: false });
  return found;
}

/** Split at what a pattern matches. */
function splitAt(pattern: RegExp, behaviour: Behaviour, invert = false): PreTokenize {
  return (aligned) => {
    const parts: { from: number; to: number; matched: boolean }[] = [];
    for (const stretch of stretches(aligned.text, pattern)) {
      const next = invert ? { ...stretch, matched: !stretch.matched } : stretch;
      const last = parts.at(-1);
      const joins =
        last &&
        ((behaviour === 'MergedWithPrevious' && next.matched && !last.matched) ||
          (behaviour === 'MergedWithNext' && last.matched && !next.matched) ||
          (behaviour === 'Contiguous' && last.matched === next.matched));
      if (joins) parts[parts.length - 1] = { from: last.from, to: next.to, matched: next.matched };
      else parts.push(next);
    }
    return parts
      .filter(({ matched }) => behaviour !== 'Removed' || !matched)
      .map(({ from, to }) => aligned.slice(from, to));
  };
}

const all = (source: string) => new RegExp(source, 'gu');

function behaviourOf(found: unknown, where: string): Behaviour {
  const known = behaviours.find((each) => each === found);
  if (!known) throw new InputError(`${where}.behavior`, quoted(String(found)), `one of ${behaviours.join(', ')}`);
  return known;
}

/** GPT-2's pattern for the words of a text, in the classes of Python's tokenizers. */
export const gpt2Words = `'s|'t|'re|'ve|'m|'ll|'d| ?${letter}+| ?${number}+| ?${symbol}+|${space}+(?![^${space}])|${space}+`;

const byteLevel: Factory = ({ add_prefix_space: prefix = true, use_regex: useRegex = true }) => {
  const split = splitAt(all(gpt2Words), 'Isolated');
  return (given) => {
    const text = prefix && given.length > 0 && !given.text.startsWith(' ') ? given.prepend(' ') : given;
    return (useRegex ? split(text) : [text]).map((part) => part.replaceAll(/[\s\S]/gu, byteCharacters));
  };
};

const metaspace: Factory = (options, where) => {
  const { replacement = '▁', split = true } = options;
  // Files from before 0.19 have `add_prefix_space` instead.
  const scheme = options['prepend_scheme'] ?? (options['add_prefix_space'] === false ? 'never' : 'always');
  if (typeof replacement !== 'string' || [...replacement].length !== 1)
    throw new InputError(`${where}.replacement`, quoted(String(replacement)), 'one character');
  const beforeEach = splitAt(all(replacement.replace(/[$()*+.?[\\\]^{|}/-]/u, '\\$&')), 'MergedWithNext');
  return (given) => {
    const text = given.replaceAll(/ /gu, () => replacement);
    const isFirst = given.origin(0, 0)[0] === 0;
    const prepends = scheme === 'always' || (scheme === 'first' && isFirst);
    const marked = prepends && !text.text.startsWith(replacement) ? text.prepend(replacement) : text;
    return split ? beforeEach(marked) : [marked];
  };
};

const split: Factory = (options, where) => {
  const behaviour = behaviourOf(options['behavior'], where);
  let pattern: RegExp | null;
  try {
    ({ pattern } = new SplitPreTokenizer({ type: 'Split', ...options } as never) as unknown as {
      pattern: RegExp | null;
    });
  } catch {
    pattern = null;
  }
  if (!pattern) throw new InputError(`${where}.pattern`, 'a pattern that cannot be used', 'a regular expression');
  return splitAt(pattern, behaviour, options['invert'] === true);
};

const inTurn =
  (steps: readonly PreTokenize[]): PreTokenize =>
  (text) =>
    steps.reduce((parts, step) => parts.flatMap(step), [text]);

const atSpaces = splitAt(all(`${space}+`), 'Removed');

const factories: Readonly<Record<string, Factory>> = {
  BertPreTokenizer: () => inTurn([atSpaces, splitAt(all(punctuation), 'Isolated')]),
  ByteLevel: byteLevel,
  Metaspace: metaspace,
  Whitespace: () =>
    splitAt(
      all(
        `[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]+|[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}${space}]+`,
      ),
      'Removed',
      true,
    ),
  WhitespaceSplit: () => atSpaces,
  Punctuation: ({ behavior = 'Isolated' }, where) => splitAt(all(punctuation), behaviourOf(behavior, where)),
  Digits: ({ individual_digits: individual }) =>
    individual ? splitAt(all('\\p{N}'), 'Isolated') : splitAt(all('\\p{N}+'), 'Contiguous'),
  Split: split,
  Sequence: ({ pretokenizers }, where) =>
    inTurn(((pretokenizers ?? []) as ComponentJson[]).map((each, k) => preTokenizerOf(each, `${where}.${k}`))),
};

/** @throws InputError for a type that is not known, by its name */
export function preTokenizerOf(json: ComponentJson | undefined, where: string): PreTokenize {
  if (!json) return (text) => [text];
  const factory = Object.hasOwn(factories, json.type) ? factories[json.type] : undefined;
  if (!factory) throw new InputError(where, quoted(String(json.type)), `one of ${Object.keys(factories).join(', ')}`);
  const preTokenize = factory(json, where);
  return (text) => preTokenize(text).filter(({ length }) => length > 0);
}
