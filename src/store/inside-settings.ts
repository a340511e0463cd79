// The settings of Inside: which section is open, and which layer and head it shows.
import * as v from 'valibot';
import { integer } from './address-values.ts';

/** The sections of the view, in the order of their tabs. */
export const insideSections = ['anatomy', 'heads', 'memory', 'lens', 'why'] as const;
export type InsideSection = (typeof insideSections)[number];

export interface InsideSettings {
  readonly section: InsideSection;
  /** Counted from 1. Undefined: the one where the segment’s operation is clearest. */
  readonly layer: number | undefined;
  readonly head: number | undefined;
}

/** The most layers or heads that an address may name. */
const mostHeads = 1024;

export const insideDefaults: InsideSettings = { section: 'anatomy', layer: undefined, head: undefined };

export const insideSchemas = {
  'inside.section': v.picklist(insideSections, `one of ${insideSections.join(', ')}`),
  'inside.layer': integer(1, mostHeads),
  'inside.head': integer(1, mostHeads),
} as const;
