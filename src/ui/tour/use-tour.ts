// The current step of the tour, and returning focus when it ends.
import { useCallback, useRef, useState } from 'react';
import { isTourSeen, rememberTour } from './seen.ts';

export function useTour() {
  const [at, setAt] = useState<number | undefined>();
  const [invites, setInvites] = useState(() => !isTourSeen());
  const button = useRef<HTMLButtonElement>(null);
  const decline = useCallback(() => {
    rememberTour();
    setInvites(false);
    button.current?.focus();
  }, []);
  const start = useCallback(() => {
    rememberTour();
    setInvites(false);
    setAt(0);
  }, []);
  const end = useCallback(() => {
    setAt(undefined);
    button.current?.focus();
  }, []);
  return { at, go: setAt, invites, start, end, decline, button };
}
