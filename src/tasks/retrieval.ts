// Associative retrieval: pairs of a letter and a digit, then one of the letters; its digit is the answer.
import { InputError } from '../errors.ts';
import { drawOf } from './held-out.ts';
import { defineTask, idsOf } from './sampling.ts';
import { digits, letters, start } from './symbols.ts';
import { Vocabulary } from './vocabulary.ts';

const own = [start, ...digits, ...letters];

/** How many lists of so many pairs there are: distinct letters in order, any digits. */
const listsOf = (pairs: number) =>
  Array.from({ length: pairs }, (_, k) => (letters.length - k) * digits.length).reduce((a, b) => a * b, 1);

export const retrieval = defineTask({
  id: 'retrieval',
  title: 'Associative retrieval',
  description:
    'Letters are given with a digit each. Then comes one of the letters again, and its digit is asked: the memory has to ' +
    'keep all the pairs, as any may be wanted.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, associative retrieval task',
  kind: 'generation',
  measure: 'accuracy',
  knobs: {},
  minimumSegmentSize: 2,
  material: 'none',
  vocabulary: () => Vocabulary.of(own),
  /** With p pairs: 2p, the letter, the start token, and the digit to be predicted, so 2p + 2 inputs. */
  sample(random, { segments, segmentSize, split, vocabulary }) {
    const room = segments * segmentSize;
    if (room < 4)
      throw new InputError('retrieval: segments × segment size', `${room} tokens`, 'at least 4, for one pair');
    const pairs = Math.min(Math.floor((room - 2) / 2), letters.length);
    // No letter can stand twice: what 26 pairs leave empty is padding, in front so that the answer stays at the end.
    const from = pairs === letters.length ? room - 2 * pairs - 2 : 0;
    const list = drawOf(
      random,
      split,
      listsOf(pairs),
      (random) =>
        random
          .shuffle(letters.map((_, letter) => letter))
          .slice(0, pairs)
          .flatMap((letter) => [1 + digits.length + letter, 1 + random.int(digits.length)]),
      (list) => list,
    );
    const asked = 2 * random.int(pairs);
    const ids = idsOf(vocabulary, own);
    const tokens = new Int32Array(from + 2 * pairs + 3).fill(vocabulary.pad);
    const sequence = [...list, list[asked] ?? 0, 0, list[asked + 1] ?? 0];
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
