// The facts and the question of the document on show, as sentences that can be edited.
import type { StreamLog } from '../../store/slices/stream-log.ts';
import type { UserDocument, UserFact } from '../../tasks/user-document.ts';
import { formOf, type UserForms } from '../../tasks/user-form.ts';
import { sentence } from './words.ts';

/** Undefined where they are not known, or their text is no longer kept. */
export function drawnFacts(log: StreamLog | undefined, forms: UserForms): UserDocument | undefined {
  const facts: UserFact[] = [];
  let question: string | undefined;
  for (const { index } of log?.marked ?? []) {
    const segment = log?.segments[index];
    if (segment && !segment.hasText) return undefined;
    for (const { kind, start, end } of segment?.marks ?? []) {
      const text = sentence(segment?.words.slice(start, end) ?? [], log?.model.pieces);
      if (kind === 'fact' && formOf(forms.facts, text)) facts.push({ text, segment: index });
      if (kind === 'question' && formOf(forms.questions, text)) question = text;
    }
  }
  return facts.length > 0 && question !== undefined ? { facts, question } : undefined;
}
