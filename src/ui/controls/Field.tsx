// A labelled control with its explanation, shown while the control has the pointer or the focus.
import { type ReactNode, useId, useState } from 'react';
import { classNames } from '../class-names.ts';
import controls from '../styles/controls.module.css';
import typography from '../styles/typography.module.css';

export interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly title: string;
}

interface FieldProps {
  readonly label: string;
  readonly help: string;
  readonly problem?: string | undefined;
  /** Shown below the control. */
  readonly note?: string | undefined;
  readonly className?: string | undefined;
  children(ids: FieldIds): ReactNode;
}

export function Field({ label, help, problem, note, className, children }: FieldProps) {
  const id = useId();
  const [dismissed, setDismissed] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape only hides the explanation
    <div
      data-field=""
      className={classNames(controls.field, className, dismissed && controls.dismissed)}
      onKeyDown={({ key }) => key === 'Escape' && setDismissed(true)}
      onMouseLeave={() => setDismissed(false)}
      onBlur={() => setDismissed(false)}
    >
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-describedby': `${id}-help${note ? ` ${id}-note` : ''}${problem ? ` ${id}-problem` : ''}`,
        title: help,
      })}
      <p className={controls.help} id={`${id}-help`}>
        {help}
      </p>
      {note && (
        <p className={typography.note} id={`${id}-note`}>
          {note}
        </p>
      )}
      {problem && (
        <p className={typography.problem} id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
