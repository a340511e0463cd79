// A ribbon's canvas in React: keeps the player supplied with what to show.
import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { colours, useTheme } from '../canvas.ts';
import { type Contributions, Film, type Gradient } from './film.ts';
import { Player, type Shown } from './player.ts';

interface Given extends Omit<Shown, 'film' | 'colour'> {
  readonly log: StreamLog;
  /** Where the playback of a new document begins. */
  readonly from: number;
  readonly gradient?: Gradient | undefined;
  readonly contributions?: Contributions | undefined;
  readonly names?: readonly (readonly string[])[] | undefined;
}

/** Documents played since the page was opened: the first one takes its time. */
const played = new WeakSet<StreamLog>();
let hasOpened = false;
/** How much faster than the opening later documents are played. */
const laterSpeed = 2.4;

/** @param onPlay called with the newest segment while the ribbon plays, and with undefined once it shows everything */
export function usePlayer(
  canvas: RefObject<HTMLCanvasElement | null>,
  given: Given,
  onPlay: (segment: number | undefined) => void = () => {},
) {
  const { log, seen, current, width, size, span, still, reading, from, gradient, contributions, names } = given;
  const film = useMemo(() => new Film(log, gradient, contributions, names), [log, gradient, contributions, names]);
  film.extend();
  const theme = useTheme();
  const player = useRef<Player | undefined>(undefined);
  // Before the browser paints, so that the end of the document is never seen ahead of the motion.
  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element || width === 0 || !theme) return;
    player.current ??= new Player(element, onPlay);
    const isKnown = played.has(log);
    const speed = hasOpened ? laterSpeed : 1;
    if (size === 'full' && seen > 0) {
      hasOpened = true;
      played.add(log);
    }
    const shown = { film, seen, current, width, size, span, still, reading, colour: colours(element) };
    player.current.show(shown, isKnown ? seen : from, speed);
  }, [canvas, film, log, seen, current, width, size, span, still, reading, from, theme, onPlay]);
  useEffect(
    () => () => {
      player.current?.release();
      player.current = undefined;
    },
    [],
  );
  return { film, player } as const;
}
