// Tracking: several people move about; the last move of the person in question counts (task 1 of bAbI).
import { practiceKnob } from '../sampling.ts';
import { whereIsPerson } from './questions.ts';
import { storyKnobs, storyTask } from './story-task.ts';
import { places } from './words.ts';

export const tracking = storyTask({
  id: 'tracking',
  title: 'Tracking',
  description:
    'Several people move from place to place, at random points of the document. The question at the end asks where one of ' +
    'them is. Memory has to keep everyone apart, and to overwrite a place when its person moves on.',
  source: 'task 1 of bAbI (arXiv:1502.05698), placed as in BABILong (arXiv:2406.10149)',
  knobs: { ...storyKnobs, practice: practiceKnob } as const,
  kinds: ['move'],
  fewest: 1,
  questions: [whereIsPerson],
  longestQuestion: 4,
  classes: places,
});
