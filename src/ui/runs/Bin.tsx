// Deleted runs that can still be restored: a bar that stays until the bin is emptied, at most a day.
import { useEffect, useRef } from 'react';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import css from './Bin.module.css';

export function Bin() {
  const actions = useActions();
  const entries = usePlayground(({ runs }) => runs.entries);
  const undo = useRef<HTMLButtonElement>(null);
  const deleted = entries
    .flatMap(({ record }) => (record?.deleted === undefined ? [] : [{ ...record, at: record.deleted }]))
    .sort((a, b) => b.at - a.at);
  const before = useRef<number | undefined>(undefined);
  const [last] = deleted;
  useEffect(() => {
    // The Delete button is gone, so keyboard focus moves to Undo.
    if (before.current !== undefined && deleted.length > before.current) undo.current?.focus();
    before.current = deleted.length;
  }, [deleted.length]);
  return (
    <section className={css.bin} aria-label="Deleted runs">
      <p role="status">
        {last &&
          (deleted.length === 1
            ? `“${last.name}” is deleted. It can be restored for a day.`
            : `“${last.name}” and ${deleted.length - 1} more are deleted. They can be restored for a day.`)}
      </p>
      {last && (
        <p className={layout.actions}>
          <button type="button" ref={undo} onClick={() => void actions.runs.setDeleted(last.id, false)}>
            Undo
          </button>
          <button type="button" onClick={() => void actions.runs.emptyBin()}>
            Delete permanently
          </button>
        </p>
      )}
    </section>
  );
}
