// The numbers of the diagrams in React: the same object while none of them changes.
import { useRef } from 'react';
import type { State } from '../../store/state.ts';
import { usePlayground } from '../playground.tsx';
import {
  associativeNumbers,
  type ModelNumbers,
  modelNumbers,
  sameNumbers,
  type TrainingNumbers,
  trainingNumbers,
} from './numbers.ts';

function useSame<T extends object>(read: (state: State) => T): T {
  const last = useRef<T | undefined>(undefined);
  return usePlayground((state) => {
    const next = read(state);
    if (!last.current || !sameNumbers(last.current, next)) last.current = next;
    return last.current;
  });
}

export const useModelNumbers = (): ModelNumbers => useSame(modelNumbers);
export const useTrainingNumbers = (): TrainingNumbers => useSame(trainingNumbers);
export const useAssociativeNumbers = () => useSame(associativeNumbers);
