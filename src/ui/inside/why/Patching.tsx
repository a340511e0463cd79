// Patching: the settings of a map of effects, and the map.
import { useMemo, useState } from 'react';
import type { PatchSettings, Sweep } from '../../../protocol/index.ts';
import { sentenceOf } from '../../../store/error-text.ts';
import { findTask } from '../../../tasks/index.ts';
import type { Task } from '../../../tasks/task.ts';
import { answerOf, type UserDocument } from '../../../tasks/user-document.ts';
import { Alert } from '../../controls/Alert.tsx';
import { Field } from '../../controls/Field.tsx';
import { IntegerInput } from '../../controls/IntegerInput.tsx';
import { integer } from '../../format.ts';
import { useActions, usePlayground } from '../../playground.tsx';
import { drawnFacts } from '../../stream/drawn-facts.ts';
import { FactsEditor, plainDocument } from '../../stream/FactsEditor.tsx';
import { shownWord } from '../../stream/words.ts';
import buttons from '../../styles/buttons.module.css';
import controls from '../../styles/controls.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { EffectMap } from './EffectMap.tsx';
import css from './Why.module.css';

/** Where the other document comes from. */
type Source = 'word' | 'own' | 'seed';

const largestSeed = 2 ** 32 - 1;

/** What is right of a document that was written here, or why nothing is. */
function judged(task: Task, document: UserDocument): string {
  try {
    return `The right answer of this document is “${answerOf(task, document)}”.`;
  } catch (error) {
    return sentenceOf(error);
  }
}

