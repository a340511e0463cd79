// What Vitest and Playwright report of each test: how long it took, and why it failed.
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './process.mjs';

/**
 * `failure` is there for a test that did not pass, one that was skipped included.
 * @typedef {{ file: string, name: string, seconds: number, failure?: string }} Test
 */

/** @param {any} report Vitest's JSON @returns {Test[]} */
export const testsOfVitest = ({ testResults }) =>
  testResults.flatMap((/** @type {any} */ { name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const tests = assertionResults.map((/** @type {any} */ { fullName, duration, status, failureMessages }) => ({
      file,
      name: fullName,
      seconds: (duration ?? 0) / 1000,
      ...(status !== 'passed' && { failure: failureMessages?.join('\n') || `it was ${status}` }),
    }));
    // A file that does not load has no tests, only a message.
    return status === 'failed' && message
      ? [...tests, { file, name: 'the file', seconds: 0, failure: message }]
      : tests;
  });

/** A test's time is that of all its attempts. @param {any} report Playwright's JSON @returns {Test[]} */
export function testsOfPlaywright({ config, suites }) {
  /** @param {any} suite @param {string[]} titles @returns {Test[]} */
  const inSuite = ({ specs = [], suites: inner = [] }, titles) => [
    ...specs.map((/** @type {any} */ { file, title, tests }) => {
      const results = tests.flatMap((/** @type {any} */ test) => test.results);
      const errors = results.flatMap((/** @type {any} */ result) => result.errors ?? []);
      const bad = tests.find((/** @type {any} */ { status }) => status !== 'expected');
      return {
        file: relative(root, join(config.rootDir, file)),
        name: [...titles, title].join(' '),
        seconds:
          results.reduce((/** @type {number} */ sum, /** @type {any} */ { duration }) => sum + duration, 0) / 1000,
        ...(bad && { failure: errors.map(({ message }) => message).join('\n') || `it was ${bad.status}` }),
      };
    }),
    ...inner.flatMap((/** @type {any} */ suite) => inSuite(suite, [...titles, suite.title])),
  ];
  // The outermost suites are the files.
  return suites.flatMap((/** @type {any} */ suite) => inSuite(suite, []));
}

/** The `most` slowest of them as lines. @param {Test[]} tests @param {number} most */
export const slowest = (tests, most) =>
  tests
    .toSorted((a, b) => b.seconds - a.seconds)
    .slice(0, most)
    .map(({ file, name, seconds }) => `${seconds.toFixed(1).padStart(8)}  ${file}: ${name}`);

/** Each that did not pass, with the first `lines` lines of why. @param {Test[]} tests @param {number} lines */
export const failures = (tests, lines) =>
  tests.flatMap(({ file, name, failure }) => {
    if (failure === undefined) return [];
    const why = stripVTControlCharacters(failure)
      .split('\n')
      .filter((line) => line.trim() !== '');
    return [`${file}: ${name}`, ...why.slice(0, lines).map((line) => `    ${line.slice(0, 200)}`)];
  });
