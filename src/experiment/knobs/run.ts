// The knobs of a run as a whole: how closely it is observed, and its seed.
import { integerKnob } from './knob.ts';
import { ours } from './sources.ts';

export const runEntries = [
  integerKnob({
    name: 'validate_every',
    group: 'run',
    about: 'looking',
    min: 1,
    max: 1_000_000,
    initial: 50,
    label: 'Validate every',
    help: 'Steps between validations.',
    source: ours,
  }),
  integerKnob({
    name: 'validate_samples',
    group: 'run',
    about: 'looking',
    min: 1,
    max: 100_000,
    initial: 128,
    label: 'Validation samples',
    help: 'Sequences in a validation.',
    source: ours,
  }),
  integerKnob({
    name: 'seed',
    group: 'run',
    about: 'training',
    basic: true,
    min: 0,
    max: 2 ** 31 - 1,
    initial: 1,
    label: 'Seed',
    help: 'The same seed on the same adapter gives the same run, to the bit.',
    source: ours,
  }),
] as const;
