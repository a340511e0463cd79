// Combines several class names for one element.

/** The names joined by spaces, without false and missing ones; undefined if none is left, so that no attribute is set. */
export const classNames = (...names: readonly (string | false | undefined)[]): string | undefined =>
  names.filter(Boolean).join(' ') || undefined;
