// The durations of tests, from the reports of Vitest and Playwright.
import { join, relative } from 'node:path';
import { root } from './process.mjs';

/** @typedef {{ file: string, name: string, seconds: number }} Time */

/** @param {any} report Vitest's JSON @returns {Time[]} */
export const timesOfVitest = ({ testResults }) =>
  testResults.flatMap((/** @type {any} */ { name: file, assertionResults }) =>
    assertionResults.map((/** @type {any} */ { fullName, duration }) => ({
      file: relative(root, file),
      name: fullName,
      seconds: (duration ?? 0) / 1000,
    })),
  );

/** A test's time is that of all its attempts. @param {any} report Playwright's JSON @returns {Time[]} */
export function timesOfPlaywright({ config, suites }) {
  /** @param {any} suite @param {string[]} titles @returns {Time[]} */
  const inSuite = ({ specs = [], suites: inner = [] }, titles) => [
    ...specs.map((/** @type {any} */ { file, title, tests }) => ({
      file: relative(root, join(config.rootDir, file)),
      name: [...titles, title].join(' '),
      seconds:
        tests
          .flatMap((/** @type {any} */ test) => test.results)
          .reduce((/** @type {number} */ sum, /** @type {any} */ { duration }) => sum + duration, 0) / 1000,
    })),
    ...inner.flatMap((/** @type {any} */ suite) => inSuite(suite, [...titles, suite.title])),
  ];
  // The outermost suites are the files.
  return suites.flatMap((/** @type {any} */ suite) => inSuite(suite, []));
}

/** The `most` slowest of them as lines. @param {Time[]} times @param {number} most */
export const slowest = (times, most) =>
  times
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most)
    .map(({ file, name, seconds }) => `${seconds.toFixed(1).padStart(8)}  ${file}: ${name}`);
