// The settings of Inside: which section is open, and which layer, head and tensor it shows.
import * as v from 'valibot';
import { type TensorPart, tensorPartNames } from '../analysis/tensor-parts.ts';
import { integer, yes } from './address-values.ts';

/** The sections of the view, in the order of their tabs. */
export const insideSections = ['anatomy', 'heads', 'memory', 'lens', 'why', 'tensors'] as const;
export type InsideSection = (typeof insideSections)[number];

export interface InsideSettings {
  readonly section: InsideSection;
  /** Counted from 1. Undefined: the one where the segment’s operation is clearest. */
  readonly layer: number | undefined;
  readonly head: number | undefined;
  /** The tensor of Tensors, and whether its gradient is shown. */
  readonly part: TensorPart;
  readonly gradient: boolean;
}

/** The most layers or heads that an address may name. */
const mostHeads = 1024;

export const insideDefaults: InsideSettings = {
  section: 'anatomy',
  layer: undefined,
  head: undefined,
  part: 'hidden',
  gradient: false,
};

export const insideSchemas = {
  'inside.section': v.picklist(insideSections, `one of ${insideSections.join(', ')}`),
  'inside.layer': integer(1, mostHeads),
  'inside.head': integer(1, mostHeads),
  'inside.part': v.picklist(tensorPartNames, `one of ${tensorPartNames.join(', ')}`),
  'inside.gradient': yes,
} as const;
