// A custom document: facts and a question in the task's words, and a text for the noise.

import { streamedWith } from '../../store/slices/stream.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import type { Task } from '../../tasks/task.ts';
import { mostFacts, trainedToAnswer, type UserFact } from '../../tasks/user-document.ts';
import { type Form, fill, gapsOf, type UserForms } from '../../tasks/user-form.ts';
import { classNames } from '../class-names.ts';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import { drawnFacts } from './drawn-facts.ts';
import css from './UserDocument.module.css';
import { UserNoise } from './UserNoise.tsx';

export function UserDocument({ choice }: { readonly choice: string | undefined }) {
  const own = usePlayground(({ models }) => models.card(models.resolve(choice))?.task);
  const id = usePlayground(({ experiment }) => experiment.stream.task) ?? own;
  const facts = usePlayground(({ experiment }) => experiment.stream.facts);
  const noise = usePlayground(({ stream }) => stream.noise);
  if (id === undefined || !Object.hasOwn(tasks, id)) return null;
  const task: Task = tasks[id as TaskId];
  const forms = task.kind === 'classification' ? task.userForms : undefined;
  const summary = ['Your own facts and noise', facts && 'facts in use', noise && 'noise in use'].filter(Boolean);
  return (
    <details className={css.document}>
      <summary>{summary.join(' · ')}</summary>
      {forms ? (
        <div className={css.parts}>
          <Facts task={task} forms={forms} choice={choice} />
          <UserNoise />
        </div>
      ) : (
        <p className={typography.note}>
          {task.kind === 'generation'
            ? `${task.title} has no facts to edit. Enter your own prompt under “Continue the text” below.`
            : `${task.title} has no facts to edit. To use your own documents, train on files on the Train view.`}
        </p>
      )}
    </details>
  );
}

const firstOf = ([form = []]: readonly Form[]) => fill(form, []);

interface FactsProps {
  readonly task: Task;
  readonly forms: UserForms;
  readonly choice: string | undefined;
}

function Facts({ task, forms, choice }: FactsProps) {
  const { facts, question } = usePlayground(({ experiment }) => experiment.stream);
  const log = usePlayground(({ stream }) => stream.log);
  const { setStream } = useActions().experiment;
  const segments = usePlayground((state) => streamedWith(state, choice).segments);
  if (!facts || question === undefined)
    return (
      <fieldset className={css.part}>
        <legend>Facts</legend>
        <p className={typography.note}>The facts and the question are determined by the seed.</p>
        <button
          type="button"
          title="Replace the facts and the question by your own"
          onClick={() =>
            setStream(
              drawnFacts(log, forms) ?? {
                facts: [{ text: firstOf(forms.facts), segment: 0 }],
                question: firstOf(forms.questions),
              },
            )
          }
        >
          Write my own facts
        </button>
      </fieldset>
    );
  const set = (i: number, change: Partial<UserFact>) =>
    setStream({ facts: facts.map((fact, k) => (k === i ? { ...fact, ...change } : fact)) });
  return (
    <fieldset className={css.part}>
      <legend>Facts</legend>
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
                onClick={() => setStream({ facts: facts.filter((_, k) => k !== i) })}
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
        onText={(written) => setStream({ question: written })}
      />
      <p className={typography.note}>{trainedToAnswer(task, log?.model.knobs)}</p>
      <p className={layout.actions}>
        {facts.length < mostFacts && (
          <button
            type="button"
            onClick={() => setStream({ facts: [...facts, { text: firstOf(forms.facts), segment: 0 }] })}
          >
            Add a fact
          </button>
        )}
        <button type="button" onClick={() => setStream({ facts: undefined, question: undefined })}>
          Use drawn facts
        </button>
      </p>
      <p className={typography.note}>
        The link in the address bar contains these facts. If several facts answer the question, the last one counts.
      </p>
    </fieldset>
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
