// The field of a seed of random numbers.
import { IntegerInput, type IntegerInputProps } from './IntegerInput.tsx';
import { largestSeed } from './integer.ts';

type Given = Omit<IntegerInputProps, 'label' | 'min' | 'max'>;

/** `help` says what the seed determines. */
export const SeedInput = (given: Given) => <IntegerInput label="Seed" min={0} max={largestSeed} {...given} />;
