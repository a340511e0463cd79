// Rewrite: each key is told twice with different values, and the later one counts.
import { pairTask } from './pairs.ts';

export const rewrite = pairTask({
  id: 'rewrite',
  title: 'Rewrite',
  description:
    'As in Key-value, but each key comes twice, with different digits, and the later digit counts. Memory has to replace ' +
    'what is out of date.',
  source: 'after ARMT (Rodkin et al. 2024, arXiv:2407.04841), associative retrieval with rewriting',
  times: 2,
});
