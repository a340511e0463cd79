// Memorize: the fact begins the sequence, the question ends it, and everything between is noise.
import { places, taskVocabulary } from './facts.ts';
import { drawPersonFact, longestFact, personForms, questionLength } from './person-facts.ts';
import { compose, defineTask, samplingKnob } from './sampling.ts';

export const memorize = defineTask({
  id: 'memorize',
  title: 'Memorize',
  description:
    'The very first sentence says where a person went. Noise follows, then the question where that person is. ' +
    'The memory has to keep the fact all the way.',
  source:
    'Bulatov et al. 2023, arXiv:2304.11062, memorization task; sentences in the manner of bAbI (arXiv:1502.05698)',
  kind: 'classification',
  classes: places,
  own: personForms,
  knobs: { sampling: samplingKnob },
  minimumSegmentSize: longestFact + questionLength,
  material: 'noise',
  vocabulary: ({ noise }) => taskVocabulary(noise),
  sample(random, request, { sampling }) {
    const { fact, question, answer } = drawPersonFact(random, request, sampling);
    return compose(random, request, [{ tokens: fact, start: 0 }], question, answer);
  },
});
