// Facts and a question in a task's words, as sentences with a select in each of their gaps.
import type { ReactNode } from 'react';
import { mostFacts, type UserDocument, type UserFact } from '../../tasks/user-document.ts';
import { type Form, fill, gapsOf, type UserForms } from '../../tasks/user-form.ts';
import { classNames } from '../class-names.ts';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './UserDocument.module.css';

const firstOf = ([form = []]: readonly Form[]) => fill(form, []);

/** The first sentences that a task has. */
export const plainDocument = (forms: UserForms): UserDocument => ({
  facts: [{ text: firstOf(forms.facts), segment: 0 }],
  question: firstOf(forms.questions),
});

interface FactsEditorProps {
  readonly forms: UserForms;
  readonly document: UserDocument;
  readonly segments: number;
  onChange(document: UserDocument): void;
  /** More to do with it, beside the button that adds a fact. */
  readonly children?: ReactNode;
}

export function FactsEditor({ forms, document, segments, onChange, children }: FactsEditorProps) {
  const { facts, question } = document;
  const setFacts = (changed: readonly UserFact[]) => onChange({ question, facts: changed });
  const set = (i: number, change: Partial<UserFact>) =>
    setFacts(facts.map((fact, k) => (k === i ? { ...fact, ...change } : fact)));
  return (
    <>
      <ol className={css.facts}>
        {facts.map(({ text, segment }, i) => (
          <li key={i}>
            <OfForms
              name={`Fact ${i + 1}`}
              forms={forms.facts}
              text={text}
              onText={(written) => set(i, { text: written })}
            />
            <IntegerInput
              label="In segment"
              help="The segment that begins with this fact. Several facts in one segment follow each other."
              className={classNames(controls.short, css.inSegment)}
              value={segment + 1}
              min={1}
              max={segments}
              onChange={(wanted) => set(i, { segment: wanted - 1 })}
            />
            {facts.length > 1 && (
              <button
                type="button"
                aria-label={`Remove fact ${i + 1}`}
                onClick={() => setFacts(facts.filter((_, k) => k !== i))}
              >
                Remove
              </button>
            )}
          </li>
        ))}
      </ol>
      <OfForms
        name="Question"
        forms={forms.questions}
        text={question}
        onText={(written) => onChange({ facts, question: written })}
      />
      <p className={layout.actions}>
        {facts.length < mostFacts && (
          <button type="button" onClick={() => setFacts([...facts, { text: firstOf(forms.facts), segment: 0 }])}>
            Add a fact
          </button>
        )}
        {children}
      </p>
    </>
  );
}

interface OfFormsProps {
  readonly name: string;
  readonly forms: readonly Form[];
  readonly text: string;
  onText(text: string): void;
}

/** A sentence in one of several forms: a select for the form, if there is a choice, and one for each of its gaps. */
function OfForms({ name, forms, text, onText }: OfFormsProps) {
  const found = Math.max(
    0,
    forms.findIndex((form) => gapsOf(form, text)),
  );
  const form = forms[found] ?? [];
  return (
    <div className={css.question}>
      {forms.length > 1 && (
        <label>
          <span className={typography.hidden}>Form of the {name.toLowerCase()}</span>
          <select
            value={found}
            onChange={({ target }) => {
              const next = forms[Number(target.value)] ?? [];
              // Words that fit into the gaps of both forms are kept.
              const gaps = gapsOf(form, text) ?? [];
              const lists = next.filter((part) => typeof part !== 'string');
              const kept = lists.map((list) => gaps.find((gap) => list.includes(gap)) ?? list[0] ?? '');
              onText(fill(next, kept));
            }}
          >
            {forms.map((each, i) => (
              <option key={i} value={i}>
                {fill(each, [])}
              </option>
            ))}
          </select>
        </label>
      )}
      <Sentence name={name} form={form} text={text} onText={onText} />
    </div>
  );
}

interface SentenceProps {
  readonly name: string;
  readonly form: Form;
  readonly text: string;
  onText(text: string): void;
}

/** A sentence with a select in each of its gaps. */
function Sentence({ name, form, text, onText }: SentenceProps) {
  const gaps = gapsOf(form, text);
  let gap = 0;
  return (
    <fieldset className={css.sentence}>
      <legend>{name}</legend>
      {form.map((part, i) => {
        if (typeof part === 'string') return <span key={i}>{part}</span>;
        const at = gap++;
        return (
          <select
            key={i}
            aria-label={`${name}, word ${at + 1}`}
            value={gaps?.[at] ?? part[0]}
            onChange={({ target }) => {
              const lists = form.filter((each) => typeof each !== 'string');
              onText(
                fill(
                  form,
                  lists.map((list, k) => (k === at ? target.value : (gaps?.[k] ?? list[0] ?? ''))),
                ),
              );
            }}
          >
            {part.map((word) => (
              <option key={word}>{word}</option>
            ))}
          </select>
        );
      })}
    </fieldset>
  );
}
