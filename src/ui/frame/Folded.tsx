// What is folded away on a phone, and stands openly elsewhere.
import type { ReactNode } from 'react';
import { useNarrow } from '../media.ts';

interface FoldedProps {
  readonly summary: string;
  /** Of the box around the children while they are folded. */
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

export function Folded({ summary, className, children }: FoldedProps) {
  if (!useNarrow()) return children;
  return (
    <details>
      <summary>{summary}</summary>
      <div className={className}>{children}</div>
    </details>
  );
}
