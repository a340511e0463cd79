// Carrying and carrying-before: an object moves with the person who carries it (tasks 2 and 3 of bAbI).
import { whereIsObject, whereWasObject } from './questions.ts';
import { objectsKnob, storyKnobs, storyTask } from './story-task.ts';
import { places } from './words.ts';

const knobs = { ...storyKnobs, objects: objectsKnob } as const;

export const carrying = storyTask({
  id: 'carrying',
  title: 'Carrying',
  description:
    'People move about, and take and drop objects. The question at the end asks where an object is: with the person who ' +
    'carries it, or where it was dropped. The answer needs at least two sentences.',
  source: 'task 2 of bAbI (arXiv:1502.05698), placed as in BABILong (arXiv:2406.10149)',
  knobs,
  kinds: ['move', 'take', 'drop'],
  fewest: 2,
  questions: [whereIsObject],
  longestQuestion: 5,
  classes: places,
});

export const carryingBefore = storyTask({
  id: 'carrying-before',
  title: 'Carrying, before',
  description:
    'As in Carrying, but the question asks where an object was before it came to a place. Memory has to keep the way of ' +
    'each object, not only where it is now.',
  source: 'task 3 of bAbI (arXiv:1502.05698), placed as in BABILong (arXiv:2406.10149)',
  knobs,
  kinds: ['move', 'take', 'drop'],
  fewest: 3,
  questions: [whereWasObject],
  longestQuestion: 8,
  classes: places,
});
