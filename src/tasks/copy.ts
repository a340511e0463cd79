// Copy: a random sequence, the start token, and then the same sequence twice.
import { echoTask } from './echo.ts';

export const copy = echoTask({
  id: 'copy',
  title: 'Copy',
  description: 'Repeat a random sequence of letters, twice. Memory has to store every letter and its position.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, copy task',
  times: 2,
  answer: (sequence) => [...sequence, ...sequence],
});
