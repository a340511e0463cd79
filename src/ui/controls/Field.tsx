// A labelled control with its explanation, which shows when the control has the pointer or the focus.
import { type ReactNode, useId, useState } from 'react';

export interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly title: string;
}

interface FieldProps {
  readonly label: string;
  readonly help: string;
  readonly problem?: string | undefined;
  readonly className?: string;
  children(ids: FieldIds): ReactNode;
}

export function Field({ label, help, problem, className = '', children }: FieldProps) {
  const id = useId();
  const [dismissed, setDismissed] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape only hides the explanation
    <div
      className={`field ${className} ${dismissed ? 'dismissed' : ''}`}
      onKeyDown={({ key }) => key === 'Escape' && setDismissed(true)}
      onMouseLeave={() => setDismissed(false)}
      onBlur={() => setDismissed(false)}
    >
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-help${problem ? ` ${id}-problem` : ''}`, title: help })}
      <p className="help" id={`${id}-help`}>
        {help}
      </p>
      {problem && (
        <p className="problem" id={`${id}-problem`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
