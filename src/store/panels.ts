// The panels that an address can name: it opens with that panel in sight, and a presentation shows it alone.

interface PanelEntry {
  /** The view that it is on. */
  readonly view: string;
  /** The accessible name of its region. */
  readonly region: string;
}

export const panels = {
  ribbon: { view: 'stream', region: 'Document' },
  text: { view: 'stream', region: 'Text of the segment' },
  attention: { view: 'stream', region: 'Attention of memory' },
  answer: { view: 'stream', region: 'Answer' },
  interventions: { view: 'stream', region: 'Intervene on memory' },
  similarity: { view: 'stream', region: 'Similarity of memory states' },
  operations: { view: 'stream', region: 'Write, hold, read' },
  curves: { view: 'train', region: 'Curves' },
  training: { view: 'train', region: 'Memory in training' },
  accuracy: { view: 'extrapolate', region: 'Accuracy by number of segments' },
  cost: { view: 'compute', region: 'Cost by formula' },
  recurrence: { view: 'learn', region: 'A segment and its memory' },
  bptt: { view: 'learn', region: 'Backpropagation through time' },
  armt: { view: 'learn', region: 'An associative memory' },
  lecture: { view: 'learn', region: 'Lecture' },
} as const satisfies Readonly<Record<string, PanelEntry>>;

export type PanelId = keyof typeof panels;
export const panelIds = Object.keys(panels) as PanelId[];
