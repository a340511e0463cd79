// Key-value: pairs of a key and a value, then one of the keys. How many pairs a memory holds is its capacity.
import { pairTask } from './pairs.ts';

export const keyValue = pairTask({
  id: 'key-value',
  title: 'Key-value',
  description:
    'Each key comes with a digit, at random places of the document. The question at the end repeats one of the keys; its ' +
    'digit is the answer. How many pairs a model answers about is the capacity of its memory.',
  source: 'after GradMem, arXiv:2603.13875, and ARMT (Rodkin et al. 2024, arXiv:2407.04841), associative retrieval',
  times: 1,
});
