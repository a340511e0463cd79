// A generative model continues a text word by word, carrying its memory across segment borders.
import type { ReactNode } from 'react';
import type { Writing } from '../../store/slices/generate.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { isSpelt, spell } from '../../text/vocabulary.ts';
import { endOfLine } from '../../text/words.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { DraftInput } from '../controls/DraftInput.tsx';
import { Field } from '../controls/Field.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { parseNumber } from '../controls/integer.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { SeedInput } from '../controls/SeedInput.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer, percent } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './ContinueText.module.css';
import { PieceText } from './PieceText.tsx';
import segmentText from './SegmentText.module.css';
import { shownWord, shownWords, visible } from './words.ts';

const mostWords = 2000;

/** @param log the streamed document; without one, only the user's own text can be continued */
export function ContinueText({ log }: { readonly log?: StreamLog | undefined }) {
  const { status, error, settings, writing } = usePlayground(({ generate }) => generate);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { set, start, stop } = useActions().generate;
  const busy = status === 'starting' || status === 'writing';
  const fromDocument = settings.prompt === '';
  const beginning = log ? beginningOf(log) : '';
  // A text can continue in many ways: only an answer is compared with the document's own.
  const shown = writing && log?.measure === 'every word' ? { ...writing, expected: [] } : writing;
  return (
    <section className={sections.panel} aria-label="Continue the text">
      <header className={sections.head}>
        <h2>Continue the text</h2>
      </header>
      <p className={typography.note}>
        The model generates text: it reads each word it generates as the next input, and only its memory passes each
        segment border.{' '}
        {log?.measure === 'answer words'
          ? 'Starting from the question of the document, it generates the whole answer.'
          : ''}
      </p>
      <form
        className={controls.row}
        aria-label="Text generation"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void start();
        }}
      >
        <Field
          label="Prompt"
          help="Your own text, split as the training text was. Unknown words are read as [UNK] and named; unknown characters are refused. Empty: the document above up to its answer, or its first segment."
          className={controls.wide}
        >
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              autoComplete="off"
              spellCheck={false}
              placeholder={log ? 'from the document' : 'your own text'}
              value={settings.prompt}
              onChange={({ target }) => set({ prompt: target.value })}
            />
          )}
        </Field>
        <IntegerInput
          label="Words"
          help={`The number of words to generate, at most ${mostWords}. An answer is generated to its full length.`}
          className={controls.seed}
          value={settings.words}
          min={1}
          max={mostWords}
          onChange={(words) => set({ words })}
        />
        <DraftInput
          label="Temperature"
          help="0 always takes the most probable word; 1 draws words with the model’s probabilities; higher values draw less probable words more often."
          className={controls.seed}
          value={String(settings.temperature)}
          accept={(text) => {
            const temperature = parseNumber(text, 0, 100);
            set({ temperature });
            return String(temperature);
          }}
        />
        {!fromDocument && (
          <SeedInput
            help="Determines the words drawn; has no effect at temperature 0."
            className={controls.seed}
            value={settings.seed}
            onChange={(seed) => set({ seed })}
          />
        )}
        <div className={layout.actions}>
          <button
            type="submit"
            className={buttons.primary}
            title="Generate word by word; each word is the next input"
            disabled={busy || !ready || (fromDocument && !log)}
          >
            Continue the text
          </button>
          <button type="button" title="Stop here; the text so far is kept" disabled={!busy} onClick={stop}>
            Stop generating
          </button>
        </div>
      </form>
      {fromDocument && beginning !== '' && (
        <p className={typography.note}>
          The prompt from the document is “{beginning}”.{' '}
          <button type="button" className={buttons.plain} onClick={() => set({ prompt: beginning })}>
            Edit the prompt
          </button>
        </p>
      )}
      <Alert>{error}</Alert>
      {shown && shown.unknown.length > 0 && (
        <p className={typography.note}>
          The model does not know these words of the prompt and reads them as [UNK]:{' '}
          {shown.unknown.slice(0, 12).join(' ')}
          {shown.unknown.length > 12 && ` and ${integer(shown.unknown.length - 12)} more`}.
        </p>
      )}
      {shown && <Written writing={shown} />}
      <p role="status" className={status === 'ended' ? css.outcome : typography.hidden}>
        {status === 'starting' && 'Preparing the model'}
        {status === 'writing' && 'Generating'}
        {status === 'ended' && shown && outcome(shown)}
        {status === 'stopped' && 'Stopped'}
      </p>
    </section>
  );
}

const longestBeginning = 400;
const shownAs = (text: string) => (/^\s$/.test(text) ? visible(text) : text);

