// Another word for a gap of a fact or the question, and another segment for a fact.
import type { UserForms } from '../../tasks/user-form.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { drawnFacts } from '../stream/drawn-facts.ts';
import { type Editable, edited, moved } from './edit.ts';
import type { Film } from './film.ts';
import { Popup } from './Popup.tsx';
import css from './Ribbon.module.css';

interface WordMenuProps {
  readonly film: Film;
  readonly forms: UserForms;
  readonly segment: number;
  readonly at: Editable;
  readonly x: number;
  readonly width: number;
  onClose(): void;
}

export function WordMenu({ film, forms, segment, at, x, width, onClose }: WordMenuProps) {
  const { setStream } = useActions().experiment;
  const { facts, question } = usePlayground(({ experiment }) => experiment.stream);
  const document = facts && question !== undefined ? { facts, question } : drawnFacts(film.log, forms);
  if (!document) return null;
  const { kind, chosen, choices } = at;
  return (
    <Popup label={`${kind === 'fact' ? 'Fact' : 'Question'}: ${at.text}`} x={x} width={width} onClose={onClose}>
      <label className={css.word}>
        Replace “{chosen}” by
        <select
          value={chosen}
          onChange={({ target }) => {
            setStream(edited(document, at, target.value, forms));
            onClose();
          }}
        >
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </label>
      {kind === 'fact' && (
        <fieldset className={css.choices} aria-label="Move the fact">
          {([-1, 1] as const).map((by) => (
            <button
              key={by}
              type="button"
              disabled={segment + by < 0 || segment + by >= film.total}
              onClick={() => {
                setStream(moved(document, segment, segment + by));
                onClose();
              }}
            >
              {by < 0 ? '← Earlier' : 'Later →'}
            </button>
          ))}
        </fieldset>
      )}
    </Popup>
  );
}
