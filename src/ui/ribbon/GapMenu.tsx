// Interventions on the memory between two segments, where the ribbon was pressed.
import { memoryKind } from '../../analysis/memory-attention.ts';
import { mostChanges } from '../../inference/intervention-text.ts';
import type { Intervention } from '../../protocol/index.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { changeInWords } from '../stream/change-words.ts';
import typography from '../styles/typography.module.css';
import type { Film } from './film.ts';
import { Popup } from './Popup.tsx';
import css from './Ribbon.module.css';

interface GapMenuProps {
  readonly film: Film;
  /** After which segment. */
  readonly gap: number;
  /** The thread that was pressed. */
  readonly thread: number | undefined;
  readonly x: number;
  readonly width: number;
  onClose(): void;
}

/** Another document and another order: any seed but that of the document. */
const seed = 2;

export function GapMenu({ film, gap, thread, x, width, onClose }: GapMenuProps) {
  const changes = usePlayground(({ experiment }) => experiment.stream.changes) ?? [];
  const { setStream } = useActions().experiment;
  const { model } = film.log;
  const hasTokens = memoryKind(model) === 'tokens';
  const here = changes.filter(({ segment }) => segment === gap);
  const put = (change: Intervention) => {
    setStream({ changes: [...changes, change] });
    onClose();
  };
  const at = { segment: gap };
  const threads = thread === undefined ? Array.from({ length: film.threads }, (_, t) => t) : [thread];
  const tokensOf = (t: number) =>
    Array.from({ length: model.memTokens }, (_, token) => token).filter((token) => film.threadOf(token) === t);
  const isFull = changes.length >= mostChanges;
  return (
    <Popup label={`Memory after segment ${gap + 1}`} x={x} width={width} onClose={onClose}>
      <div className={css.choices}>
        <button type="button" disabled={isFull} onClick={() => put({ kind: 'zero', ...at })}>
          ✕ Zero
        </button>
        <button type="button" disabled={isFull} onClick={() => put({ kind: 'freeze', length: 1, ...at })}>
          ❄ Freeze
        </button>
        {hasTokens && model.memTokens > 1 && (
          <button type="button" disabled={isFull} onClick={() => put({ kind: 'shuffle', seed, ...at })}>
            ⇅ Shuffle
          </button>
        )}
        <button type="button" disabled={isFull} onClick={() => put({ kind: 'swap', seed, ...at })}>
          ⇄ Swap
        </button>
      </div>
      {hasTokens && model.memTokens > 1 && (
        <fieldset className={css.choices} aria-label="Cut one thread">
          {threads.map((t) => (
            <button
              key={t}
              type="button"
              disabled={isFull}
              aria-label={`Cut thread ${t + 1}`}
              onClick={() => put({ kind: 'zero', tokens: tokensOf(t), ...at })}
            >
              ✂ {threads.length > 4 ? t + 1 : `Cut ${t + 1}`}
            </button>
          ))}
        </fieldset>
      )}
      {isFull && <p className={typography.note}>A document can have at most {mostChanges} interventions.</p>}
      {here.map((change) => (
        <button
          key={changeInWords(change)}
          type="button"
          onClick={() => {
            setStream({ changes: changes.filter((each) => each !== change) });
            onClose();
          }}
        >
          Undo: {changeInWords(change)}
        </button>
      ))}
    </Popup>
  );
}
