// Memory: what is passed from segment to segment, as numbers, as points in a plane, and as far as a probe can read it.

import { saysOfSomebody } from '../../../tasks/measures.ts';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { Associations } from './Associations.tsx';
import { DocumentProjection } from './DocumentProjection.tsx';
import { Holders } from './Holders.tsx';
import { Probe } from './Probe.tsx';
import { Values } from './Values.tsx';
import { tokensOf } from './values.ts';

export default function Memory({ log, current }: SectionProps) {
  const passesOn = (log.passedOn(log.length - 1)?.length ?? 0) > 0;
  if (!passesOn)
    return (
      <section className={sections.panel} aria-label="Memory">
        <p className={typography.note}>
          This model passes nothing from one segment to the next. Choose one with a memory on Stream.
        </p>
      </section>
    );
  return (
    <>
      {tokensOf(log) > 0 && <Values log={log} current={current} />}
      {tokensOf(log) > 0 && saysOfSomebody(log.model.task ?? '') && <Holders log={log} />}
      {log.model.associationRows !== undefined && <Associations log={log} current={current} />}
      <DocumentProjection log={log} current={current} />
      <Probe log={log} current={current} />
    </>
  );
}
