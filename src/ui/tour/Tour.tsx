// A tour that acts: each step shows a part of the page, asks what the visitor expects, does something to the real model,
// and says what came of it. It can be left at any time, and leaves the page as it was.
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { classNames } from '../class-names.ts';
import { usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import { type Facts, factsOf } from './facts.ts';
import { steps, type TourStep } from './steps.ts';
import css from './Tour.module.css';
import { canTrain, useActs } from './use-acts.ts';

export function Tour({ onEnd }: { onEnd(): void }) {
  const [at, go] = useState(0);
  const acts = useActs(at);
  const box = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const leave = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) onEnd();
    };
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, [onEnd]);
  const step = steps[at];
  if (!step) return null;
  const isLast = at === steps.length - 1;
  const press = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowRight' && !isLast) go(at + 1);
    if (key === 'ArrowLeft' && at > 0) go(at - 1);
  };
  return (
    <section
      ref={box}
      className={css.tour}
      role="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      tabIndex={-1}
      onKeyDown={press}
    >
      <Content key={at} step={step} acts={acts} id={id} />
      <div className={css.buttons}>
        <p className={classNames(typography.quiet, css.count)}>
          {at + 1} of {steps.length}
        </p>
        <button type="button" title="Leave the tour; the page is then as it was (Escape)" onClick={onEnd}>
          {isLast ? 'Close' : 'Leave'}
        </button>
        <button type="button" title="Back (arrow left)" disabled={at === 0} onClick={() => go(at - 1)}>
          Back
        </button>
        <button
          type="button"
          title={isLast ? 'Leave the tour' : 'Next (arrow right)'}
          onClick={() => (isLast ? onEnd() : go(at + 1))}
        >
          {isLast ? 'Done' : 'Next'}
        </button>
      </div>
    </section>
  );
}

interface ContentProps {
  readonly step: TourStep;
  readonly acts: ReturnType<typeof useActs>;
  readonly id: string;
}

function Content({ step, acts: { act, isActing, isDone }, id }: ContentProps) {
  // The whole slice, because the log grows in place.
  const stream = usePlayground((state) => state.stream);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const trains = usePlayground(canTrain);
  const failed = usePlayground(
    (state) => state.stream.error ?? (state.experiment.view === 'train' ? state.run.error : undefined),
  );
  const facts = factsOf({ stream });
  const [guess, setGuess] = useState<string | undefined>();
  const question = facts && step.question?.(facts);
  const canAct = step.act?.kind === 'train' ? trains || isActing : ready && facts !== undefined;
  const isOver = step.act ? isDone : guess !== undefined;
  // What was computed may have moved it.
  useEffect(() => {
    if (isDone) document.querySelector('[data-stage]')?.scrollIntoView({ block: 'start' });
  }, [isDone]);
  return (
    <>
      <div className={css.words} aria-live="polite">
        <h2 id={`${id}-title`}>{step.title}</h2>
        <p id={`${id}-text`}>{step.text(facts)}</p>
        {isOver && facts && <p className={css.result}>{step.result?.(facts, guess)}</p>}
        {failed && <p className={typography.problem}>{failed}</p>}
      </div>
      <div className={css.acts}>
        {question && (
          <Prediction
            question={question}
            facts={facts}
            guess={guess}
            isOver={isOver}
            isFixed={isActing || isOver}
            onGuess={setGuess}
          />
        )}
        {step.act && (
          <p className={layout.actions}>
            <button
              type="button"
              className={buttons.primary}
              aria-disabled={isActing}
              disabled={!canAct}
              onClick={() => !isActing && act()}
            >
              {isActing ? 'Working …' : step.act.label}
            </button>
            {!ready && <span className={typography.note}>Needs a GPU, which this page does not have here.</span>}
            {ready && step.act.kind === 'train' && !canAct && !isDone && (
              <span className={typography.note}>A run of yours is on this view; the tour leaves it as it is.</span>
            )}
          </p>
        )}
      </div>
    </>
  );
}

interface PredictionProps {
  readonly question: NonNullable<ReturnType<NonNullable<TourStep['question']>>>;
  readonly facts: Facts;
  readonly guess: string | undefined;
  readonly isOver: boolean;
  readonly isFixed: boolean;
  onGuess(choice: string): void;
}

/** What the visitor expects, before it is seen. */
function Prediction({ question, facts, guess, isOver, isFixed, onGuess }: PredictionProps) {
  const right = isOver ? question.right(facts) : undefined;
  return (
    <fieldset className={css.prediction}>
      <legend>{question.text}</legend>
      {question.choices.map((choice) => (
        <button
          key={choice}
          type="button"
          aria-pressed={guess === choice}
          aria-disabled={isFixed}
          onClick={() => !isFixed && onGuess(choice)}
        >
          {choice === right && <span aria-hidden="true">✓ </span>}
          {choice}
          {choice === right && <span className={typography.hidden}> (right)</span>}
        </button>
      ))}
    </fieldset>
  );
}
