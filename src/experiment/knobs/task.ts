// The knobs of a run's task and data. Each task defines its own knobs.
import { type TaskId, type TaskKnobs, taskKnobs, tasks } from '../../tasks/index.ts';
import { takesNoise } from '../../tasks/task.ts';
import { type ChoiceKnob, choiceKnob, integerKnob } from './knob.ts';
import { ours } from './sources.ts';

export const task = choiceKnob({
  name: 'task',
  group: 'task',
  about: 'data',
  basic: true,
  choices: Object.keys(tasks) as TaskId[],
  initial: 'memorize',
  label: 'Task',
  help: 'What the model learns to do with the sequence it reads.',
  source: 'see the task',
});

type OfTask = { [N in keyof TaskKnobs]: ChoiceKnob<N, TaskKnobs[N]['choices'][number]> }[keyof TaskKnobs];
const tokenizer = choiceKnob({
  name: 'tokenizer',
  group: 'task',
  about: 'data',
  freshOnly: true,
  choices: ['words', 'file', 'wordpiece', 'bpe'],
  initial: 'words',
  earlier: 'words',
  label: 'Tokenizer',
  help:
    'words: whole words, characters or bytes, each with its own id. file: the pieces of a tokenizer that you supply. ' +
    'wordpiece, bpe: a tokenizer trained on the text of the run, as BERT’s or GPT-2’s; it is stored in the checkpoint.',
  source:
    'Devlin et al. 2019, arXiv:1810.04805; Radford et al. 2019; the training is that of Sennrich et al. 2016, arXiv:1508.07909',
  appliesTo: ({ task }) => task.material !== 'none',
});

const ofTasks = Object.entries(taskKnobs).map(([name, knob]) =>
  choiceKnob({
    ...knob,
    name,
    group: 'task',
    dependsOn: [tokenizer],
    // A tokenizer says by itself what a text is split into.
    appliesTo: ({ task }, given) => Object.hasOwn(task.knobs, name) && (name !== 'unit' || given.tokenizer === 'words'),
  }),
) as readonly ChoiceKnob[] as readonly OfTask[];

export const taskEntries = [
  task,
  ...ofTasks,
  tokenizer,
  integerKnob({
    name: 'pieces',
    group: 'task',
    about: 'data',
    freshOnly: true,
    min: 512,
    max: 32_768,
    initial: 2048,
    earlier: 2048,
    label: 'Pieces',
    help: 'How many pieces a trained tokenizer has, special tokens included; fewer if the text has no more.',
    source: ours,
    dependsOn: [tokenizer],
    appliesTo: ({ task }, given) =>
      task.material !== 'none' && (given.tokenizer === 'wordpiece' || given.tokenizer === 'bpe'),
  }),
  integerKnob({
    name: 'vocabulary_words',
    group: 'task',
    about: 'data',
    freshOnly: true,
    min: 16,
    max: 65_000,
    initial: 8192,
    label: 'Vocabulary',
    help: 'How many of the most frequent words of your text or documents are kept. The others are read as [UNK].',
    source: 'see the task',
    dependsOn: [tokenizer],
    appliesTo: ({ task }, given) =>
      given.tokenizer === 'words' && (task.material === 'text' || task.material === 'documents'),
  }),
  integerKnob({
    name: 'noise_words',
    group: 'task',
    about: 'data',
    min: 10,
    max: 100,
    initial: 100,
    label: 'Noise words',
    help: 'How many words of the built-in noise vocabulary are used.',
    source: `${ours}: RMT-1M (Bulatov et al. 2023) takes its noise from QuALITY, arXiv:2112.08608`,
    appliesTo: (run) => takesNoise(run.task),
  }),
] as const;
