// The text of one segment: facts and question marked, words shaded by how much the memory attends to them.
import type { ReactNode } from 'react';
import type { SegmentSeen } from '../../store/stream-log.ts';
import { percent } from '../format.ts';

interface SegmentTextProps {
  readonly segment: SegmentSeen;
  /** Share of the memory's attention on each word; undefined: no shading. */
  readonly shading: Float32Array | undefined;
}

const isStop = (word: string) => /^[.,?!;:]$/.test(word);

export function SegmentText({ segment, shading }: SegmentTextProps) {
  const { words, marks } = segment;
  const highest = shading ? Math.max(...shading, 1e-9) : 1;
  const word = (i: number): ReactNode => {
    const text = words[i] ?? '';
    const space = i === 0 || isStop(text) ? '' : ' ';
    const weight = shading?.[i];
    if (weight === undefined) return `${space}${text}`;
    const strength = Math.round((60 * weight) / highest);
    return (
      <span key={i}>
        {space}
        <span
          className="shaded"
          style={{ '--strength': `${strength}%` } as object}
          title={`${text}: ${percent(weight)} of memory's attention`}
        >
          {text}
        </span>
      </span>
    );
  };
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { kind, start, end } of [...marks].sort((a, b) => a.start - b.start)) {
    for (; at < start; at++) parts.push(word(at));
    const inside: ReactNode[] = [];
    for (; at < end; at++) inside.push(word(at));
    parts.push(
      ' ',
      <mark key={`${kind} ${start}`} className={kind}>
        <span className="mark-label">{kind === 'fact' ? '▼ fact' : '◆ question'}</span>
        {inside}
      </mark>,
    );
  }
  for (; at < words.length; at++) parts.push(word(at));
  return <p className="segment-text">{parts}</p>;
}
