// A text box that reports only valid input and keeps an invalid draft while the user types.
import { useState } from 'react';
import { Field } from './Field.tsx';

interface DraftInputProps {
  readonly label: string;
  readonly help: string;
  /** The current value, as text. */
  readonly value: string;
  readonly inputMode?: 'numeric' | 'decimal' | 'text';
  readonly className?: string | undefined;
  readonly placeholder?: string;
  /** Why it cannot be changed, if so. */
  readonly fixed?: string | undefined;
  /** Accept the text. @returns the new value, as text; @throws Error with the reason if it is invalid */
  accept(text: string): string;
}

export function DraftInput({
  label,
  help,
  value,
  inputMode = 'decimal',
  className,
  placeholder,
  fixed,
  accept,
}: DraftInputProps) {
  const [draft, setDraft] = useState<{ text: string; base: string; problem: string | undefined } | undefined>();
  // A value that changed elsewhere wins over an earlier draft.
  const current = draft?.base === value ? draft : undefined;
  const type = (text: string) => {
    try {
      setDraft({ text, base: accept(text), problem: undefined });
    } catch (error) {
      setDraft({ text, base: value, problem: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Field label={label} help={help} problem={current?.problem} note={fixed} className={className}>
      {(ids) => (
        <input
          {...ids}
          type="text"
          inputMode={inputMode}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          disabled={fixed !== undefined}
          value={current?.text ?? value}
          aria-invalid={current?.problem !== undefined}
          onChange={({ target }) => type(target.value)}
          onBlur={() => current?.problem === undefined && setDraft(undefined)}
        />
      )}
    </Field>
  );
}
