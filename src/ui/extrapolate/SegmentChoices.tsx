// Numbers of segments with one press: 1 to 15, powers of two as in RMT-1M, or both.

import { mostSegments } from '../../store/address.ts';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import typography from '../styles/typography.module.css';
import css from './SegmentChoices.module.css';

const everyOne = Array.from({ length: 15 }, (_, i) => i + 1);
const powers = (most: number) => Array.from({ length: Math.log2(most) + 1 }, (_, k) => 2 ** k);
const ends = [32, 256, 1024, mostSegments] as const;

const choices: readonly (readonly [name: string, segments: readonly number[]])[] = [
  ['1…15', everyOne],
  ...ends.map((most) => [`1, 2, 4 … ${integer(most)}`, powers(most)] as const),
  [`1…15, 16 … ${integer(mostSegments)}`, [...everyOne, ...powers(mostSegments).slice(4)]],
];

export function SegmentChoices() {
  const actions = useActions();
  const segments = usePlayground(({ experiment }) => String(experiment.evaluate.segments));
  return (
    <fieldset className={css.choices}>
      <legend className={typography.hidden}>Common numbers of segments</legend>
      {choices.map(([name, chosen]) => (
        <button
          key={name}
          type="button"
          title={`Evaluate on ${chosen.length} numbers of segments: ${chosen.join(', ')}`}
          aria-pressed={segments === String(chosen)}
          onClick={() => actions.experiment.setEvaluate({ segments: chosen })}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
