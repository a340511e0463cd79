// Which model to stream or evaluate: bundled, in training, or a file.

import { anyText } from '../../store/slices/models.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import { usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import { Field } from './Field.tsx';
import { Files } from './Files.tsx';
import { BundledOptions, FileOptions, HubOptions, OpenModel, RunOptions, useModelLists } from './ModelOptions.tsx';
import css from './ModelPicker.module.css';

const taskTitles = Object.values(tasks);

interface ModelPickerProps {
  /** Needed only where several models can be picked. */
  readonly label?: string;
  readonly value: string | undefined;
  /** The name of choosing none, where that is possible: reported as an empty choice. */
  readonly none?: string;
  onChange(choice: string): void;
}

export function ModelPicker({ label = 'Model', value, none, onChange }: ModelPickerProps) {
  const { bundled, status } = usePlayground(({ models }) => models);
  const trained = usePlayground(({ run }) => run.onGpu || run.checkpoint !== undefined);
  const { isListed } = useModelLists();
  const chosen = value ?? (none === undefined ? bundled[0]?.file : undefined) ?? '';
  const known = (none !== undefined && chosen === '') || chosen === 'training' || isListed(chosen);
  return (
    <div className={controls.withButtons}>
      <Field
        label={label}
        help="A bundled checkpoint, the model trained on the Train view, one of your runs, or your own files: a checkpoint, or a published BERT, GPT-2 or RMT, which can also be dropped on the button."
      >
        {(ids) => (
          <select {...ids} value={chosen} onChange={({ target }) => onChange(target.value)}>
            {!known && (
              <option value={chosen} disabled>
                {chosen || (status === 'loading' ? 'Loading …' : 'Choose a model')}
              </option>
            )}
            {none !== undefined && <option value="">{none}</option>}
            <BundledOptions />
            <optgroup label="Your models">
              <option value="training" disabled={!trained}>
                {trained ? 'The model in training' : 'The model in training (none yet)'}
              </option>
              <FileOptions />
            </optgroup>
            <HubOptions />
            <RunOptions />
          </select>
        )}
      </Field>
      <OpenModel onOpen={onChange} />
    </div>
  );
}

/** The task given to a model: its own, or another. */
export function TaskPicker({
  value,
  onChange,
}: {
  readonly value: string | undefined;
  onChange(task: string | undefined): void;
}) {
  return (
    <Field
      label="Task"
      help="The task of the document: the one the model was trained on, or another whose words it knows."
    >
      {(ids) => (
        <select {...ids} value={value ?? ''} onChange={({ target }) => onChange(target.value || undefined)}>
          <option value="">The model’s own</option>
          {taskTitles.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The files that a model reads, if it was trained on files or is given another task that takes them. */
export function UserFiles({
  choice,
  task,
  disabled = false,
}: {
  readonly choice: string | undefined;
  readonly task: string | undefined;
  readonly disabled?: boolean;
}) {
  const file = usePlayground(({ models }) => models.card(models.resolve(choice))?.file);
  const own = usePlayground(({ models }) => models.card(models.resolve(choice))?.task);
  const reads = usePlayground(({ models }) => {
    const found = models.resolve(choice);
    return found !== undefined && models.readsFiles(found, task);
  });
  if (!reads) return null;
  return (
    <div className={css.userFiles}>
      <Files
        task={(task ?? own ?? anyText) as TaskId}
        isAnyText={task === undefined && own === undefined}
        disabled={disabled}
        needed={task === undefined || task === own ? file : undefined}
      />
    </div>
  );
}
