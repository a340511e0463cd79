// What the browser says of the window and of the user's wishes, as media queries that components follow.
import { useEffect, useState } from 'react';

const stillQuery = '(prefers-reduced-motion: reduce)';
/** As in the style sheets: a phone held upright. */
const narrowQuery = '(max-width: 40rem)';

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const update = () => setMatches(list.matches);
    list.addEventListener('change', update);
    return () => list.removeEventListener('change', update);
  }, [query]);
  return matches;
}

/** Whether the user asked for less motion. */
export const isStill = (): boolean => matchMedia(stillQuery).matches;
/** The same, following the setting. */
export const useStill = (): boolean => useMedia(stillQuery);
/** Whether the window is as narrow as a phone. */
export const useNarrow = (): boolean => useMedia(narrowQuery);
