// The segments shown in the film strip.
/** `room` consecutive indices out of `total`, with `current` as close to the middle as possible. */
export function around(current: number, room: number, total: number): number[] {
  const shown = Math.max(1, Math.min(room, total));
  const first = Math.max(0, Math.min(total - shown, current - Math.floor(shown / 2)));
  return Array.from({ length: shown }, (_, i) => first + i);
}
