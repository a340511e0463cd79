// Why this answer: which words and memories it depends on, and how it moves when parts of another reading are put in.
import { memoryKind } from '../../../analysis/memory-attention.ts';
import { usePlayground } from '../../playground.tsx';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { Attribution } from './Attribution.tsx';
import { Patching } from './Patching.tsx';
import css from './Why.module.css';

export default function Why(props: SectionProps) {
  const { status, recorded } = usePlayground(({ stream }) => stream);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const problem = recorded
    ? 'A recorded stream has no model behind it. To see why an answer is given, read a document here.'
    : !ready
      ? 'Both are computed on the GPU, which is not available now.'
      : status === 'playing' || status === 'paused' || status === 'starting'
        ? 'The document is still being read. Its answer can be explained once it has been given.'
        : undefined;
  if (problem) return <p className={sections.placeholder}>{problem}</p>;
  return (
    <div className={css.panels}>
      {props.log.changed.length > 0 && (
        <p className={typography.note}>
          The memory of this document was changed on Stream. What follows is about the document without interventions.
        </p>
      )}
      <Attribution {...props} hasMemory={memoryKind(props.log.model) !== 'none'} />
      <Patching {...props} />
    </div>
  );
}
