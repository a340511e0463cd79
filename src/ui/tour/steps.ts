// The steps of the tour in order: target, title and text.
import type { View } from '../../store/address.ts';

export interface TourStep {
  readonly view: View;
  /** Selectors of the target: the first that is on the page; none is highlighted if all are missing. */
  readonly at: readonly string[];
  readonly title: string;
  readonly text: string;
}

export const steps: readonly TourStep[] = [
  {
    view: 'stream',
    at: ['[aria-label="Document"]'],
    title: 'A document, segment by segment',
    text: 'Each box is one segment. The model reads them from left to right and never returns to an earlier one. The fact, the question and the noise between them are marked. Click a segment or use the arrow keys to see it.',
  },
  {
    view: 'stream',
    at: ['[aria-label="Attention of memory"]'],
    title: 'What memory attends to',
    text: 'Write: the words that the memory tokens attend to. Read: the positions that attend to memory. Compare the segment with the fact and the last one with the question, in different layers and heads.',
  },
  {
    view: 'stream',
    at: ['[aria-label="Answer"]', '[aria-label="Task"]'],
    title: 'The answer, at any time',
    text: 'The answer of the model if the document ended after this segment. It should change when the fact is read, and then stay the same.',
  },
  {
    view: 'stream',
    at: ['[aria-label="What to stream"] [data-field]:has([type="range"])'],
    title: 'Any length',
    text: 'Make the document longer, up to 4096 segments. The memory keeps its size, and GPU memory use stays constant.',
  },
  {
    view: 'train',
    at: ['[aria-label="What to train"]'],
    title: 'Train your own model',
    text: 'Pick a model and a task, or a preset with all settings, then press Start. Loss and accuracy appear during training; you can pause, step and continue.',
  },
  {
    view: 'extrapolate',
    at: ['[aria-label="What to evaluate"]'],
    title: 'Longer than in training',
    text: 'Evaluate a model on more segments than it was trained on, and compare with the curves of RMT-1M (Bulatov et al. 2023).',
  },
  {
    view: 'runs',
    at: ['[aria-label="Runs"]', 'main h1'],
    title: 'Runs are saved',
    text: 'Runs are saved in this browser. The address bar contains the experiment: anyone who opens the link sees the same settings.',
  },
];
