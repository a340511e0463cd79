// What a tokenizer changes in a text before it is split, by the `normalizer` of its tokenizer.json. Every change keeps
// track of where characters came from.
import { ReplaceNormalizer } from '@huggingface/tokenizers';
import { InputError } from '../../errors.ts';
import { quoted } from '../../io/message.ts';
import type { ComponentJson } from '../../io/tokenizer-json.ts';
import type { AlignedText } from './aligned-text.ts';
import { chinese, isUntouched, mark, type NormalForm, nonspacingMark, space, unclean } from './unicode.ts';

export type Normalize = (text: AlignedText) => AlignedText;

const all = (source: string) => new RegExp(source, 'gu');
const anyCharacter = /[\s\S]/gu;

/** Whether a character may combine with those before it, in any normal form. */
const combines = (character: string) => /^[\p{M}\u1160-\u11ff]/u.test(character.normalize('NFKD'));

/** Characters in groups that a normal form changes independently of their neighbours. */
function* groupsOf(text: string): Generator<readonly [from: number, to: number]> {
  let from = 0;
  let at = 0;
  for (const character of text) {
    if (at > from && (character < '\u0300' || !combines(character))) {
      yield [from, at];
      from = at;
    }
    at += character.length;
  }
  if (at > from) yield [from, at];
}

const normalForm =
  (form: NormalForm): Normalize =>
  (aligned) => {
    const { text } = aligned;
    // Nothing else has another form.
    if (!/[^\0-\x7f]/.test(text)) return aligned;
    const parts: [number, number, string | undefined][] = [];
    for (const [from, to] of groupsOf(text)) {
      const group = text.slice(from, to);
      const now = Array.from(group).some((character) => isUntouched(form, character)) ? group : group.normalize(form);
      parts.push([from, to, now === group ? undefined : now]);
    }
    return aligned.replace(parts);
  };

/** Character by character: at the end of a word, Σ becomes σ too. */
const lowerCase: Normalize = (text) => text.replaceAll(anyCharacter, (character) => character.toLowerCase());

const spaces = all(`^${space}+|${space}+$`);
const leading = all(`^${space}+`);
const trailing = all(`${space}+$`);

type Options = Readonly<Record<string, unknown>>;
type Factory = (options: Options, where: string) => Normalize;

const bert: Factory = (options) => {
  const { clean_text: clean = true, handle_chinese_chars: spread = true, lowercase = true } = options;
  const strip = options['strip_accents'] ?? lowercase;
  const steps: Normalize[] = [];
  if (clean) {
    const [removed, spaced] = [all(unclean), all(space)];
    steps.push((text) => text.replaceAll(removed, () => '').replaceAll(spaced, () => ' '));
  }
  if (spread) {
    const characters = all(chinese);
    steps.push((text) => text.replaceAll(characters, (character) => ` ${character} `));
  }
  if (strip) {
    const [decompose, marks] = [normalForm('NFD'), all(nonspacingMark)];
    steps.push((text) => decompose(text).replaceAll(marks, () => ''));
  }
  if (lowercase) steps.push(lowerCase);
  return inTurn(steps);
};

const inTurn =
  (steps: readonly Normalize[]): Normalize =>
  (text) =>
    steps.reduce((changed, step) => step(changed), text);

const replace: Factory = (options, where) => {
  const content = options['content'];
  if (typeof content !== 'string') throw new InputError(where, 'no content', 'what replaces the pattern');
  let pattern: RegExp | null;
  try {
    ({ pattern } = new ReplaceNormalizer({ type: 'Replace', ...options } as never) as unknown as {
      pattern: RegExp | null;
    });
  } catch {
    pattern = null;
  }
  if (!pattern) throw new InputError(where, 'a pattern that cannot be used', 'a string or a regular expression');
  const found = pattern;
  return (text) => text.replaceAll(found, () => content);
};

const factories: Readonly<Record<string, Factory>> = {
  BertNormalizer: bert,
  Lowercase: () => lowerCase,
  NFC: () => normalForm('NFC'),
  NFD: () => normalForm('NFD'),
  NFKC: () => normalForm('NFKC'),
  NFKD: () => normalForm('NFKD'),
  StripAccents: () => {
    const marks = all(mark);
    return (text) => text.replaceAll(marks, () => '');
  },
  Strip: ({ strip_left: left = true, strip_right: right = true }) => {
    const pattern = left && right ? spaces : left ? leading : right ? trailing : undefined;
    return (text) => (pattern ? text.replaceAll(pattern, () => '') : text);
  },
  Prepend:
    ({ prepend }) =>
    (text) =>
      text.length > 0 ? text.prepend(String(prepend ?? '')) : text,
  Replace: replace,
  Sequence: ({ normalizers }, where) =>
    inTurn(((normalizers ?? []) as ComponentJson[]).map((each, k) => normalizerOf(each, `${where}.${k}`))),
};

/** @throws InputError for a type that is not known, by its name */
export function normalizerOf(json: ComponentJson | undefined, where: string): Normalize {
  if (!json) return (text) => text;
  const factory = Object.hasOwn(factories, json.type) ? factories[json.type] : undefined;
  if (!factory) throw new InputError(where, quoted(String(json.type)), `one of ${Object.keys(factories).join(', ')}`);
  return factory(json, where);
}
