// The diagram of backpropagation through time, with a slider for the depth k to try out.
import { useState } from 'react';
import { Field } from '../controls/Field.tsx';
import { Bptt, bpttInWords } from '../diagrams/Bptt.tsx';
import { useTrainingNumbers } from '../diagrams/use-numbers.ts';
import { integer } from '../format.ts';
import { Term } from '../glossary/Term.tsx';
import typography from '../styles/typography.module.css';

export function DepthOfGradient() {
  const trained = useTrainingNumbers();
  const [wanted, setWanted] = useState<number | undefined>();
  const most = Math.max(0, trained.segments - 1);
  const depth = Math.min(most, wanted ?? trained.depth ?? most);
  const numbers = { ...trained, depth: wanted === undefined && trained.depth === undefined ? undefined : depth };
  return (
    <>
      <Bptt numbers={numbers} />
      {most > 0 && (
        <Field
          label={`Depth k = ${integer(depth)}${depth === most ? ' (all earlier segments)' : ''}`}
          help="Through how many earlier segments the gradient flows back. This changes the diagram only; the setting of a run is BPTT depth on Train."
        >
          {(ids) => (
            <input
              {...ids}
              type="range"
              min={0}
              max={most}
              value={depth}
              aria-valuetext={`${depth} earlier segments`}
              onChange={({ target }) => setWanted(Number(target.value))}
            />
          )}
        </Field>
      )}
      <p className={typography.note}>
        {bpttInWords(numbers)} Numbers of the settings on Train. A <Term id="curriculum">curriculum</Term> begins with
        one segment, where nothing has to pass through memory.
      </p>
    </>
  );
}
