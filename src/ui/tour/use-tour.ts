// Whether the tour is open, and returning focus when it ends.
import { useCallback, useRef, useState } from 'react';
import { isTourSeen, rememberTour } from './seen.ts';

export function useTour() {
  const [isOpen, setOpen] = useState(false);
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
    setOpen(true);
  }, []);
  const end = useCallback(() => {
    setOpen(false);
    button.current?.focus();
  }, []);
  return { isOpen, invites, start, end, decline, button };
}
