// A model without a task of the playground, such as an imported one: it reads what the user gives, and its answer is the
// number of a class.
import { InputError } from '../errors.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { defineTask } from './sampling.ts';

/** The task's id: none that can be chosen. */
export const readingId = 'reading';

/** @param classes how many classes the model has */
export const reading = (classes: number) =>
  defineTask({
    id: readingId,
    title: 'Reading',
    description: 'The model reads a text of yours. It was not trained on a task of the playground.',
    source: 'our addition, not from the papers',
    kind: 'classification',
    classes: Array.from({ length: classes }, (_, k) => `class ${k}`),
    knobs: {},
    minimumSegmentSize: 1,
    material: 'none',
    vocabulary: () => Vocabulary.of([]),
    sample() {
      throw new InputError('text', 'no text', 'a text to read, or a task to draw samples of');
    },
  });
