// Attribution: the words of the document tinted by their contribution to the answer, and how strongly it depends on each
// memory on the way.
import { useState } from 'react';
import type { AttributionSettings, Candidate } from '../../../protocol/index.ts';
import { Alert } from '../../controls/Alert.tsx';
import { Field } from '../../controls/Field.tsx';
import { IntegerInput } from '../../controls/IntegerInput.tsx';
import { integer } from '../../format.ts';
import { useActions, usePlayground } from '../../playground.tsx';
import { shownWord } from '../../stream/words.ts';
import buttons from '../../styles/buttons.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { AttributionFigures } from './AttributionFigures.tsx';
import css from './Why.module.css';
import type { Objective } from './words.ts';

/** Points on the path of integrated gradients; 0 is gradient × input. */
const steps = [0, 16, 64, 256] as const;

const phases = {
  reading: 'Reading the document',
  forward: 'Forward pass',
  backward: 'Backward pass',
} as const;

interface AnswerFieldProps {
  readonly label: string;
  readonly help: string;
  readonly disabled: boolean;
  readonly value: string;
  readonly candidates: readonly Candidate[];
  readonly pieces: Parameters<typeof shownWord>[1];
  onChange(word: string): void;
}

/** One of the answers that the model considers. */
function AnswerField({ label, help, disabled, value, candidates, pieces, onChange }: AnswerFieldProps) {
  return (
    <Field label={label} className={css.short} help={help}>
      {(ids) => (
        <select {...ids} disabled={disabled} value={value} onChange={({ target }) => onChange(target.value)}>
          {candidates.map(({ id, word }) => (
            <option key={id} value={word}>
              {shownWord(word, pieces)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Attribution({ log, current, hasMemory }: SectionProps & { readonly hasMemory: boolean }) {
  const actions = useActions();
  const { status, error, progress, explained, segments } = usePlayground(({ attribute }) => attribute);
  const [objective, setObjective] = useState<Objective>('margin');
  const [points, setPoints] = useState<number>(0);
  const { model, total } = log;
  const words = explained?.words ?? 1;
  const start = (more: AttributionSettings = {}) =>
    void actions.attribute.start({
      steps: points,
      ...(explained ? { answer: explained.answer.word, than: explained.than.word, word: explained.word } : {}),
      ...more,
    });
  const isRunning = status === 'running';
  return (
    <section className={sections.panel} aria-label="Attribution">
      <header className={sections.head}>
        <h2>What the answer depends on</h2>
      </header>
      <p className={typography.note}>
        The gradient of the answer flows back through all segments, exactly as in training. Gradient × input: each
        word’s contribution is the product of the gradient at its embedding with the embedding. Integrated gradients
        (Sundararajan et al. 2017): the mean of that gradient at points between word embeddings of zero and the
        document, so that all contributions add up to what the words change, the better the more points there are.
        {model.cacheSize > 0 && ' As in training, no gradient flows through the cache of earlier inputs.'}
        {!hasMemory && ' This model has no memory, so only the last segment can contribute.'}
      </p>
      <div className={css.choices}>
        <Field
          label="Method"
          className={css.method}
          help="Gradient × input says how the answer would change with a small change of the embeddings. Integrated gradients follow it from a document without words; every point is read like a document of its own."
        >
          {(ids) => (
            <select
              {...ids}
              disabled={isRunning}
              value={points}
              onChange={({ target }) => {
                const wanted = Number(target.value);
                setPoints(wanted);
                if (explained) start({ steps: wanted });
              }}
            >
              {steps.map((each) => (
                <option key={each} value={each}>
                  {each === 0 ? 'gradient × input' : `integrated gradients, ${each} points`}
                </option>
              ))}
            </select>
          )}
        </Field>
        {isRunning ? (
          <button type="button" onClick={() => actions.attribute.stop()}>
            Stop
          </button>
        ) : (
          <button type="button" className={buttons.primary} onClick={() => start()}>
            {explained ? 'Attribute again' : 'Attribute the answer'}
          </button>
        )}
        {explained && (
          <>
            <AnswerField
              label="Answer"
              help="The answer that is explained: the one that the model gives, or another that it considers."
              disabled={isRunning}
              value={explained.answer.word}
              candidates={explained.candidates}
              pieces={model.pieces}
              onChange={(answer) => start({ answer, than: undefined })}
            />
            <AnswerField
              label="Compared with"
              help="The other answer of the difference. By default the next best."
              disabled={isRunning}
              value={explained.than.word}
              candidates={explained.candidates.filter(({ id }) => id !== explained.answer.id)}
              pieces={model.pieces}
              onChange={(than) => start({ than })}
            />
            <Field
              label="Of"
              className={css.short}
              help="The logit of the answer minus that of the other, or the log-probability of the answer. Where the model is certain, the log-probability hardly changes and its gradient vanishes."
            >
              {(ids) => (
                <select {...ids} value={objective} onChange={({ target }) => setObjective(target.value as Objective)}>
                  <option value="margin">logit difference</option>
                  <option value="logProbability">log-probability</option>
                </select>
              )}
            </Field>
            {words > 1 && (
              <IntegerInput
                label={`Word of ${integer(words)}`}
                help="The word of the answer that is explained."
                className={css.short}
                value={explained.word + 1}
                min={1}
                max={words}
                onChange={(word) => start({ word: word - 1, answer: undefined, than: undefined })}
              />
            )}
          </>
        )}
        {isRunning && (
          <p role="status" className={typography.note}>
            {progress
              ? `${phases[progress.phase]}: ${integer(progress.segments)} of ${integer(total)} segments …`
              : 'Preparing the model …'}
          </p>
        )}
      </div>
      <Alert>{error}</Alert>
      {explained && segments.size > 0 && status === 'ended' && (
        <AttributionFigures {...{ log, current, objective, explained }} segments={[...segments.values()]} />
      )}
      {status === 'stopped' && <p className={typography.note}>Stopped before the first segment was reached.</p>}
    </section>
  );
}
