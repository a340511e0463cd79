// Language modelling: every token of a text is predicted from those before it.
import { InputError } from '../errors.ts';
import { type Corpus, units } from '../text/corpus.ts';
import { generatedCorpus } from '../text/stories.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { defineTask } from './sampling.ts';
import type { TaskKnob } from './task.ts';

export const unitKnob = {
  label: 'Unit',
  help: 'The tokens the text is split into and the model predicts: words, characters or bytes.',
  source: 'see the task',
  about: 'data',
  basic: true,
  choices: units,
  initial: 'words',
} as const satisfies TaskKnob;

/** @throws InputError if the text was split into units other than the knob says */
function corpusOf(corpus: Corpus | undefined, unit: string): Corpus {
  if (!corpus) return generatedCorpus(unit as (typeof units)[number]);
  if (corpus.unit !== unit && corpus.unit !== 'pieces')
    throw new InputError(`language: ${corpus.name}`, `a text in ${corpus.unit}`, `one in ${unit}, as 'unit' says`);
  return corpus;
}

/** Caches the vocabulary last found equal to a text's own, so that they are compared only once. */
const same = new WeakMap<Vocabulary, Vocabulary>();

/** @throws InputError if the text's ids stand for other words in the model */
function checkVocabulary(vocabulary: Vocabulary, { name, vocabulary: own }: Corpus): void {
  if (vocabulary === own || same.get(own) === vocabulary) return;
  const at = own.words.findIndex((word, id) => vocabulary.words[id] !== word);
  if (vocabulary.size !== own.size || at >= 0)
    throw new InputError(
      'language: vocabulary',
      at >= 0 ? `'${vocabulary.words[at]}' as word ${at}` : `${vocabulary.size} words`,
      at >= 0 ? `'${own.words[at]}', as ${name} has it` : `the ${own.size} words of ${name}`,
    );
  same.set(own, vocabulary);
}

export const language = defineTask({
  id: 'language',
  title: 'Language modelling',
  description:
    'Predict every token of a text from the tokens before it. The built-in stories introduce their characters and places ' +
    'only at the beginning; you can use your own text, WikiText-103 or enwik8 instead.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, language modelling; the built-in stories are our own',
  kind: 'generation',
  measure: 'loss',
  knobs: { unit: unitKnob },
  minimumSegmentSize: 1,
  material: 'text',
  vocabulary: ({ corpus }, { unit }) => corpusOf(corpus, unit).vocabulary,
  sample(random, { segments, segmentSize, split, vocabulary, corpus }, { unit }) {
    const text = corpusOf(corpus, unit);
    checkVocabulary(vocabulary, text);
    const tokens = text.sample(random, split, segments * segmentSize + 1);
    return { tokens, answerFrom: 1, answerEnd: tokens.length, marks: [] };
  },
});
