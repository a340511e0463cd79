// Editing a document on the ribbon: another word in a fact or the question, or a fact in another segment.
import type { StreamLog } from '../../store/slices/stream-log.ts';
import type { Mark } from '../../tasks/task.ts';
import type { UserDocument } from '../../tasks/user-document.ts';
import { type Form, fill, formOf, gapsOf, type UserForms } from '../../tasks/user-form.ts';
import { words } from '../../text/words.ts';
import { sentence } from '../stream/words.ts';

/** A word of a fact or the question that can be replaced. */
export interface Editable {
  readonly kind: 'fact' | 'question';
  readonly text: string;
  readonly form: Form;
  readonly gap: number;
  readonly chosen: string;
  readonly choices: readonly string[];
}

/** The gap of a form that a word of its sentence fills; undefined for the form's own words. */
export function gapAtWord(form: Form, text: string, word: number): number | undefined {
  const gaps = gapsOf(form, text) ?? [];
  let [at, gap] = [0, 0];
  for (const part of form) {
    const length = words(typeof part === 'string' ? part : (gaps[gap] ?? '')).length;
    if (word >= at && word < at + length) return typeof part === 'string' ? undefined : gap;
    at += length;
    if (typeof part !== 'string') gap++;
  }
  return undefined;
}

/** What can be edited at a word of a segment. */
export function editableAt(log: StreamLog, forms: UserForms, index: number, word: number): Editable | undefined {
  const segment = log.segments[index];
  const mark = segment?.marks.find(({ kind, start, end }) => kind !== 'answer' && word >= start && word < end);
  if (!segment || !mark) return undefined;
  const kind = mark.kind as Exclude<Mark['kind'], 'answer'>;
  const { pieces } = log.model;
  const text = sentence(segment.words.slice(mark.start, mark.end), pieces);
  const form = formOf(kind === 'fact' ? forms.facts : forms.questions, text);
  // A word may be several pieces.
  const upTo = words(sentence(segment.words.slice(mark.start, word + 1), pieces)).length;
  const gap = form && gapAtWord(form, text, upTo - 1);
  if (!form || gap === undefined) return undefined;
  const choices = form.filter((part) => typeof part !== 'string')[gap] ?? [];
  return { kind, text, form, gap, chosen: gapsOf(form, text)?.[gap] ?? '', choices };
}

const replaced = ({ form, gap }: Pick<Editable, 'form' | 'gap'>, text: string, choice: string): string => {
  const gaps = gapsOf(form, text) ?? [];
  return fill(
    form,
    gaps.map((each, k) => (k === gap ? choice : each)),
  );
};

/**
 * The document with another word. Where the only fact that the question is about gets another subject, the question
 * follows, since it would have no answer otherwise.
 */
export function edited(document: UserDocument, at: Editable, choice: string, forms: UserForms): UserDocument {
  if (at.kind === 'question') return { ...document, question: replaced(at, at.text, choice) };
  const facts = document.facts.map((fact) =>
    fact.text === at.text ? { ...fact, text: replaced(at, at.text, choice) } : fact,
  );
  const form = formOf(forms.questions, document.question);
  const gaps = (form && gapsOf(form, document.question)) ?? [];
  const asked = gaps.indexOf(at.chosen);
  const lists = form?.filter((part) => typeof part !== 'string') ?? [];
  const isNamedStill = facts.some(({ text }) => words(text).includes(at.chosen));
  if (!form || asked < 0 || isNamedStill || !lists[asked]?.includes(choice)) return { ...document, facts };
  return { facts, question: replaced({ form, gap: asked }, document.question, choice) };
}

/** The document with the facts of one segment in another. */
export function moved(document: UserDocument, from: number, to: number): UserDocument {
  const facts = document.facts.map((fact) => (fact.segment === from ? { ...fact, segment: to } : fact));
  return { ...document, facts };
}
