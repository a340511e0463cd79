// Whether the user asked for less motion.
import { useEffect, useState } from 'react';

const query = '(prefers-reduced-motion: reduce)';

export const isStill = (): boolean => matchMedia(query).matches;

/** The same, following the setting. */
export function useStill(): boolean {
  const [still, setStill] = useState(isStill);
  useEffect(() => {
    const list = matchMedia(query);
    const update = () => setStill(list.matches);
    list.addEventListener('change', update);
    return () => list.removeEventListener('change', update);
  }, []);
  return still;
}
