// The technical terms used on the page, with their meaning and source.
const rmt1m = 'RMT-1M (Bulatov et al. 2023), arXiv:2304.11062';
const rmt = 'RMT (Bulatov et al. 2022), arXiv:2207.06881';

export interface TermEntry {
  readonly name: string;
  readonly meaning: string;
  readonly source: string;
}

export const terms = {
  segment: {
    name: 'Segment',
    meaning:
      'A part of a document that the model reads at once. Attention is limited to one segment: anything the next segment needs must pass through memory.',
    source: `${rmt}, section 3`,
  },
  memoryTokens: {
    name: 'Memory tokens',
    meaning:
      'Vectors that are read together with the words of every segment. Their output at the last layer is passed to the next segment; nothing else is.',
    source: `${rmt}, section 3`,
  },
  write: {
    name: 'Write',
    meaning:
      'Memory tokens attend to the words of a segment and store information from them. The figure is the share of their attention that goes to words: last layer, mean of heads.',
    source: `${rmt1m}, attention patterns of memory operations`,
  },
  hold: {
    name: 'Hold',
    meaning:
      'Memory tokens attend to memory itself and keep their content. The figure is the share of their attention that goes to memory: last layer, mean of heads.',
    source: `${rmt1m}, attention patterns of memory operations`,
  },
  read: {
    name: 'Read',
    meaning:
      'The position that produces the answer attends to memory: [CLS] in an encoder, the words in a decoder. The figure is the share of its attention that goes to memory: last layer, mean of heads.',
    source: `${rmt1m}, attention patterns of memory operations`,
  },
  similarity: {
    name: 'Cosine similarity',
    meaning:
      'The cosine of the angle between two memory states: 1 means the same direction, 0 unrelated. If it stays high from one segment to the next, memory holds its content.',
    source: 'a standard measure; the map of memory states is our addition',
  },
  curriculum: {
    name: 'Curriculum',
    meaning:
      'Training on short documents first, then on longer ones: every stage adds segments and starts from the weights of the previous stage.',
    source: `${rmt1m}, curriculum learning`,
  },
  bptt: {
    name: 'BPTT',
    meaning:
      'Backpropagation through time: the loss of a late segment sends its gradient back through memory into earlier ones. The depth is the number of segments it passes through.',
    source: `Werbos 1990, doi:10.1109/5.58337; for segments ${rmt}, section 3`,
  },
  extrapolation: {
    name: 'Extrapolation',
    meaning: 'Answering on more segments than the model was trained on.',
    source: `${rmt1m}, extrapolation abilities`,
  },
  interval: {
    name: '95 % interval',
    meaning:
      'A range that contains the true accuracy in 95 of 100 such measurements (Wilson’s score interval). More samples make it narrower.',
    source: 'Wilson 1927, doi:10.1080/01621459.1927.10502953',
  },
  noise: {
    name: 'Noise',
    meaning: 'Text unrelated to the question. The model has to find the facts in it and ignore the rest.',
    source: `${rmt1m}, memorization tasks`,
  },
  cache: {
    name: 'Cache',
    meaning:
      'What Transformer-XL uses instead of memory tokens: the last inputs of every layer, stored unchanged and without a gradient.',
    source: 'Dai et al. 2019, arXiv:1901.02860, section 3.2',
  },
  associative: {
    name: 'Associative memory',
    meaning: 'A matrix in each layer that pairs keys with values: written by memory tokens, read by every word.',
    source: 'Rodkin et al. 2024, arXiv:2407.04841',
  },
  probe: {
    name: 'Linear probe',
    meaning:
      'A linear classifier that predicts something from the states of a model, fitted afterwards. Its accuracy on documents it was not fitted to says what can be read from the states, not what the model uses.',
    source: 'Alain and Bengio 2016, arXiv:1610.01644; control as in Hewitt and Liang 2019, arXiv:1909.03368',
  },
  pca: {
    name: 'PCA',
    meaning:
      'Principal component analysis: the directions in which some vectors vary most. Each axis states its share of the total variance; what the plane leaves out cannot be seen in it.',
    source: 'Pearson 1901, doi:10.1080/14786440109462720',
  },
  logitLens: {
    name: 'Logit lens',
    meaning:
      'The model’s head applied to the output of an earlier layer: what it would answer if it ended there. The head was trained for the last layer only.',
    source: 'nostalgebraist 2020, “interpreting GPT: the logit lens”',
  },
  bitsPer: {
    name: 'Bits per character, perplexity',
    meaning:
      'The loss in other units: bits are nats divided by ln 2; perplexity is e to the power of the nats, the number of equally likely words that would be as hard to guess.',
    source: 'Shannon 1951, doi:10.1002/j.1538-7305.1951.tb01366.x',
  },
} as const satisfies Record<string, TermEntry>;

export type TermId = keyof typeof terms;
