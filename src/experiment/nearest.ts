// The name that a mistyped one was meant to be.

/** Insertions, deletions and replacements that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] as number) + 1,
          (next[j - 1] as number) + 1,
          (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[b.length] as number;
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[\s-]/g, '_');

/** The one of `names` that differs from `name` in case, dashes or at most a third of its letters; undefined if none does. */
export function nearest<Name extends string>(name: string, names: readonly Name[]): Name | undefined {
  const wanted = plain(name);
  const most = Math.floor(wanted.length / 3);
  // Those of another length are further away than that.
  const near = names
    .filter(({ length }) => Math.abs(length - wanted.length) <= most)
    .map((each) => ({ each, distance: editDistance(wanted, plain(each)) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= most ? near.each : undefined;
}

/**
 * What a mistyped name may have been meant to be: the nearest one, those that contain it, or else any.
 * @returns for an error's "expected …"
 */
export function oneOfNames(name: string, names: readonly string[]): string {
  const wanted = plain(name);
  const near = nearest(name, names);
  if (near !== undefined) return near;
  const containing = wanted.length < 3 ? [] : names.filter((each) => plain(each).includes(wanted));
  return containing.length > 0 ? containing.join(' or ') : `one of ${names.join(', ')}`;
}
