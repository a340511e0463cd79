// A custom document: facts and a question in the task's words, and a text for the noise.

import { streamedWith } from '../../store/slices/stream.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import type { Task } from '../../tasks/task.ts';
import { trainedToAnswer } from '../../tasks/user-document.ts';
import type { UserForms } from '../../tasks/user-form.ts';
import { useActions, usePlayground } from '../playground.tsx';
import typography from '../styles/typography.module.css';
import { drawnFacts } from './drawn-facts.ts';
import { FactsEditor, plainDocument } from './FactsEditor.tsx';
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
          onClick={() => setStream(drawnFacts(log, forms) ?? plainDocument(forms))}
        >
          Write my own facts
        </button>
      </fieldset>
    );
  return (
    <fieldset className={css.part}>
      <legend>Facts</legend>
      <FactsEditor forms={forms} document={{ facts, question }} segments={segments} onChange={setStream}>
        <button type="button" onClick={() => setStream({ facts: undefined, question: undefined })}>
          Use drawn facts
        </button>
      </FactsEditor>
      <p className={typography.note}>{trainedToAnswer(task, log?.model.knobs)}</p>
      <p className={typography.note}>
        The link in the address bar contains these facts. If several facts answer the question, the last one counts.
      </p>
    </fieldset>
  );
}
