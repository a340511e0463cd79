// The store in a React context, provided once at the top so that a test can provide its own.
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { type StoreApi, useStore } from 'zustand';
import type { State } from '../store/state.ts';

type ActionNames<S> = { [K in keyof S]: S[K] extends (...given: never[]) => unknown ? K : never }[keyof S];
/** The actions by slice: the functions of the state without its values. */
type Actions = { readonly [N in Exclude<keyof State, 'receive'>]: Pick<State[N], ActionNames<State[N]>> };

interface Given {
  readonly store: StoreApi<State>;
  readonly actions: Actions;
}
const Playground = createContext<Given | undefined>(undefined);

interface ProviderProps {
  readonly store: StoreApi<State>;
  readonly children: ReactNode;
}

export function PlaygroundProvider({ store, children }: ProviderProps) {
  // Slices replace their values, never their functions, so those of the first state stay valid.
  const given = useMemo(() => ({ store, actions: store.getState() }), [store]);
  return <Playground value={given}>{children}</Playground>;
}

function useGiven(): Given {
  const given = useContext(Playground);
  if (!given) throw new Error('No playground here (expected a PlaygroundProvider around the component)');
  return given;
}

/** Select a part of the state; the component re-renders when it changes. */
export function usePlayground<T>(select: (state: State) => T): T {
  return useStore(useGiven().store, select);
}

/** The actions: the same functions as long as the page is open. */
export function useActions(): Actions {
  return useGiven().actions;
}

/** For handlers, which read the state when they run: `useStoreApi().getState()`. */
export function useStoreApi(): StoreApi<State> {
  return useGiven().store;
}
