// A text box that hands on only what is valid, and leaves what is being typed alone.
import { useState } from 'react';
import { Field } from './Field.tsx';

interface DraftInputProps {
  readonly label: string;
  readonly help: string;
  /** The value in force, as text. */
  readonly value: string;
  readonly inputMode?: 'numeric' | 'decimal' | 'text';
  readonly className?: string | undefined;
  readonly placeholder?: string;
  /** Take the text. @returns the value now in force, as text; @throws Error saying what is wrong */
  accept(text: string): string;
}

export function DraftInput({
  label,
  help,
  value,
  inputMode = 'decimal',
  className,
  placeholder,
  accept,
}: DraftInputProps) {
  const [draft, setDraft] = useState<{ text: string; base: string; problem: string | undefined } | undefined>();
  // A value that changed from elsewhere wins over what was typed before.
  const current = draft?.base === value ? draft : undefined;
  const type = (text: string) => {
    try {
      setDraft({ text, base: accept(text), problem: undefined });
    } catch (error) {
      setDraft({ text, base: value, problem: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <Field label={label} help={help} problem={current?.problem} className={className}>
      {(ids) => (
        <input
          {...ids}
          type="text"
          inputMode={inputMode}
          autoComplete="off"
          spellCheck={false}
          placeholder={placeholder}
          value={current?.text ?? value}
          aria-invalid={current?.problem !== undefined}
          onChange={({ target }) => type(target.value)}
          onBlur={() => current?.problem === undefined && setDraft(undefined)}
        />
      )}
    </Field>
  );
}
