// The weights that a new run starts from: random ones, or those of a model, whose settings and vocabulary it takes over.
import { useEffect } from 'react';
import type { StartingPoint } from '../../protocol/index.ts';
import { startKey, wrappedMemory } from '../../store/slices/start.ts';
import { tasks } from '../../tasks/index.ts';
import { Alert } from '../controls/Alert.tsx';
import { Field } from '../controls/Field.tsx';
import { KnobControl } from '../controls/KnobControl.tsx';
import {
  BundledOptions,
  FileOptions,
  HubOptions,
  OpenModel,
  RunOptions,
  useModelLists,
} from '../controls/ModelOptions.tsx';
import { bytes, integer, percent } from '../format.ts';
import { OpenedModels } from '../models/OpenedModels.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';

/** Read the chosen model once the lists of models are there, and again when other files take its name. */
function useChosenModel(): void {
  const { start } = useActions();
  const key = usePlayground(startKey);
  const isListed = usePlayground(({ models }) => models.status !== 'loading');
  useEffect(() => {
    if (isListed) void start.read();
  }, [start, key, isListed]);
}

export function StartFrom() {
  useChosenModel();
  const { start } = useActions();
  const from = usePlayground(({ experiment }) => experiment.train.from);
  const { status, model, problem } = usePlayground((state) => state.start);
  const mismatch = usePlayground(({ estimate }) => estimate.mismatch);
  const title = usePlayground(({ models }) => models.title);
  const { isListed } = useModelLists();
  return (
    <section className={sections.panel} aria-label="Starting weights">
      <div className={controls.row}>
        <div className={controls.withButtons}>
          <Field
            label="Start from"
            help="Random weights, or a model: a bundled one, one of your runs, or a checkpoint or published model from files or the hub. The run takes over its weights, its model settings and its vocabulary or tokenizer; the optimiser starts fresh."
          >
            {(ids) => (
              <select
                {...ids}
                value={from ?? ''}
                onChange={({ target }) => void start.choose(target.value || undefined)}
              >
                <option value="">Random weights</option>
                {from !== undefined && !isListed(from) && (
                  <option value={from} disabled>
                    {title(from)}
                  </option>
                )}
                <BundledOptions />
                <optgroup label="Your files">
                  <FileOptions />
                </optgroup>
                <HubOptions />
                <RunOptions />
              </select>
            )}
          </Field>
          <OpenModel onOpen={(choice) => void start.choose(choice)} />
        </div>
        {model && <KnobControl name="trained" />}
      </div>
      {status === 'reading' && <Reading />}
      <Alert>{problem ?? (model && mismatch)}</Alert>
      {model && <Taken model={model} />}
      <OpenedModels onOpen={(choice) => void start.choose(choice)} />
    </section>
  );
}

function Reading() {
  const share = usePlayground(({ materials }) => materials.reading?.share);
  return (
    <p className={typography.note} role="status">
      Reading the model …{share !== undefined && ` ${percent(share)}`}
    </p>
  );
}

/** What is taken over from a model. */
function Taken({ model }: { readonly model: StartingPoint }) {
  const { start } = useActions();
  const { name, description, parameters, bytes: size, tokens, trainedWith } = model;
  const words = tokens.kind === 'words' ? 'words' : 'pieces';
  return (
    <div className={layout.stack}>
      <p className={typography.note} role="status">
        {name}: {description}, {integer(parameters)} parameters ({bytes(size)}), {integer(tokens.count)} {words}. Its
        settings are fixed below, and the task is spelled in its {words}. The optimiser starts fresh.
      </p>
      {trainedWith && (
        <p className={layout.actions}>
          {start.canWrap() && (
            <button
              type="button"
              title="All its numbers are kept; memory tokens are added, as RMT begins from a trained Transformer. How many can be changed afterwards"
              onClick={() => void start.wrap()}
            >
              Put {wrappedMemory} memory tokens around it
            </button>
          )}
          <button
            type="button"
            title={`Task, curriculum and optimiser of the run that trained it, on ${tasks[trainedWith.task].title}`}
            onClick={start.useItsRun}
          >
            Use its run’s settings
          </button>
        </p>
      )}
    </div>
  );
}
