// Anatomy: one segment drawn as the model reads it, with its numbers.
import { OperationFigures } from '../stream/OperationFigures.tsx';
import sections from '../styles/sections.module.css';
import type { SectionProps } from './section.ts';

export default function Anatomy({ log, current }: SectionProps) {
  return (
    <section className={sections.panel} aria-label="Operation of the segment">
      <header className={sections.head}>
        <h2>What this segment does with the memory</h2>
      </header>
      <OperationFigures log={log} current={current} />
    </section>
  );
}
