// Tensors: any tensor inside the segment on show, its value or its gradient, as a heatmap with statistics, and as a file.
import { useEffect, useMemo } from 'react';
import {
  partsOf,
  sliceOf,
  statisticsOf,
  type TensorPart,
  tensorPartNames,
  tensorParts,
} from '../../../analysis/tensor-parts.ts';
import type { TensorSource, TensorWanted } from '../../../store/slices/inspect.ts';
import { isTraining } from '../../../store/slices/run-state.ts';
import { Alert } from '../../controls/Alert.tsx';
import { Field } from '../../controls/Field.tsx';
import { integer, small } from '../../format.ts';
import { useActions, usePlayground } from '../../playground.tsx';
import controls from '../../styles/controls.module.css';
import lists from '../../styles/lists.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { SaveTensor } from './SaveTensor.tsx';
import { TensorMap } from './TensorMap.tsx';

/** Whether a tensor that is wanted is the one on show. */
const isSame = (a: TensorWanted | undefined, b: TensorWanted) =>
  a !== undefined &&
  a.source === b.source &&
  a.segment === b.segment &&
  a.tensor.part === b.tensor.part &&
  a.tensor.layer === b.tensor.layer &&
  a.tensor.gradient === b.tensor.gradient;

export default function Tensors({ log, current }: SectionProps) {
  const actions = useActions();
  const settings = usePlayground(({ experiment }) => experiment.inside);
  const { status, error, wanted, shown, validated } = usePlayground(({ inspect }) => inspect);
  const source = usePlayground(({ inspect }) => inspect.source);
  const recorded = usePlayground(({ stream }) => stream.recorded !== undefined);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const training = usePlayground(({ run }) => (isTraining(run.status) && run.onGpu ? run.model : undefined));
  const segments = usePlayground(({ run }) => Math.max(1, ...(run.config?.stages ?? [1])));
  const from: TensorSource = training && source === 'training' ? 'training' : 'stream';
  const model = from === 'training' && training ? training : log.model;
  const parts = partsOf(model);
  const part: TensorPart = parts.includes(settings.part) ? settings.part : 'hidden';
  const facts = tensorParts[part];
  const layer = facts.perLayer ? Math.min(settings.layer ?? model.layers, model.layers) - 1 : 0;
  const gradient = settings.gradient && facts.gradient;
  const segment = from === 'training' ? Math.min(current, segments - 1) : current;
  const due: TensorWanted = { source: from, segment, tensor: { part, layer, gradient } };
  const isShown = isSame(shown, due);
  // The weights of a run in training change: what is on show is read again after each validation.
  const isOld = from === 'training' && isShown && shown?.step !== validated;
  const hasFailed = status === 'failed' && isSame(wanted, due);
  const canRead = ready && !(recorded && from === 'stream');
  const reads = canRead && status !== 'reading' && (!isShown || isOld) && !hasFailed;
  const key = JSON.stringify(due);
  useEffect(() => {
    if (reads) void actions.inspect.read(JSON.parse(key) as TensorWanted);
  }, [actions, reads, key, validated]);
  const heads = shown?.seen.shape.length === 3 ? (shown.seen.shape[0] ?? 1) : 1;
  const head = Math.min(settings.head ?? 1, heads) - 1;
  const grid = useMemo(() => shown && sliceOf(shown.seen, head), [shown, head]);
  const statistics = useMemo(() => grid && statisticsOf(grid.values), [grid]);
  const set = actions.experiment.setInside;
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  return (
    <section className={sections.panel} aria-label="Any tensor">
      <header className={sections.head}>
        <h2>Any tensor of segment {integer(segment + 1)}</h2>
      </header>
      <div className={controls.row}>
        {training && (
          <Field
            label="Model"
            help="The model and document of Stream, or the run on Train: the document that it watches, read again after every validation."
          >
            {(ids) => (
              <select
                {...ids}
                value={from}
                onChange={({ target }) => actions.inspect.setSource(target.value as TensorSource)}
              >
                <option value="stream">on Stream</option>
                <option value="training">in training</option>
              </select>
            )}
          </Field>
        )}
        <Field label="Tensor" help={facts.help}>
          {(ids) => (
            <select {...ids} value={part} onChange={({ target }) => set({ part: target.value as TensorPart })}>
              {tensorPartNames
                .filter((each) => parts.includes(each))
                .map((each) => (
                  <option key={each} value={each}>
                    {tensorParts[each].title}
                  </option>
                ))}
            </select>
          )}
        </Field>
        {facts.perLayer && (
          <Field label="Layer" help="The layer that computes it.">
            {(ids) => (
              <select {...ids} value={layer + 1} onChange={({ target }) => set({ layer: Number(target.value) })}>
                {numbers(model.layers).map((each) => (
                  <option key={each} value={each}>
                    {each} of {model.layers}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        {facts.axes[0] === 'head' && (
          <Field label="Head" help="The slice on show; the file has all heads.">
            {(ids) => (
              <select {...ids} value={head + 1} onChange={({ target }) => set({ head: Number(target.value) })}>
                {numbers(model.heads).map((each) => (
                  <option key={each} value={each}>
                    {each} of {model.heads}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        <Field
          label="Show"
          help="Its value, or the gradient of the document’s loss with respect to it. A gradient takes a forward and a backward pass through the whole document, without dropout and without interventions."
        >
          {(ids) => (
            <select
              {...ids}
              value={gradient ? 'gradient' : 'value'}
              onChange={({ target }) => set({ gradient: target.value === 'gradient' })}
            >
              <option value="value">value</option>
              <option value="gradient" disabled={!facts.gradient}>
                gradient
              </option>
            </select>
          )}
        </Field>
      </div>
      <p className={typography.note}>{facts.help}</p>
      {recorded && from === 'stream' && (
        <Alert>A recorded stream has no tensors but its memory. To see them, read a document here.</Alert>
      )}
      <Alert>{hasFailed && error}</Alert>
      {statistics && shown && (
        <dl className={lists.figures} aria-label="Statistics">
          {(
            [
              ['Shape', shown.seen.shape.map(integer).join(' × ')],
              ['Minimum', small(statistics.min)],
              ['Maximum', small(statistics.max)],
              ['Mean', small(statistics.mean)],
              ['Standard deviation', small(statistics.std)],
              ['Norm', small(statistics.norm)],
              ...(statistics.notFinite > 0 ? [['Not finite', integer(statistics.notFinite)] as const] : []),
              ...(shown.seen.loss === undefined ? [] : [['Loss, nats', small(shown.seen.loss)] as const]),
            ] as const
          ).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <p role="status" className={typography.note}>
        {status === 'reading' && !isShown
          ? `Reading ${gradient ? 'the document forward and backward' : `segment ${integer(segment + 1)} again`} …`
          : shown?.step !== undefined
            ? `The run as it was after step ${integer(shown.step)}.`
            : ''}
      </p>
      {grid && shown && (
        <>
          <TensorMap shown={shown} grid={grid} head={head} />
          <SaveTensor shown={shown} />
        </>
      )}
    </section>
  );
}