/** The document up to its answer, or its first segment, as the user would type it; empty if it cannot be typed. */
function beginningOf(log: StreamLog): string {
  const words: string[] = [];
  for (const segment of log.segments) {
    if (!segment.hasText) return '';
    const answer = segment.marks.find(({ kind }) => kind === 'answer');
    words.push(...segment.words.slice(0, answer?.start));
    if (answer || log.measure === 'every word' || words.length > longestBeginning) break;
  }
  const { pieces } = log.model;
  const text =
    pieces || isSpelt(words)
      ? spell(words, pieces).trimStart()
      : words.map((word) => (word === endOfLine ? '\n' : word)).join(' ');
  // Special tokens and parts of characters cannot be typed.
  const canBeTyped = !/\ufffd|\[[A-Z]+\]/.test(text);
  return canBeTyped && text.length <= longestBeginning ? text : '';
}

function outcome({ words, expected, judgement }: Writing): string {
  const length = `${integer(words.length)} ${words.length === 1 ? 'word' : 'words'} generated`;
  if (judgement) return `${judgement.right ? '✓ Correct' : '✗ Wrong'}: ${judgement.reason}. ${length}.`;
  if (expected.length === 0) return `${length}.`;
  const same = words.filter(({ word }, i) => word === expected[i]).length;
  return `${length}; ${integer(same)} of ${integer(Math.min(expected.length, words.length))} match the document.`;
}

function Written({
  writing: { prompt, words, expected, segmentSize, judgement, pieces, ids },
}: {
  readonly writing: Writing;
}) {
  const all = [...prompt, ...words.map(({ word }) => word)];
  const spelt = pieces === undefined && isSpelt(all);
  const shown = shownWords(all, pieces);
  const inText = (word: string) => shownWord(word, pieces);
  // An answer judged by the task's own check may be right even where its words differ.
  const judged = expected.length > 0 && judgement === undefined;
  const part = (i: number): ReactNode => {
    const written = words[i - prompt.length];
    const text = all[i] ?? '';
    const border = i > 0 && i % segmentSize === 0;
    const wanted = written && judged ? expected[i - prompt.length] : undefined;
    const verdict = wanted === undefined ? '' : wanted === text ? 'right' : 'wrong';
    return (
      <span key={i} data-piece={pieces && i}>
        {border && (
          <span className={css.border} title={`Segment ${i / segmentSize + 1} begins`}>
            <span className={css.borderNumber} aria-hidden="true">
              {i / segmentSize + 1}
            </span>
          </span>
        )}
        {i === 0 ? '' : shown[i]?.gap}
        {written ? (
          <span
            className={classNames(segmentText.word, segmentText.shaded)}
            data-verdict={verdict || undefined}
            style={{ '--strength': `${Math.round(60 * written.probability)}%` } as object}
            title={`${inText(text)}: ${percent(written.probability)}${verdict === 'wrong' ? `; in the document: ${inText(wanted ?? '')}` : ''}`}
          >
            {shownAs(shown[i]?.text ?? text)}
            {verdict === 'wrong' && (
              <sup>
                <span className={typography.hidden}>, wrong: expected </span>✗{inText(wanted ?? '')}
              </sup>
            )}
          </span>
        ) : (
          <span className={typography.quiet}>{shownAs(shown[i]?.text ?? text)}</span>
        )}
      </span>
    );
  };
  // Of a long prompt, the end matters.
  const from = Math.max(0, prompt.length - 600);
  const text = (
    <p className={classNames(segmentText.text, css.written, spelt && segmentText.spelt)}>
      {from > 0 && '… '}
      {all.slice(from).map((_, k) => part(from + k))}
    </p>
  );
  return (
    <>
      {pieces ? (
        <PieceText pieces={all} ids={[...(ids ?? []), ...words.map(({ token = Number.NaN }) => token)]} first={from}>
          {text}
        </PieceText>
      ) : (
        text
      )}
      <details>
        <summary>Generated words as a table</summary>
        <TableScroll label="Generated words">
          <table>
            <thead>
              <tr>
                <NumberHead>Position</NumberHead>
                <NumberHead>Segment</NumberHead>
                <th scope="col">Word</th>
                <NumberHead>Probability</NumberHead>
                {expected.length > 0 && <th scope="col">In the document</th>}
              </tr>
            </thead>
            <tbody>
              {words.map(({ word, probability }, k) => (
                <tr key={k}>
                  <td className={tables.number}>{prompt.length + k + 1}</td>
                  <td className={tables.number}>{Math.floor((prompt.length + k) / segmentSize) + 1}</td>
                  <td>{inText(word)}</td>
                  <td className={tables.number}>{percent(probability)}</td>
                  {expected.length > 0 && <td>{inText(expected[k] ?? '–')}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      </details>
    </>
  );
}
