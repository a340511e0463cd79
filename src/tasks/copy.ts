// Copy: a random sequence, the start token, and then the same sequence twice.
import { defineTask, idsOf } from './sampling.ts';
import { alphabetKnob, alphabetVocabulary, drawLetters, letters, start } from './symbols.ts';

export const copy = defineTask({
  id: 'copy',
  title: 'Copy',
  description:
    'A random sequence of letters is to be said again, twice. The memory has to carry every letter and its place.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, copy task',
  kind: 'generation',
  measure: 'accuracy',
  knobs: { alphabet: alphabetKnob },
  minimumSegmentSize: 3,
  material: 'none',
  vocabulary: (_, { alphabet }) => alphabetVocabulary(alphabet),
  /** With n letters: n, the start token, and 2n to be predicted, so 3n inputs. */
  sample(random, request, { alphabet }) {
    const n = Math.floor((request.segments * request.segmentSize) / 3);
    const ids = idsOf(request.vocabulary, [start, ...letters.slice(0, Number(alphabet))]);
    const sequence = drawLetters(random, request, alphabet, n).map((letter) => ids[1 + letter] ?? 0);
    const tokens = new Int32Array(3 * n + 1);
    tokens.set(sequence);
    tokens.set(ids.subarray(0, 1), n);
    tokens.set(sequence, n + 1);
    tokens.set(sequence, 2 * n + 1);
    return {
      tokens,
      answerFrom: n + 1,
      answerEnd: tokens.length,
      marks: [
        { kind: 'fact', start: 0, end: n },
        { kind: 'question', start: n, end: n + 1 },
        { kind: 'answer', start: n + 1, end: tokens.length },
      ],
    };
  },
});
