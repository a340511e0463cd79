// The name of a run, edited in place.
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { mostNameLength } from '../../store/library/record.ts';
import type { RunId } from '../../store/slices/runs.ts';
import { useActions } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import css from './RunName.module.css';

export function RunName({ id, name }: { readonly id: RunId; readonly name: string }) {
  const actions = useActions();
  const [draft, setDraft] = useState<string | undefined>();
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isOpen = useRef(false);
  const isEditing = draft !== undefined;
  useEffect(() => {
    if (isEditing) input.current?.select();
  }, [isEditing]);
  /** Runs only once: removing the input may also blur it. */
  const leave = (text: string | undefined, byKey: boolean) => {
    if (!isOpen.current) return;
    isOpen.current = false;
    setDraft(undefined);
    if (text !== undefined) void actions.runs.rename(id, text);
    // Return keyboard focus to where it was.
    if (byKey) setTimeout(() => button.current?.focus());
  };
  const press = ({ key }: KeyboardEvent) => {
    if (key === 'Enter') leave(draft, true);
    else if (key === 'Escape') leave(undefined, true);
  };
  if (draft === undefined)
    return (
      <span className={css.name}>
        <span>{name}</span>
        <button
          type="button"
          className={buttons.plain}
          ref={button}
          aria-label={`Rename ${name}`}
          onClick={() => {
            isOpen.current = true;
            setDraft(name);
          }}
        >
          Rename
        </button>
      </span>
    );
  return (
    <span className={css.name}>
      <input
        ref={input}
        type="text"
        aria-label={`Name of ${name}`}
        value={draft}
        maxLength={mostNameLength}
        onChange={({ target }) => setDraft(target.value)}
        onKeyDown={press}
        onBlur={() => leave(draft, false)}
      />
    </span>
  );
}
