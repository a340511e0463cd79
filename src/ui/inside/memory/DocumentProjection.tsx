// The memory of this document in a plane: the two directions in which it varies most over the segments.
import { useMemo, useState } from 'react';
import { principalComponents, projected } from '../../../analysis/pca.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Field } from '../../controls/Field.tsx';
import type { FigureData } from '../../figure/data.ts';
import { Figure } from '../../figure/Figure.tsx';
import { percent } from '../../format.ts';
import { Term } from '../../glossary/Term.tsx';
import { usePlayground } from '../../playground.tsx';
import { certaintyOf } from '../../ribbon/colour.ts';
import { type Dot, Scatter } from '../../scatter/Scatter.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import controls from '../../styles/controls.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import { keptSegments, memoryOf, tokensOf } from './values.ts';

/** States that the directions are computed from: computed here, while the page waits. */
const MOST_STATES = 64;

interface ProjectionProps {
  readonly log: StreamLog;
  readonly current: number;
}

/** Choice of one memory token, or everything that is passed on. */
export function PartField({
  tokens,
  value,
  onChange,
}: {
  readonly tokens: number;
  readonly value: number | undefined;
  onChange(token: number | undefined): void;
}) {
  return (
    <Field label="Part of the memory" help="Everything that is passed on, as one long vector, or one memory token.">
      {(ids) => (
        <select
          {...ids}
          value={value ?? 'all'}
          onChange={({ target }) => onChange(target.value === 'all' ? undefined : Number(target.value))}
        >
          <option value="all">The whole memory</option>
          {Array.from({ length: tokens }, (_, i) => (
            <option key={i} value={i}>
              Memory token {i + 1}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** What the model would answer after a segment, and how sure it is. */
function answerAfter(log: StreamLog, segment: number): { readonly answer: number; readonly strength: number } {
  const { probabilities = new Float32Array(0) } = log.segments[segment] ?? {};
  if (probabilities.length === 0) return { answer: -1, strength: 1 };
  const highest = Math.max(...probabilities);
  return {
    answer: probabilities.indexOf(highest),
    strength: 0.25 + 0.75 * certaintyOf(highest, probabilities.length),
  };
}

export function DocumentProjection({ log, current }: ProjectionProps) {
  const isReading = usePlayground(({ stream }) => stream.status === 'playing');
  const [wanted, setToken] = useState<number | undefined>();
  const tokens = tokensOf(log);
  const token = wanted !== undefined && wanted < tokens ? wanted : undefined;
  const seen = isReading ? 0 : log.length;
  const found = useMemo(() => {
    if (seen < 3) return undefined;
    const segments = keptSegments(log, MOST_STATES);
    const width = log.model.hiddenSize;
    const states = segments.flatMap((segment) => {
      const memory = memoryOf(log, segment);
      if (!memory) return [];
      return [{ segment, state: token === undefined ? memory : memory.subarray(token * width, (token + 1) * width) }];
    });
    if (states.length < 3) return undefined;
    const axes = principalComponents(states.map(({ state }) => state));
    return {
      explained: axes.explained,
      dots: states.map(({ segment, state }): Dot & { readonly segment: number } => {
        const [x = 0, y = 0] = projected(axes, state);
        return { x, y, segment, name: `segment ${segment + 1}`, ...answerAfter(log, segment) };
      }),
    };
  }, [log, seen, token]);
  const classes = log.model.classes;
  const hasAnswers = found?.dots.some(({ answer }) => answer >= 0) ?? false;
  const axisOf = (k: number) => `component ${k + 1} (${percent(found?.explained[k] ?? 0)} of the variance)`;
  const data = (): FigureData => ({
    subject: streamSubject(log),
    columns: [{ name: 'segment' }, { name: 'component 1' }, { name: 'component 2' }, { name: 'most likely answer' }],
    rows: (found?.dots ?? []).map(({ segment, x, y, answer }) => [segment + 1, x, y, classes[answer]]),
    about: {
      ...aboutStream(log),
      part: token === undefined ? 'the whole memory' : `memory token ${token + 1}`,
      explained: found?.explained,
    },
  });
  return (
    <section className={sections.panel} aria-label="Memory of this document in two dimensions">
      <header className={sections.head}>
        <h2>This document in two dimensions</h2>
      </header>
      <p className={typography.note}>
        <Term id="pca">PCA</Term> of the memory after each segment: the plane in which it varies most. Points are joined
        in reading order
        {hasAnswers ? ', and have the colour of the most likely answer at that time, paler while undecided' : ''}.
      </p>
      {tokens > 1 && (
        <div className={controls.row}>
          <PartField tokens={tokens} value={token} onChange={setToken} />
        </div>
      )}
      {found ? (
        <Figure title="Memory of this document, PCA" data={data}>
          <Scatter
            label={`Memory after ${found.dots.length} segments in two dimensions, which explain ${percent((found.explained[0] ?? 0) + (found.explained[1] ?? 0))} of its variance`}
            dots={[]}
            path={found.dots}
            current={found.dots.findIndex(({ segment }) => segment === current)}
            answers={hasAnswers ? classes : []}
            xAxis={axisOf(0)}
            yAxis={axisOf(1)}
          />
        </Figure>
      ) : (
        <p className={typography.note}>
          {log.total < 3
            ? 'This document has fewer than three segments, of which a plane shows nothing.'
            : isReading
              ? 'Shown once the document has been read.'
              : 'Shown once three segments have been read.'}
        </p>
      )}
    </section>
  );
}
