// The tags of a run, edited in place as words separated by commas.
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { RunId } from '../../store/slices/runs.ts';
import { useActions } from '../playground.tsx';
import badges from '../styles/badges.module.css';
import buttons from '../styles/buttons.module.css';
import css from './RunTags.module.css';

interface RunTagsProps {
  readonly id: RunId;
  readonly name: string;
  readonly tags: readonly string[];
}

export function RunTags({ id, name, tags }: RunTagsProps) {
  const { runs } = useActions();
  const [draft, setDraft] = useState<string | undefined>();
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const isEditing = draft !== undefined;
  useEffect(() => {
    if (isEditing) input.current?.focus();
  }, [isEditing]);
  const leave = (text: string | undefined, byKey: boolean) => {
    if (draft === undefined) return;
    setDraft(undefined);
    if (text !== undefined && text !== tags.join(', ')) void runs.tag(id, text.split(','));
    // Return keyboard focus to where it was.
    if (byKey) setTimeout(() => button.current?.focus());
  };
  const press = ({ key }: KeyboardEvent) => {
    if (key === 'Enter') leave(draft, true);
    else if (key === 'Escape') leave(undefined, true);
  };
  return (
    <span className={css.tags}>
      {tags.map((tag) => (
        <span key={tag} className={badges.tag}>
          {tag}
        </span>
      ))}
      {isEditing ? (
        <input
          ref={input}
          type="text"
          aria-label={`Tags of ${name}, separated by commas`}
          value={draft}
          onChange={({ target }) => setDraft(target.value)}
          onKeyDown={press}
          onBlur={() => leave(draft, false)}
        />
      ) : (
        <button
          ref={button}
          type="button"
          className={buttons.plain}
          aria-label={`Tags of ${name}`}
          onClick={() => setDraft(tags.join(', '))}
        >
          {tags.length > 0 ? 'Edit tags' : 'Tag'}
        </button>
      )}
    </span>
  );
}
