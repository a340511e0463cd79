// Interventions on memory: changes the memory after a segment and compares the answer with the unmodified run.
import { useId, useState } from 'react';
import { memoryKind } from '../../analysis/memory-attention.ts';
import { mostChanges, writeChange } from '../../inference/intervention-text.ts';
import type { Intervention } from '../../protocol/index.ts';
import { shownVerdict, streamedWith } from '../../store/slices/stream.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { Field } from '../controls/Field.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { largestSeed } from '../controls/integer.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { integer, percent } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { changeInWords, kindLabels } from './change-words.ts';
import css from './Intervene.module.css';

type Kind = Intervention['kind'];

/** Most tokens shown as separate checkboxes. */
const mostBoxes = 32;

export function Intervene({ log, current }: { readonly log: StreamLog; readonly current: number }) {
  const changes = usePlayground(({ experiment }) => experiment.stream.changes) ?? [];
  const { setStream } = useActions().experiment;
  const [kind, setKind] = useState<Kind>('zero');
  const [segment, setSegment] = useState<number | undefined>();
  const [length, setLength] = useState(1);
  const [seed, setSeed] = useState(2);
  const [tokens, setTokens] = useState<readonly number[] | undefined>();
  const ids = useId();
  const { model, total } = log;
  const held = memoryKind(model);
  if (held === 'none')
    return (
      <section className={sections.panel} aria-label="Intervene on memory">
        <h2>Intervene on memory</h2>
        <p className={typography.note}>
          In this model nothing passes from one segment to the next, so there is no memory to change.
        </p>
      </section>
    );
  const hasTokens = held === 'tokens';
  const kinds: readonly Kind[] = hasTokens ? ['zero', 'freeze', 'shuffle', 'swap'] : ['zero', 'freeze', 'swap'];
  const isFull = changes.length >= mostChanges;
  const possible = total > 1;
  // The current segment unless another was typed; the last segment's memory is never used.
  const at = Math.min(segment ?? current, Math.max(0, total - 2));
  const all = Array.from({ length: model.memTokens }, (_, i) => i);
  const chosen = hasTokens && tokens && tokens.length < model.memTokens ? tokens : undefined;
  const fewest = kind === 'shuffle' ? 2 : 1;
  const enough = !chosen || chosen.length >= fewest;
  const add = () => {
    const where = { segment: at, ...(chosen ? { tokens: chosen } : {}) };
    const change: Intervention =
      kind === 'zero' ? { kind, ...where } : kind === 'freeze' ? { kind, length, ...where } : { kind, seed, ...where };
    setStream({ changes: [...changes, change] });
  };
  return (
    <section className={sections.panel} aria-label="Intervene on memory">
      <header className={sections.head}>
        <h2>Intervene on memory</h2>
      </header>
      <p className={typography.note}>
        Change the memory after a segment, before the next one reads it, and see whether the answer changes.
        {!hasTokens && ' This model has no memory tokens: its memory is changed as a whole and cannot be shuffled.'}
      </p>
      <form
        className={controls.row}
        aria-label="Intervention"
        onSubmit={(event) => {
          event.preventDefault();
          if (possible && enough && !isFull) add();
        }}
      >
        <Field
          label="Kind"
          help="Zero: set the memory to zero. Freeze: pass the memory on unchanged, so that nothing is written. Shuffle: put the memory tokens into another order. Swap: take the memory that another document has after the same segment."
        >
          {(field) => (
            <select {...field} value={kind} onChange={({ target }) => setKind(target.value as Kind)}>
              {kinds.map((each) => (
                <option key={each} value={each}>
                  {kindLabels[each]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <IntegerInput
          label={kind === 'freeze' ? 'From segment' : 'After segment'}
          help="The current segment unless you enter another. The memory after the last segment is never used."
          className={controls.short}
          value={at + 1}
          min={1}
          max={Math.max(1, total - 1)}
          onChange={(wanted) => setSegment(wanted - 1)}
        />
        {kind === 'freeze' && (
          <IntegerInput
            label="For segments"
            help="The number of segments that leave the memory unchanged."
            className={controls.short}
            value={length}
            min={1}
            max={4096}
            onChange={setLength}
          />
        )}
        {(kind === 'shuffle' || kind === 'swap') && (
          <IntegerInput
            label={kind === 'swap' ? 'Document seed' : 'Order seed'}
            help={
              kind === 'swap'
                ? 'Determines the other document, which has the same task and length and its own facts.'
                : 'Determines the order of the tokens, which is never the current one.'
            }
            className={controls.short}
            value={seed}
            min={0}
            max={largestSeed}
            onChange={setSeed}
          />
        )}
        <button
          type="submit"
          className={buttons.primary}
          title="Read the document again with this intervention"
          disabled={!possible || !enough || isFull}
        >
          Apply
        </button>
        {hasTokens && model.memTokens > 1 && model.memTokens <= mostBoxes && (
          <fieldset className={controls.checks}>
            <legend>Memory tokens</legend>
            {all.map((token) => (
              <label
                key={token}
                className={controls.check}
                htmlFor={`${ids}-${token}`}
                title="Apply the intervention to this memory token"
              >
                <input
                  id={`${ids}-${token}`}
                  type="checkbox"
                  checked={(tokens ?? all).includes(token)}
                  onChange={({ target }) => {
                    const rest = (tokens ?? all).filter((each) => each !== token);
                    setTokens(target.checked ? [...rest, token].sort((a, b) => a - b) : rest);
                  }}
                />
                {token + 1}
              </label>
            ))}
          </fieldset>
        )}
      </form>
      {!possible && <p className={typography.problem}>Interventions need a document of at least two segments.</p>}
      {!enough && (
        <p className={typography.problem} role="alert">
          {kind === 'shuffle' ? 'Choose at least two memory tokens to shuffle.' : 'Choose at least one memory token.'}
        </p>
      )}
      {isFull && <p className={typography.problem}>A document can have at most {mostChanges} interventions.</p>}
      {changes.length > 0 && (
        <>
          <ol className={css.changes} aria-label="Active interventions">
            {changes.map((change, i) => (
              <li key={`${i} ${writeChange(change)}`}>
                <span>{changeInWords(change)}</span>
                <button
                  type="button"
                  onClick={() => setStream({ changes: changes.filter((_, k) => k !== i) })}
                  aria-label={`Remove: ${changeInWords(change)}`}
                >
                  Remove
                </button>
              </li>
            ))}
          </ol>
          {changes.length > 1 && (
            <p>
              <button type="button" onClick={() => setStream({ changes: undefined })}>
                Remove all
              </button>
            </p>
          )}
          <BeforeAfter log={log} />
        </>
      )}
    </section>
  );
}

/** The answers with and without the intervention, and the probability of the expected one. */
function BeforeAfter({ log }: { readonly log: StreamLog }) {
  const verdict = usePlayground(shownVerdict);
  const { setStream } = useActions().experiment;
  const settings = usePlayground(({ experiment }) => experiment.stream);
  const seed = usePlayground((state) => streamedWith(state, state.models.resolve(settings.model)).seed);
  const others = log.beginning.others ?? [];
  if (!verdict?.untouched)
    return <p className={typography.note}>The answers are compared here once the document has been read.</p>;
  const last = log.length - 1;
  const isText = log.measure !== 'classes';
  const rows = [
    ['Without intervention', verdict.untouched, log.untouchedProbability[last]],
    ['With intervention', verdict, log.expectedProbability[last]],
  ] as const;
  const [swap] = (settings.changes ?? []).filter((change) => change.kind === 'swap');
  return (
    <>
      <table aria-label="Answers with and without intervention">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">{isText ? 'Words predicted correctly' : 'Answer'}</th>
            {!isText && <NumberHead>p of {log.expected}</NumberHead>}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, said, probability]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {isText ? (
                  `${integer(said.right ?? 0)} of ${integer(said.asked ?? 0)}`
                ) : (
                  <>
                    <span aria-hidden="true">{said.answer === log.expected ? '✓' : '✗'}</span> {said.answer}
                    {said.answer !== log.expected && <span className={typography.hidden}> (wrong)</span>}
                  </>
                )}
              </td>
              {!isText && <td className={tables.number}>{percent(probability ?? Number.NaN)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {others.map((other) => (
        <p key={other.seed} className={typography.note}>
          The answer in document {other.seed} is <strong>{other.expected}</strong>
          {!isText && verdict.answer === other.expected && other.expected !== log.expected
            ? ': with its memory, this document gets the answer of the other one.'
            : '.'}
        </p>
      ))}
      {swap?.kind === 'swap' && !settings.facts && (
        <p>
          <button
            type="button"
            className={buttons.long}
            onClick={() => setStream({ seed: swap.seed, changes: [{ ...swap, seed }] })}
          >
            Stream the other document with this memory
          </button>
        </p>
      )}
    </>
  );
}
