// Giving: people hand objects to each other, and the question asks who, what, or to whom (task 5 of bAbI).
import { aboutGifts } from './questions.ts';
import { objectsKnob, storyKnobs, storyTask } from './story-task.ts';
import { objects, people } from './words.ts';

export const giving = storyTask({
  id: 'giving',
  title: 'Giving',
  description:
    'People move about, take and drop objects, and give them to each other. The question at the end asks about the last ' +
    'gift that it describes: who gave, what was given, or who received it.',
  source: 'task 5 of bAbI (arXiv:1502.05698), placed as in BABILong (arXiv:2406.10149)',
  knobs: { ...storyKnobs, objects: objectsKnob } as const,
  kinds: ['move', 'take', 'drop', 'give'],
  fewest: 2,
  questions: aboutGifts,
  longestQuestion: 8,
  classes: [...people, ...objects],
});
