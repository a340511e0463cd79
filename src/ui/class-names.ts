// Several classes on one element.

/** The names side by side; what is false or missing is left out, and without any there is no attribute. */
export const classNames = (...names: readonly (string | false | undefined)[]): string | undefined =>
  names.filter(Boolean).join(' ') || undefined;
