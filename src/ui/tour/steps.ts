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
    text: 'Each box is one segment; the model reads them from left to right and never looks back. The fact, the question and the noise between them are marked. Click a segment, or use the arrow keys, to look at it.',
  },
  {
    view: 'stream',
    at: ['[aria-label="Attention of memory"]'],
    title: 'What memory attends to',
    text: 'Write: which words the memory tokens take in. Read: who reads memory. Look at the segment with the fact, then at the last one with the question, in different layers and heads.',
  },
  {
    view: 'stream',
    at: ['[aria-label="Answer"]', '[aria-label="Task"]'],
    title: 'The answer, at any time',
    text: 'What the model would say if it were asked after this segment. It should change when the fact is read, and then stay.',
  },
  {
    view: 'stream',
    at: ['[aria-label="What to stream"] [data-field]:has([type="range"])'],
    title: 'As long as you like',
    text: 'Make the document longer, up to 4096 segments. The memory stays the same few vectors, and so does what the GPU holds.',
  },
  {
    view: 'train',
    at: ['[aria-label="What to train"]'],
    title: 'Train your own',
    text: 'Pick a model and a task, or a preset with values for everything, then press Start. Loss and accuracy are drawn as it learns; you can pause, step and go on.',
  },
  {
    view: 'extrapolate',
    at: ['[aria-label="What to evaluate"]'],
    title: 'How far does it carry?',
    text: 'Ask a model on more segments than it was trained on, and compare with the curves of the report.',
  },
  {
    view: 'runs',
    at: ['[aria-label="Runs"]', 'main h1'],
    title: 'Nothing is lost',
    text: 'Runs are kept in this browser. The address bar holds the experiment: copy the link, and somebody else sees the same.',
  },
];