export function Patching({ log, current, segment }: SectionProps) {
  const actions = useActions();
  const { status, error, map } = usePlayground(({ patch }) => patch);
  const { model, marked } = log;
  const hasStates = model.memTokens > 0 || model.cacheSize > 0;
  const [kind, setKind] = useState<Sweep['kind']>(hasStates ? 'memory' : 'hidden');
  const [source, setSource] = useState<Source>('word');
  const [seed, setSeed] = useState(2);
  const [chosen, setChosen] = useState<number | undefined>();
  const [typed, setTyped] = useState<string | undefined>();
  const [written, setWritten] = useState<UserDocument | undefined>();
  const task = model.task === undefined ? undefined : findTask(model.task);
  const forms = task?.kind === 'classification' ? task.userForms : undefined;
  const { facts, question } = usePlayground(({ experiment }) => experiment.stream);
  const isOwn = facts !== undefined && question !== undefined;
  const begun = useMemo(
    () => forms && (isOwn ? { facts, question } : (drawnFacts(log, forms) ?? plainDocument(forms))),
    [forms, isOwn, facts, question, log],
  );
  const document = written ?? begun;
  // What it is about in this segment: a class that is named in it, the last word of a fact, or the first word.
  const named = segment.words.findIndex((word) => model.classes.includes(word));
  const fact = segment.marks.find((mark) => mark.kind === 'fact');
  const at = chosen !== undefined && chosen < segment.words.length ? chosen : Math.max(0, named, fact?.start ?? 0);
  const before = segment.words[at] ?? '';
  const proposed = model.classes.find((each) => each !== before && !each.includes(' ')) ?? '';
  const word = typed ?? (model.classes.includes(before) ? proposed : '');
  const isRunning = status === 'running';
  const jumps = marked.filter(({ index, kinds }) => index !== current && kinds.includes('fact')).slice(0, 4);
  const draw = () => {
    const other: PatchSettings['other'] =
      source === 'seed'
        ? { seed }
        : source === 'own'
          ? { document }
          : { edits: [{ segment: current, at, word: word.trim() }] };
    const sweep: Sweep = kind === 'memory' ? { kind } : { kind, segment: current };
    void actions.patch.start({ other, sweep });
  };
  return (
    <section className={sections.panel} aria-label="Patching">
      <header className={sections.head}>
        <h2>What carries the answer</h2>
      </header>
      <p className={typography.note}>
        Activation patching (Vig et al. 2020; Meng et al. 2022): one part of another document’s reading is put in the
        place of the same part here, and the rest is read on. If the answer moves to the other document’s, that part
        carries it.
      </p>
      <form
        className={css.choices}
        onSubmit={(event) => {
          event.preventDefault();
          draw();
        }}
      >
        <Field
          label="Patch"
          className={css.short}
          help="Memory: each memory token after each segment, and all of them together. Heads: the output of each head at all positions of the segment on show. Hidden states: each layer’s state at each position of the segment on show."
        >
          {(ids) => (
            <select {...ids} value={kind} onChange={({ target }) => setKind(target.value as Sweep['kind'])}>
              {hasStates && <option value="memory">memory</option>}
              <option value="heads">heads, segment {integer(current + 1)}</option>
              <option value="hidden">hidden states, segment {integer(current + 1)}</option>
            </select>
          )}
        </Field>
        <Field
          label="Other document"
          className={css.short}
          help="This document with another word in the segment on show, one with facts and a question of yours, or one drawn by a seed."
        >
          {(ids) => (
            <select {...ids} value={source} onChange={({ target }) => setSource(target.value as Source)}>
              <option value="word">another word</option>
              {forms && <option value="own">written by you</option>}
              <option value="seed">drawn by a seed</option>
            </select>
          )}
        </Field>
        {source === 'seed' ? (
          <IntegerInput
            label="Document seed"
            help="Determines the other document, which has the same task and length and its own facts."
            className={controls.short}
            value={seed}
            min={0}
            max={largestSeed}
            onChange={setSeed}
          />
        ) : source === 'word' ? (
          <>
            <Field
              label={`Word of segment ${integer(current + 1)}`}
              className={css.short}
              help="The word that is replaced. Choose its segment above."
            >
              {(ids) => (
                <select
                  {...ids}
                  value={at}
                  onChange={({ target }) => {
                    setChosen(Number(target.value));
                    setTyped(undefined);
                  }}
                >
                  {segment.words.map((each, i) => (
                    <option key={i} value={i}>
                      {integer(i + 1)}. {shownWord(each, model.pieces)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Becomes" className={css.short} help="One word of the model’s vocabulary.">
              {(ids) => (
                <>
                  <input
                    {...ids}
                    type="text"
                    list={`${ids.id}-words`}
                    value={word}
                    onChange={({ target }) => setTyped(target.value)}
                  />
                  <datalist id={`${ids.id}-words`}>
                    {model.classes
                      .filter((each) => !each.includes(' '))
                      .map((each) => (
                        <option key={each} value={each} />
                      ))}
                  </datalist>
                </>
              )}
            </Field>
          </>
        ) : null}
        {isRunning ? (
          <button type="button" onClick={() => actions.patch.stop()}>
            Stop
          </button>
        ) : (
          <button type="submit" className={buttons.primary} disabled={source === 'word' && word.trim() === ''}>
            Draw the map
          </button>
        )}
      </form>
      {source === 'own' && task && forms && document && (
        <div className={css.written}>
          <FactsEditor forms={forms} document={document} segments={log.total} onChange={setWritten}>
            {written && (
              <button type="button" title="Begin again with the facts on show" onClick={() => setWritten(undefined)}>
                Take this document’s facts
              </button>
            )}
          </FactsEditor>
          <p role="status" className={typography.note}>
            {judged(task, document)}
            {!isOwn &&
              ' Its noise differs too, since the facts on show were drawn with theirs. Write your own facts on Stream, and both have the same noise.'}
          </p>
        </div>
      )}
      {source === 'word' && jumps.length > 0 && !fact && (
        <p className={css.choices}>
          <span className={typography.note}>A fact stands in</span>
          {jumps.map(({ index }) => (
            <button key={index} type="button" onClick={() => actions.stream.jump(index)}>
              Segment {integer(index + 1)}
            </button>
          ))}
        </p>
      )}
      <Alert>{error}</Alert>
      {isRunning && (
        <p role="status" className={typography.note}>
          {map
            ? `${integer(map.done)} of ${integer(map.margins.length)} patches …`
            : 'Reading both documents without a patch …'}
        </p>
      )}
      {map && <EffectMap log={log} map={map} />}
      {status === 'stopped' && <p className={typography.note}>Stopped. The patches read so far are shown.</p>}
    </section>
  );
}
