// The bundled lecture: a scene is an address with a title and a caption. The models are bundled ones, and their documents
// follow from their seeds.
import type { Scene } from '../../store/scenes.ts';

/** A document of 12 segments with its fact in segment 4. */
const short = '#/stream?panel=ribbon&stream.model=detect.safetensors&stream.segments=12&stream.seed=5';

export const lecture: readonly Scene[] = [
  {
    address: `${short}&stream.at=1`,
    title: 'A segment',
    caption:
      'The model reads 12 words at a time: one segment. Attention does not look beyond it, so a text of any length costs the same memory on the GPU.',
  },
  {
    address: '#/learn?panel=recurrence',
    title: 'A memory token',
    caption:
      'Some inputs are not words but vectors. What the last layer makes of them is handed to the next segment, and nothing else is: that is the whole memory.',
  },
  {
    address: `${short}&stream.at=4`,
    title: 'Writing',
    caption:
      'Segment 4 holds the fact. Memory attends to its words, the threads swell, and they take the colour of what the model would answer now.',
  },
  {
    address: '#/stream?panel=attention&stream.model=detect.safetensors&stream.segments=12&stream.seed=5&stream.at=4',
    title: 'What memory attends to',
    caption: 'Each row is a memory token, each column a position of the segment. The fact is bright.',
  },
  {
    address: `${short}&stream.at=8`,
    title: 'Noise',
    caption:
      'The segments after it say nothing about the fact. The threads stay thin and keep their colour: memory holds.',
  },
  {
    address: `${short}&stream.at=12`,
    title: 'Reading',
    caption:
      'The last segment asks. The words of the fact are eight segments away; the answer attends to the memory tokens instead.',
  },
  {
    address: `${short}&stream.changes=zero%407&stream.at=12`,
    title: 'Without the memory',
    caption:
      'The same document with the memory set to zero after segment 7. The thin line below the threads is the run without this change. The answer is lost: it was in these vectors and nowhere else.',
  },
  {
    address: '#/stream?panel=ribbon&stream.model=detect.safetensors&stream.segments=256&stream.seed=386',
    title: 'Beyond the trained length',
    caption: 'Trained on at most 8 segments, the same model reads 256, and still answers.',
  },
  {
    address: '#/extrapolate?panel=accuracy',
    title: 'How far it reaches',
    caption:
      'Accuracy by number of segments in RMT-1M (Bulatov et al. 2023): high far beyond the 7 segments of training, and not without limit.',
  },
  {
    address: '#/compute?panel=cost',
    title: 'What it costs',
    caption:
      'Full attention compares every word with every other: its cost grows with the square of the length. Segment by segment it grows in proportion.',
  },
  {
    address: '#/learn?panel=bptt',
    title: 'How it is trained',
    caption:
      'Nobody says what to write. The loss of the answer sends its gradient back through the memory, from segment to segment, to the one that held the fact.',
  },
  {
    address: '#/learn?panel=armt',
    title: 'An associative memory',
    caption:
      'ARMT (Rodkin et al. 2024) keeps a matrix in every layer: memory tokens write pairs of key and value into it, and every word reads from it.',
  },
  {
    address: '#/train',
    title: 'Your turn',
    caption:
      'Press Start: a model of this kind is trained in this tab, and “Memory in training” shows its memory form.',
  },
];
