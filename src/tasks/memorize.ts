// Memorize: the fact begins the sequence, the question ends it, and everything between is noise.
import { places, taskVocabulary } from './facts.ts';
import { drawPersonFact, longestFact, personForms, questionLength } from './person-facts.ts';
import { compose, defineTask, samplingKnob } from './sampling.ts';

export const memorize = defineTask({
  id: 'memorize',
  title: 'Memorize',
  description:
    'The first sentence says where a person went. Noise follows, and the question at the end asks where that person is. ' +
    'Memory has to keep the fact across all segments.',
  source:
    'Bulatov et al. 2023, arXiv:2304.11062, memorization task; sentences in the manner of bAbI (arXiv:1502.05698)',
  kind: 'classification',
  classes: places,
  userForms: personForms,
  knobs: { sampling: samplingKnob },
  minimumSegmentSize: longestFact + questionLength,
  material: 'noise',
  vocabulary: ({ noise }) => taskVocabulary(noise),
  sample(random, request, { sampling }) {
    const { fact, question, answer } = drawPersonFact(random, request, sampling);
    return compose(random, request, [{ tokens: fact, start: 0 }], question, answer);
  },
});
