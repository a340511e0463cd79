// The knobs of a run's task and data. Each task defines its own knobs.
import { type TaskId, type TaskKnobs, taskKnobs, tasks } from '../../tasks/index.ts';
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
const ofTasks = Object.entries(taskKnobs).map(([name, knob]) =>
  choiceKnob({ ...knob, name, group: 'task', appliesTo: (run) => Object.hasOwn(run.task.knobs, name) }),
) as readonly ChoiceKnob[] as readonly OfTask[];

export const taskEntries = [
  task,
  ...ofTasks,
  integerKnob({
    name: 'vocabulary_words',
    group: 'task',
    about: 'data',
    min: 16,
    max: 65_000,
    initial: 8192,
    label: 'Vocabulary',
    help: 'How many of the most frequent words of your text or documents are kept. The others are read as [UNK].',
    source: 'see the task',
    appliesTo: (run) => run.task.material === 'text' || run.task.material === 'documents',
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
    appliesTo: (run) => run.task.material === 'noise',
  }),
] as const;
