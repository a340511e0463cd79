// A text box for an integer within bounds.
import { DraftInput } from './DraftInput.tsx';
import { parseInteger } from './integer.ts';

export interface IntegerInputProps {
  readonly label: string;
  readonly help: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly className?: string | undefined;
  /** Called with the number. @throws Error with the reason if it is refused */
  onChange(value: number): void;
}

export function IntegerInput({ value, min, max, onChange, ...rest }: IntegerInputProps) {
  return (
    <DraftInput
      {...rest}
      value={String(value)}
      inputMode="numeric"
      accept={(text) => {
        const parsed = parseInteger(text, min, max);
        onChange(parsed);
        return String(parsed);
      }}
    />
  );
}
