// What the ribbon shows, as text.

import { percent, small } from '../format.ts';
import { changeNames } from '../stream/change-words.ts';
import { namesOf } from '../stream/operations.ts';
import { strongestOf } from './contributions.ts';
import type { Film } from './film.ts';

/** What the model would answer if asked after a segment. */
export function beliefAfter(film: Film, index: number): string {
  const best = film.best[index] ?? -1;
  if (best < 0) return '';
  const name = film.answers[best];
  if (name === undefined) return `right ${film.log.token}s ${percent(film.certainty[index] ?? Number.NaN)}`;
  return `${name} ${percent(film.log.segments[index]?.probabilities[best] ?? Number.NaN)}`;
}

/** One segment, for a slider. */
export function segmentInWords(film: Film, index: number): string {
  const segment = film.log.segments[index];
  const parts = [
    ...(segment?.marks.map(({ kind }) => kind) ?? []),
    ...(segment?.decision ? [namesOf(segment.decision)] : []),
    ...(segment?.interventions.map(({ kind }) => changeNames[kind]) ?? []),
  ];
  const belief = beliefAfter(film, index);
  const contributed = contributionIn(film, index);
  return [`segment ${index + 1} of ${film.total}`, ...parts, belief && `if asked now: ${belief}`, contributed]
    .filter(Boolean)
    .join(', ');
}

/** The largest contribution of a word of a segment to the answer, where contributions are shown. */
function contributionIn({ log, contributions }: Film, index: number): string {
  const values = contributions?.words.get(index);
  const { at, value } = strongestOf(values ?? new Float32Array(0));
  const word = log.segments[index]?.words[at];
  return word === undefined ? '' : `largest contribution: “${word}” ${small(value)}`;
}

/** Whom the threads hold, where they have names. */
function threadsInWords(film: Film): string {
  if (!film.isNamed) return '';
  return ` Threads from the top: ${Array.from({ length: film.threads }, (_, t) => film.nameOf(t) || 'nobody').join('; ')}.`;
}

/** The stretches of the document with one most probable answer; at most `most` of them. */
export function storyOf(film: Film, most = 8): string {
  if (film.answers.length === 0 || film.length === 0) return '';
  const parts: string[] = [];
  let changes = 0;
  for (let from = 0, to = 0; from < film.length; from = to) {
    const best = film.best[from] ?? -1;
    for (to = from + 1; to < film.length && film.best[to] === best; to++);
    changes++;
    if (parts.length === most) continue;
    const where = to - from === 1 ? `after segment ${from + 1}` : `after segments ${from + 1} to ${to}`;
    parts.push(`${where}: ${film.answers[best] ?? 'undecided'}`);
  }
  const more = changes > most ? ` The most probable answer changes ${changes - most} more times.` : '';
  return `The most probable answer, ${parts.join('; ')}.${more}${threadsInWords(film)}`;
}
