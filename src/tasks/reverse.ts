// Reverse: a random sequence, the start token, and then the sequence backwards.
import { echoTask } from './echo.ts';

export const reverse = echoTask({
  id: 'reverse',
  title: 'Reverse',
  description:
    'Write a random sequence of letters backwards. The first letter comes last, so it has to be kept longest.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, reverse task',
  times: 1,
  answer: (sequence) => sequence.toReversed(),
});
