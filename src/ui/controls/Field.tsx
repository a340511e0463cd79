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
  readonly className?: string | undefined;
  children(ids: FieldIds): ReactNode;
}

export function Field({ label, help, problem, className, children }: FieldProps) {
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
      {children({ id, 'aria-describedby': `${id}-help${problem ? ` ${id}-problem` : ''}`, title: help })}
      <p className={controls.help} id={`${id}-help`}>
        {help}
      </p>
      {problem && (
        <p className={typography.problem} id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
