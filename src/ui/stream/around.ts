// Which segments the film strip shows.
/** The run of `room` indices out of `total` that has `current` in its middle as far as possible. */
export function around(current: number, room: number, total: number): number[] {
  const shown = Math.max(1, Math.min(room, total));
  const first = Math.max(0, Math.min(total - shown, current - Math.floor(shown / 2)));
  return Array.from({ length: shown }, (_, i) => first + i);
}
