// Tasks that reproduce their input: a random sequence of letters, the start token, and an answer derived from the
// sequence.
import { idsOf } from '../text/vocabulary.ts';
import { defineTask } from './sampling.ts';
import { alphabetKnob, alphabetVocabulary, drawLetters, letters, start } from './symbols.ts';

interface Echo<Id extends string> {
  readonly id: Id;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  /** Length of the answer as a multiple of the sequence's length. */
  readonly times: number;
  /** The answer for a sequence. */
  answer(sequence: readonly number[]): readonly number[];
}

export const echoTask = <const Id extends string>({ times, answer, ...about }: Echo<Id>) =>
  defineTask({
    ...about,
    kind: 'generation',
    measure: 'accuracy',
    knobs: { alphabet: alphabetKnob },
    minimumSegmentSize: 1 + times,
    material: 'none',
    vocabulary: (_, { alphabet }) => alphabetVocabulary(alphabet),
    /** For n letters: n, the start token, and the answer to be predicted, so (1 + times)·n inputs. */
    sample(random, request, { alphabet }) {
      const n = Math.floor((request.segments * request.segmentSize) / (1 + times));
      const [first = 0, ...ids] = idsOf(request.vocabulary, [start, ...letters.slice(0, Number(alphabet))]);
      const sequence = Array.from(drawLetters(random, request, alphabet, n), (letter) => ids[letter] ?? 0);
      const tokens = Int32Array.from([...sequence, first, ...answer(sequence)]);
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
