// The sections of Inside: the title of each, and what it shows, loaded when it is first opened.
import { type ComponentType, lazy } from 'react';
import type { InsideSection } from '../../store/inside-settings.ts';
import type { SectionProps } from './section.ts';

interface Section {
  readonly title: string;
  readonly Content: ComponentType<SectionProps>;
}

export const sections: Readonly<Record<InsideSection, Section>> = {
  anatomy: { title: 'Anatomy', Content: lazy(() => import('./anatomy/Anatomy.tsx')) },
  heads: { title: 'Heads', Content: lazy(() => import('./heads/Heads.tsx')) },
  memory: { title: 'Memory', Content: lazy(() => import('./memory/Memory.tsx')) },
  lens: { title: 'Lens', Content: lazy(() => import('./lens/Lens.tsx')) },
  why: { title: 'Why', Content: lazy(() => import('./why/Why.tsx')) },
  tensors: { title: 'Tensors', Content: lazy(() => import('./tensors/Tensors.tsx')) },
};
