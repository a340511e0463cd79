// A model and a list of bundled checkpoints, for the tests of the page's state.
import type { ModelFacts } from '../protocol/index.ts';

/** A small encoder with one memory token. */
export const encoderFacts: ModelFacts = {
  name: 'm',
  kind: 'RMT, encoder',
  answers: 'class',
  task: 'detect',
  parameters: 10,
  gpuBytes: 20,
  layers: 1,
  heads: 1,
  hiddenSize: 4,
  memTokens: 1,
  cacheSize: 0,
  segmentSize: 2,
  positions: 6,
  front: 3,
  looks: { write: { rows: 1, columns: 6 }, read: { rows: 6, columns: 1 } },
  classes: [],
};

/** A manifest with one checkpoint, whose example has this many segments. */
export const manifestOf = (segments: number) => ({
  checkpoints: [
    {
      file: 'detect.safetensors',
      title: 'Detect',
      task: 'detect',
      description: 'd',
      segments,
      seed: 9,
      made: { command: 'c', adapter: 'a', date: '2026', steps: 1 },
      accuracy: { '1': 1 },
    },
  ],
});
