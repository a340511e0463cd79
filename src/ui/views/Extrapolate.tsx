// Extrapolation beyond the trained length: accuracy against the number of segments.
import { lazy, Suspense, useMemo } from 'react';
import { bySentence } from '../../analysis/suspicion.ts';
import { type EvaluateSettings, parseSegments } from '../../store/address.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { tasks } from '../../tasks/index.ts';
import { measureOf } from '../../tasks/measures.ts';
import { nameOf } from '../charts/names.ts';
import { published } from '../charts/published.ts';
import { ReportedResults } from '../charts/ReportedResults.tsx';
import { ResultTable } from '../charts/ResultTable.tsx';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { DraftInput } from '../controls/DraftInput.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { refusal } from '../controls/integer.ts';
import { TaskPicker, UserFiles } from '../controls/ModelPicker.tsx';
import { SeedInput } from '../controls/SeedInput.tsx';
import { type Suspected, Suspicions } from '../controls/Suspicions.tsx';
import { TextNote } from '../controls/TextCoverage.tsx';
import { Models } from '../extrapolate/Models.tsx';
import { SegmentChoices } from '../extrapolate/SegmentChoices.tsx';
import { integer } from '../format.ts';
import { Term } from '../glossary/Term.tsx';
import { OpenedModels } from '../models/OpenedModels.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';
import css from './Extrapolate.module.css';

const AccuracyChart = lazy(() => import('../charts/AccuracyChart.tsx'));
const PositionChart = lazy(() => import('../charts/PositionChart.tsx'));

/** The suspicions of these results, each with its result and number of segments. */
const suspected = (results: readonly EvaluateResult[]): readonly Suspected[] =>
  results.flatMap((result) =>
    bySentence(result.points).map(({ suspicion, segments }) => ({
      about: `${nameOf(result)}, ${segments.join(', ')} ${String(segments) === '1' ? 'segment' : 'segments'}`,
      suspicion,
    })),
  );

/** How the models of these results read the user's texts. */
const Texts = ({ results }: { readonly results: readonly EvaluateResult[] }) =>
  results.map(({ id, text }) => <TextNote key={id} report={text} />);

/** Those of Capacity are shown there. */
const useByLength = (results: readonly EvaluateResult[]): readonly EvaluateResult[] =>
  useMemo(() => results.filter(({ settings }) => settings === undefined), [results]);

export function Extrapolate() {
  const missing = usePlayground(({ device }) => device.status === 'missing');
  const results = useByLength(
    useCalm(
      usePlayground(({ evaluate }) => evaluate.results),
      150,
    ),
  );
  const texts = results.filter(({ measure }) => measure === 'every word');
  const answers = results.filter(({ measure }) => measure !== 'every word');
  // RMT-1M has curves for three tasks only.
  const shown = new Set(answers.map(({ task }) => task));
  const reference = shown.size === 0 || published.some(({ task }) => shown.has(task)) ? published : [];
  return (
    <>
      <div className={layout.lead}>
        <h1>Accuracy beyond the trained length</h1>
        <p>
          <Term id="extrapolation">Extrapolation</Term>: a model trained on a few segments is evaluated on many more.
          The models of RMT-1M (Bulatov et al. 2023), trained on 7 segments, still answer at 4096 segments, which are
          two million tokens; their curves are shown for reference. The results of RMT (Bulatov et al. 2022) follow
          below.
        </p>
      </div>
      {missing && <NoGpu />}
      <Settings />
      {(answers.length > 0 || texts.length === 0) && (
        <section className={classNames(sections.panel, sections.charts)} aria-label="Accuracy by number of segments">
          <Suspense fallback={<p className={sections.placeholder}>Loading the chart …</p>}>
            <AccuracyChart results={answers} published={reference} />
          </Suspense>
          <ResultTable results={answers} published={reference} />
          <Suspicions list={suspected(answers)} />
          <Texts results={answers} />
          {reference.length > 0 && (
            <p className={typography.note}>
              Reference: RMT-1M (Bulatov et al. 2023, arXiv:2304.11062), a BERT-base of 110 M parameters trained on 7
              segments of 499 tokens; read off the plot. The small models on this page are a thousand times smaller.
            </p>
          )}
        </section>
      )}
      {texts.length > 0 && (
        <section className={classNames(sections.panel, sections.charts)} aria-label="Language modelling">
          <header className={sections.head}>
            <h2>Language modelling</h2>
          </header>
          <Suspense fallback={<p className={sections.placeholder}>Loading the chart …</p>}>
            <PositionChart results={texts} />
          </Suspense>
          <ResultTable results={texts} published={[]} />
          <Suspicions list={suspected(texts)} />
          <Texts results={texts} />
        </section>
      )}
      <ReportedResults results={results} />
    </>
  );
}

