// The settings of Inside: which section is open.
import * as v from 'valibot';

/** The sections of the view, in the order of their tabs. */
export const insideSections = ['anatomy'] as const;
export type InsideSection = (typeof insideSections)[number];

export interface InsideSettings {
  readonly section: InsideSection;
}

export const insideDefaults: InsideSettings = { section: 'anatomy' };

export const insideSchemas = {
  'inside.section': v.picklist(insideSections, `one of ${insideSections.join(', ')}`),
} as const;
