// The memory ribbon of one document, as the model in training read it at each validation, and the gradient that came back.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Watched } from '../../store/slices/watched.ts';
import { useWidth } from '../canvas.ts';
import { Field } from '../controls/Field.tsx';
import { Figure } from '../figure/Figure.tsx';
import { integer, small } from '../format.ts';
import { Term } from '../glossary/Term.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import { beliefAfter, storyOf } from '../ribbon/describe.ts';
import { RibbonKey } from '../ribbon/RibbonKey.tsx';
import { usePlayer } from '../ribbon/use-player.ts';
import { segmentsData } from '../stream/data.ts';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { normsOf } from './gradient-norms.ts';

export function MemoryOfRun() {
  const { run } = useActions();
  const watched = usePlayground((state) => state.run.watched);
  const problem = usePlayground((state) => state.run.watchProblem);
  const [wanted, setWanted] = useState<number | undefined>();
  // Nothing is computed for a picture that nobody sees.
  useEffect(() => {
    run.watch(true);
    return () => run.watch(false);
  }, [run]);
  const largest = useMemo(() => Math.max(0, ...watched.flatMap((each) => [...normsOf(each)])), [watched]);
  const found = watched.findLastIndex(({ step }) => wanted !== undefined && step <= wanted);
  const at = found < 0 ? watched.length - 1 : found;
  const shown = watched[at];
  return (
    <section className={sections.panel} aria-label="Memory in training">
      <header className={sections.head}>
        <h2>Memory in training</h2>
      </header>
      <p className={typography.note}>
        One document, always the same, is read at every validation while this is on the page. The area above the threads
        is the norm of ∂loss/∂memory at each segment, on a logarithmic scale: what{' '}
        <Term id="bptt">backpropagation through time</Term> brings back from the answer, without dropout or truncation.
        Training does not depend on it.
      </p>
      {problem !== undefined && <p className={typography.problem}>The document could not be read. {problem}</p>}
      {shown ? (
        <>
          <Field
            label={`After step ${integer(shown.step)}: loss ${small(shown.loss)} nats`}
            help="The validations at which the document was read. The last one is shown as training goes on, until you choose another."
          >
            {(ids) => (
              <input
                {...ids}
                type="range"
                min={0}
                max={watched.length - 1}
                value={at}
                aria-valuetext={`step ${shown.step}`}
                onChange={({ target }) => {
                  const next = Number(target.value);
                  setWanted(next === watched.length - 1 ? undefined : watched[next]?.step);
                }}
              />
            )}
          </Field>
          <Figure title="Memory in training" data={() => segmentsData(shown.log, shown.log.length)}>
            <Picture shown={shown} largest={largest} />
          </Figure>
        </>
      ) : (
        <p className={sections.placeholder}>The ribbon appears before the first step and at every validation.</p>
      )}
    </section>
  );
}

function Picture({ shown, largest }: { readonly shown: Watched; readonly largest: number }) {
  const { log } = shown;
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const gradient = useMemo(() => {
    const norms = normsOf(shown);
    return norms.length > 0 ? { of: 'loss' as const, norms, largest } : undefined;
  }, [shown, largest]);
  const last = log.length - 1;
  const { film } = usePlayer(canvas, {
    ...{ log, seen: log.length, current: last, width, size: 'full', span: undefined },
    ...{ still: true, reading: false, from: 0, gradient },
  });
  const norms = Array.from(gradient?.norms ?? [], (norm, i) => `segment ${i + 1} ${small(norm)}`);
  return (
    <div ref={box}>
      <canvas ref={canvas} />
      <RibbonKey film={film} at={last} />
      <p className={typography.hidden}>
        After step {shown.step}: {storyOf(film)} At its end: {beliefAfter(film, last)}; expected: {log.expected}. Norm
        of ∂loss/∂memory received: {norms.slice(0, 64).join(', ')}.
      </p>
    </div>
  );
}
