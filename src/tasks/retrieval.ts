// Associative retrieval: pairs of a letter and a digit, then one of the letters; the answer is its digit.
import { InputError } from '../errors.ts';
import { drawOf } from '../text/split.ts';
import { idsOf, Vocabulary } from '../text/vocabulary.ts';
import { defineTask } from './sampling.ts';
import { alphabetKnob, digits, letters, start } from './symbols.ts';

/** The start token and the digits come first, so that a letter's id does not depend on the alphabet. */
const vocabularyWords = [start, ...digits, ...letters];
const wordsOf = (alphabet: string) => vocabularyWords.slice(0, 1 + digits.length + Number(alphabet));

/** The number of lists with this many pairs: distinct letters in order, any digits. */
const listsOf = (pairs: number, size: number) =>
  Array.from({ length: pairs }, (_, k) => (size - k) * digits.length).reduce((a, b) => a * b, 1);

export const retrieval = defineTask({
  id: 'retrieval',
  title: 'Associative retrieval',
  description:
    'Each letter comes with a digit. Then one of the letters is repeated, and its digit is the answer. Memory has to ' +
    'keep all pairs, because any may be asked for.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, associative retrieval task',
  kind: 'generation',
  measure: 'accuracy',
  knobs: { alphabet: alphabetKnob },
  minimumSegmentSize: 2,
  material: 'none',
  vocabulary: (_material, { alphabet }) => Vocabulary.of(wordsOf(alphabet)),
  /** With p pairs: 2p, the start token, the letter, and the digit to be predicted, so 2p + 2 inputs. */
  sample(random, { segments, segmentSize, split, vocabulary }, { alphabet }) {
    const size = Number(alphabet);
    const room = segments * segmentSize;
    if (room < 4)
      throw new InputError('retrieval: segments × segment size', `${room} tokens`, 'at least 4, for one pair');
    const pairs = Math.min(Math.floor((room - 2) / 2), size);
    // No letter can occur twice: room beyond the alphabet's pairs is filled with padding, in front so that the answer
    // stays at the end.
    const from = pairs === size ? room - 2 * pairs - 2 : 0;
    const list = drawOf(
      random,
      split,
      listsOf(pairs, size),
      (random) =>
        random
          .shuffle(Array.from({ length: size }, (_, letter) => letter))
          .slice(0, pairs)
          .flatMap((letter) => [1 + digits.length + letter, 1 + random.int(digits.length)]),
      (list) => list,
    );
    const asked = 2 * random.int(pairs);
    const ids = idsOf(vocabulary, wordsOf(alphabet));
    const tokens = new Int32Array(from + 2 * pairs + 3).fill(vocabulary.pad);
    const sequence = [...list, 0, list[asked] ?? 0, list[asked + 1] ?? 0];
    tokens.set(
      sequence.map((index) => ids[index] ?? 0),
      from,
    );
    const answerFrom = tokens.length - 1;
    return {
      tokens,
      answerFrom,
      answerEnd: tokens.length,
      marks: [
        { kind: 'fact', start: from + asked, end: from + asked + 2 },
        { kind: 'question', start: answerFrom - 2, end: answerFrom },
        { kind: 'answer', start: answerFrom, end: tokens.length },
      ],
    };
  },
});
