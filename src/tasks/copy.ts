// Copy: a random sequence, the start token, and then the same sequence twice.
import { echoTask } from './echo.ts';

export const copy = echoTask({
  id: 'copy',
  title: 'Copy',
  description:
    'A random sequence of letters is to be said again, twice. The memory has to carry every letter and its place.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, copy task',
  times: 2,
  answer: (sequence) => [...sequence, ...sequence],
});
