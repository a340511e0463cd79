// The technical terms used on the page, with their meaning and source.
const report = 'Bulatov et al. 2023, arXiv:2304.11062';
const paper = 'Bulatov et al. 2022, arXiv:2207.06881';

export interface TermEntry {
  readonly name: string;
  readonly meaning: string;
  readonly source: string;
}

export const terms = {
  segment: {
    name: 'Segment',
    meaning:
      'A stretch of a document that the model reads at once. Attention stays inside it: whatever the next segment should know has to pass through memory.',
    source: `${paper}, section 3`,
  },
  memoryTokens: {
    name: 'Memory tokens',
    meaning:
      'Vectors that stand among the words of every segment. What the last layer makes of them is handed to the next segment; nothing else is.',
    source: `${paper}, section 3`,
  },
  write: {
    name: 'Write',
    meaning:
      'Memory tokens attend to the words of a segment and so take them in. The figure is the share of their attention that goes to words: last layer, mean of heads.',
    source: `${report}, attention patterns of memory operations`,
  },
  hold: {
    name: 'Hold',
    meaning:
      'Memory tokens attend to memory itself and so carry on what they have. The figure is the share of their attention that goes to memory: last layer, mean of heads.',
    source: `${report}, attention patterns of memory operations`,
  },
  read: {
    name: 'Read',
    meaning:
      'What answers attends to memory: [CLS] of an encoder, the words of a decoder. The figure is the share of that attention which goes to memory: last layer, mean of heads.',
    source: `${report}, attention patterns of memory operations`,
  },
  similarity: {
    name: 'Cosine similarity',
    meaning:
      'The cosine of the angle between two memory states: 1 is the same direction, 0 unrelated. Where it stays high from one segment to the next, memory holds.',
    source: 'a standard measure; the picture of memory states is our own',
  },
  curriculum: {
    name: 'Curriculum',
    meaning:
      'Training on short documents first, then on longer ones: every stage adds segments and starts from the weights of the last.',
    source: `${report}, curriculum learning`,
  },
  bptt: {
    name: 'BPTT',
    meaning:
      'Backpropagation through time: the loss of a late segment sends its gradient back through memory into earlier ones. Its depth says through how many.',
    source: `Werbos 1990, doi:10.1109/5.58337; for segments ${paper}, section 3`,
  },
  extrapolation: {
    name: 'Extrapolation',
    meaning: 'Answering on more segments than there were in training.',
    source: `${report}, extrapolation abilities`,
  },
  interval: {
    name: '95 % interval',
    meaning:
      'Where the true accuracy lies in 95 of 100 cases, judged from this many samples (Wilson’s score interval). More samples make it narrower.',
    source: 'Wilson 1927, doi:10.1080/01621459.1927.10502953',
  },
  noise: {
    name: 'Noise',
    meaning:
      'Text that has nothing to do with the question. The model has to find the facts in it and forget the rest.',
    source: `${report}, memorization tasks`,
  },
  cache: {
    name: 'Cache',
    meaning:
      'What Transformer-XL has instead of memory tokens: the last inputs of every layer, kept as they were and without a gradient.',
    source: 'Dai et al. 2019, arXiv:1901.02860, section 3.2',
  },
  associative: {
    name: 'Associative memory',
    meaning: 'A matrix in each layer that pairs keys with values: written by memory tokens, read by every word.',
    source: 'Rodkin et al. 2024, arXiv:2407.04841',
  },
  bitsPer: {
    name: 'Bits per character, perplexity',
    meaning:
      'The loss in other units: bits are nats divided by ln 2; perplexity is e to the nats, among how many words the model is as good as guessing.',
    source: 'Shannon 1951, doi:10.1002/j.1538-7305.1951.tb01366.x',
  },
} as const satisfies Record<string, TermEntry>;

export type TermId = keyof typeof terms;
