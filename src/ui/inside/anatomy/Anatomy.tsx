// Anatomy: one segment drawn as the model reads it, from the memory it receives to the memory it passes on, with its
// numbers.
import { useMemo, useState } from 'react';
import { memoryKind } from '../../../analysis/memory-attention.ts';
import { Field } from '../../controls/Field.tsx';
import { integer, small } from '../../format.ts';
import { Term } from '../../glossary/Term.tsx';
import { usePlayground } from '../../playground.tsx';
import { OperationFigures } from '../../stream/OperationFigures.tsx';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import { normsOf } from '../../train/gradient-norms.ts';
import type { SectionProps } from '../section.ts';
import css from './Anatomy.module.css';
import { AnswerBox } from './AnswerBox.tsx';
import { InputRow } from './InputRow.tsx';
import { Layers } from './Layers.tsx';
import { MemoryBox } from './MemoryBox.tsx';
import { headShares, memoryParts } from './numbers.ts';

export default function Anatomy({ log, current, segment }: SectionProps) {
  const { model } = log;
  const kind = memoryKind(model);
  const gradient = useTrainingGradient(current);
  const canWrite = model.looks.write !== undefined;
  const [wanted, setWanted] = useState<'write' | 'read'>();
  const usual = segment.decision?.operations.includes('read') || !canWrite ? 'read' : 'write';
  const measure = wanted ?? usual;
  const shares = useMemo(() => headShares(log, current, segment), [log, current, segment]);
  const isLast = current === log.total - 1;
  return (
    <>
      <section className={sections.panel} aria-label="Anatomy of the segment">
        <header className={sections.head}>
          <h2>
            Anatomy of segment {integer(current + 1)}: {layout(model.answers, kind)}
          </h2>
          {(canWrite || model.looks.read) && (
            <Field
              label="Shade heads by"
              help="Writing: the share of the memory tokens’ attention on the words. Reading: the share of the attention of the position that produces the answer on memory."
            >
              {(ids) => (
                <select {...ids} value={measure} onChange={({ target }) => setWanted(target.value as 'write' | 'read')}>
                  {canWrite && <option value="write">writing</option>}
                  {model.looks.read && <option value="read">reading</option>}
                </select>
              )}
            </Field>
          )}
        </header>
        <div className={css.drawing}>
          {kind !== 'none' && (
            <MemoryBox
              title={current === 0 ? 'Initial memory' : `Memory from segment ${integer(current)}`}
              model={model}
              parts={memoryParts(log, current, 'in')}
              side="in"
            />
          )}
          {kind !== 'none' && <Arrow label="receives" />}
          <div className={css.segment}>
            <InputRow log={log} current={current} segment={segment} />
            <Layers model={model} shares={shares} measure={measure} />
            <AnswerBox log={log} segment={segment} isLast={isLast} />
          </div>
          {kind !== 'none' && <Arrow label="passes on" />}
          {kind !== 'none' && (
            <MemoryBox
              title={isLast ? 'Memory at the end' : `Memory to segment ${integer(current + 2)}`}
              model={model}
              parts={memoryParts(log, current, 'out')}
              side="out"
            />
          )}
        </div>
        {kind !== 'none' && (
          <p className={css.back} data-none={kind === 'cache' ? '' : undefined}>
            {kind === 'cache' ? (
              'No gradient comes back through the cache: Transformer-XL stores it without one.'
            ) : (
              <>
                In training, the gradient of the loss comes back against the arrows:{' '}
                <Term id="bptt">backpropagation through time</Term>.{' '}
                {gradient
                  ? `In the run on Train, after step ${integer(gradient.step)}, the norm of ∂loss/∂memory that segment ${integer(current + 1)} received is ${small(gradient.norm)}.`
                  : 'Its norm appears here once a run on Train has measured it in “Memory in training”.'}
              </>
            )}
          </p>
        )}
        <p className={typography.note}>
          Click a head to see its lines. Words are shaded by how much memory attends to them in the last layer, mean of
          heads.
        </p>
      </section>
      <section className={sections.panel} aria-label="Operation of the segment">
        <header className={sections.head}>
          <h2>What this segment does with the memory</h2>
        </header>
        <OperationFigures log={log} current={current} />
      </section>
    </>
  );
}

function Arrow({ label }: { readonly label: string }) {
  return (
    <div className={css.arrow}>
      <span>{label}</span>
    </div>
  );
}

/** The gradient that the run in training measured last at this segment of its own document. */
function useTrainingGradient(current: number): { readonly step: number; readonly norm: number } | undefined {
  const watched = usePlayground(({ run }) => run.watched.at(-1));
  const norm = watched && normsOf(watched)[current];
  return watched && norm !== undefined ? { step: watched.step, norm } : undefined;
}

function layout(answers: 'class' | 'tokens', kind: ReturnType<typeof memoryKind>): string {
  if (answers === 'class') return kind === 'none' ? '[CLS] [SEP] words [SEP]' : '[CLS] memory [SEP] words [SEP]';
  const parts = {
    tokens: 'read · words · write',
    associations: 'words · memory, and an association matrix in each layer',
    cache: 'words, and a cache of earlier inputs in each layer',
    none: 'words',
  };
  return parts[kind];
}
