// A value that changes often, shown a few times a second.
import { useEffect, useRef, useState } from 'react';

/** The newest value, at most once every `milliseconds`. */
export function useCalm<T>(value: T, milliseconds: number): T {
  const [shown, setShown] = useState(value);
  const newest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  newest.current = value;
  useEffect(() => {
    if (value === shown || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      setShown(newest.current);
    }, milliseconds);
  }, [value, shown, milliseconds]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return shown;
}
