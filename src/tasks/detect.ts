// Detect & memorize: the fact is hidden in the noise of a random segment.
import { places, taskVocabulary } from './facts.ts';
import { drawPersonFact, longestFact, personForms, questionLength } from './person-facts.ts';
import { compose, defineTask, factPositionKnob, samplingKnob, startIn } from './sampling.ts';

export const detect = defineTask({
  id: 'detect',
  title: 'Detect & memorize',
  description:
    'One sentence somewhere in the noise says where a person went; the question at the end asks where that person is. ' +
    'Memory has to distinguish the fact from the noise, and keep it.',
  source:
    'Bulatov et al. 2023, arXiv:2304.11062, fact detection and memorization; sentences in the manner of bAbI (arXiv:1502.05698)',
  kind: 'classification',
  classes: places,
  userForms: personForms,
  knobs: { fact_position: factPositionKnob, sampling: samplingKnob },
  minimumSegmentSize: longestFact + questionLength,
  material: 'noise',
  vocabulary: ({ noise }) => taskVocabulary(noise),
  sample(random, request, { fact_position, sampling }) {
    const { fact, question, answer } = drawPersonFact(random, request, sampling);
    const segment = random.int(request.segments);
    const start = startIn(random, request, fact_position, segment, fact.length, question.length);
    return compose(random, request, [{ tokens: fact, start }], question, answer);
  },
});