function Settings() {
  const actions = useActions();
  const settings = usePlayground(({ experiment }) => experiment.evaluate);
  const status = usePlayground(({ evaluate }) => evaluate.status);
  const error = usePlayground(({ evaluate }) => evaluate.error);
  const results = useByLength(usePlayground(({ evaluate }) => evaluate.results));
  const waiting = usePlayground(({ evaluate }) => evaluate.waiting);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const hasModel = usePlayground(({ experiment, models }) => models.resolve(experiment.evaluate.model) !== undefined);
  const card = usePlayground(
    ({ experiment, models }) => models.card(models.resolve(experiment.evaluate.model))?.answers,
  );
  const own = usePlayground(({ experiment, models }) => models.card(models.resolve(experiment.evaluate.model))?.task);
  const task = settings.task ?? own;
  // Only tasks with a text as the answer can be judged when generated; an unknown model may be tried.
  const canWrite =
    card !== 'class' && (task === undefined || !Object.hasOwn(tasks, task) || measureOf(task) === 'answer words');
  const set = (part: Partial<EvaluateSettings>) => actions.experiment.setEvaluate(part);
  const { start, cancel, resume, clear } = useActions().evaluate;
  const canResume = usePlayground(({ evaluate }) => evaluate.canResume);
  const busy = status === 'starting' || status === 'running';
  return (
    <form
      className={sections.panel}
      aria-label="What to evaluate"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && ready) void start();
      }}
    >
      <div className={controls.row}>
        <Models />
        <TaskPicker value={settings.task} onChange={(task) => set({ task })} />
        <DraftInput
          label="Numbers of segments"
          help="Whole numbers from 1 to 4096, separated by commas."
          className={controls.wide}
          inputMode="text"
          value={settings.segments.join(',')}
          accept={(text) => {
            const segments = parseSegments(text);
            if (!segments)
              throw new Error(refusal(text, 'a list of whole numbers from 1 to 4096, separated by commas'));
            set({ segments });
            return segments.join(',');
          }}
        />
        <SegmentChoices />
        <IntegerInput
          label="Samples"
          help="Documents for each number of segments, with facts that are not used in training. More samples make the interval narrower."
          className={controls.seed}
          value={settings.samples}
          min={1}
          max={100_000}
          onChange={(samples) => set({ samples })}
        />
        <SeedInput
          help="Determines the documents. The same seed gives the same documents."
          className={controls.seed}
          value={settings.seed}
          onChange={(seed) => set({ seed })}
        />
        <label
          className={controls.check}
          title="Generate each answer word by word from the question. It counts as correct if every word matches, or if it passes the check of the task"
        >
          <input
            type="checkbox"
            checked={settings.generate}
            disabled={!canWrite}
            onChange={({ target }) => set({ generate: target.checked })}
          />{' '}
          also generate the answers
        </label>
        <fieldset className={layout.actions}>
          <legend className={typography.hidden}>Evaluation</legend>
          <button
            type="submit"
            className={buttons.primary}
            title="Evaluate the model on new documents of each length"
            aria-disabled={busy}
            disabled={!ready || !hasModel}
          >
            <span aria-hidden="true">▶</span> Start
          </button>
          <button type="button" title="Stop the evaluation; results so far are kept" disabled={!busy} onClick={cancel}>
            Cancel
          </button>
          {canResume && (
            <button
              type="button"
              title="Continue with the lengths that are not complete; the others are kept"
              disabled={!ready}
              onClick={() => void resume()}
            >
              Resume
            </button>
          )}
          <button
            type="button"
            title="Remove these results from the chart and the table"
            disabled={busy || results.length === 0}
            onClick={clear}
          >
            Clear results
          </button>
        </fieldset>
      </div>
      <UserFiles choice={settings.model} task={settings.task} disabled={busy} />
      {settings.also.map((choice) => (
        <UserFiles key={choice} choice={choice} task={settings.task} disabled={busy} />
      ))}
      <EvaluateProgress status={status} result={results.at(-1)} />
      {waiting.length > 0 && (
        <p className={typography.note}>
          {waiting.length} more {waiting.length === 1 ? 'model is' : 'models are'} waiting.
        </p>
      )}
      <Results />
      <OpenedModels onOpen={(model) => set({ model, task: undefined })} />
      <Alert>{error}</Alert>
    </form>
  );
}

/** The results in the plot; each stays until it is removed. */
function Results() {
  const { results: all, remove } = usePlayground(({ evaluate }) => evaluate);
  const results = useByLength(all);
  if (results.length < 2) return null;
  return (
    <ul className={css.results} aria-label="Results in the plot">
      {results.map((result) => (
        <li key={result.id}>
          {nameOf(result)}{' '}
          <button
            type="button"
            className={buttons.plain}
            disabled={result.status === 'running'}
            aria-label={`Remove ${nameOf(result)}`}
            onClick={() => remove(result.id)}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}

function EvaluateProgress({
  status,
  result,
}: {
  readonly status: string;
  readonly result: EvaluateResult | undefined;
}) {
  const reading = usePlayground(({ evaluate }) => evaluate.reading);
  if (status === 'starting') return <p role="status">Preparing the model …</p>;
  if (!result) return null;
  const total = result.segments.length * result.samples;
  const done = result.points.reduce((sum, { samples }) => sum + samples, 0);
  const last = result.points.at(-1);
  if (result.status !== 'running')
    return (
      <p role="status" className={typography.note}>
        {result.status === 'finished' ? 'Finished.' : 'Cancelled. Results so far are kept.'}
      </p>
    );
  return (
    <div className={meters.progress}>
      {/* Long documents take longer: the bar counts segments read, not documents. */}
      <progress
        aria-label="Evaluation"
        max={result.segments.reduce((sum, segments) => sum + segments * result.samples, 0)}
        value={
          result.points.reduce((sum, { segments, samples }) => sum + segments * samples, 0) +
          (reading ? reading.reading.documents * reading.reading.segments : 0)
        }
      />
      <p>
        {integer(done)} of {integer(total)} documents
        {reading &&
          ` · reading segment ${integer(reading.reading.segments)} of ${integer(reading.segments)} of the next ${integer(reading.reading.documents)}`}
        {last && (
          <span role="status">
            {' '}
            · now at {integer(last.segments)} {last.segments === 1 ? 'segment' : 'segments'}
          </span>
        )}
      </p>
    </div>
  );
}
