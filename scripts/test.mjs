// npm test [-- --real-data DIR --interop DIR]: runs all checks as named steps, on a fresh clone too; it also checks the
// published files and the models of the official classes in these folders. A failed step does not stop the others.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { provideChromium } from './chromium.mjs';
import { findFirefox } from './firefox.mjs';
import { adapterText, gpuEnvironment, noAdapterText } from './gpu-environment.mjs';
import { install } from './install.mjs';
import { npm, root, run, tool } from './process.mjs';
import { failures, slowest, testsOfPlaywright, testsOfVitest } from './test-report.mjs';

/** @typedef {{ passed: number, failed: number }} Tests */
/** @type {{ name: string, passed: boolean, seconds: number, tests?: Tests }[]} */
const steps = [];
/** @type {import('./test-report.mjs').Test[]} */
const ran = [];

/** The folders of published files and of official models, if they were named. */
function folders() {
  try {
    return parseArgs({ options: { 'real-data': { type: 'string' }, interop: { type: 'string' } } }).values;
  } catch (error) {
    const expected = '--real-data DIR, --interop DIR or nothing';
    console.error(`test: ${error instanceof Error ? error.message : error} (expected ${expected})`);
    return process.exit(2);
  }
}
const { 'real-data': realData, interop } = folders();

/**
 * @param {string} name
 * @param {() => Promise<boolean | Tests>} work returns whether it passed, or the tests it ran
 */
async function step(name, work) {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 76 - name.length))}`);
  const start = performance.now();
  let result;
  try {
    result = await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    result = false;
  }
  const tests = typeof result === 'object' ? result : undefined;
  const passed = tests ? tests.passed > 0 && tests.failed === 0 : result === true;
  if (tests && tests.passed + tests.failed === 0) console.error(`${name}: no test ran`);
  steps.push({ name, passed, seconds: (performance.now() - start) / 1000, ...(tests && { tests }) });
  return passed;
}

/**
 * Run tests and read what the runner reports; its exit status counts too.
 * @param {string} runner
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} file the report
 * @param {(report: any) => Tests} count
 * @param {(report: any) => import('./test-report.mjs').Test[]} testsOf
 */
async function tests(runner, args, env, file, count, testsOf) {
  rmSync(file, { force: true }); // an old report must not count for this run
  const status = await run(tool(runner), args, { env });
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const counted = count(report);
  ran.push(...testsOf(report));
  // Something besides the tests failed (a file that does not load, an error between tests): it counts as one.
  return status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

/** @param {string} command @param {string[]} args */
const succeeds = async (command, args) => (await run(tool(command), args)) === 0;

const reports = join(root, 'test-results');
mkdirSync(reports, { recursive: true });
let env = process.env;

await step('install', install);
await step('chromium', async () => {
  const path = await provideChromium();
  console.log(path);
  env = { ...env, CHROMIUM_PATH: path };
  return true;
});
await step('adapter', async () => {
  const found = await gpuEnvironment();
  console.log(found.adapter ? adapterText(found.adapter) : noAdapterText);
  env = { ...env, ...found.env, CHROMIUM_PATH: env.CHROMIUM_PATH };
  return found.adapter !== undefined;
});
await step('format and lint', () => succeeds('biome', ['ci', '.']));
await step('types', async () => (await npm(['run', '--silent', 'types'])) === 0);
await step('unit', () => {
  const file = join(reports, 'unit.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  /** @param {any} report */
  const count = (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numPendingTests + report.numTodoTests, // a skipped test checks nothing
  });
  return tests('vitest', ['run', ...reporters], env, file, count, testsOfVitest);
});
if (realData !== undefined)
  await step('published data', async () => {
    const script = join(root, 'scripts/real-data.mjs');
    return (await run(process.execPath, [script, resolve(realData)], { env })) === 0;
  });
if (interop !== undefined)
  await step('official models', async () => {
    const script = join(root, 'scripts/interop.mjs');
    return (await run(process.execPath, [script, resolve(interop)], { env })) === 0;
  });
const built = await step('build', async () => (await npm(['run', '--silent', 'build'])) === 0);
await step('e2e', () => {
  if (!built) throw new Error('There is no page to test: the build failed.');
  const file = join(reports, 'e2e.json');
  const settings = { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: file, RMT_PAGE_BUILT: '1' };
  /** @param {any} report */
  const count = ({ stats }) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky + stats.skipped,
  });
  return tests('playwright', ['test', '--reporter=list,json'], settings, file, count, testsOfPlaywright);
});

// A machine without Firefox is no reason to fail; the summary says that the page was not tried there.
let notTried = '';
const firefox = findFirefox();
if ('reason' in firefox || !built) notTried = 'reason' in firefox ? firefox.reason : 'the build failed';
else
  await step('firefox', async () => {
    const script = join(root, 'scripts/e2e-firefox.mjs');
    const status = await run(process.execPath, [script], { env: { ...env, RMT_PAGE_BUILT: '1' } });
    if (status === 3) notTried = 'it has no WebGPU here';
    return status === 0 || status === 3;
  });

if (ran.length > 0) console.log(`\nThe slowest tests, in seconds:\n${slowest(ran, 10).join('\n')}`);

console.log(`\n${'─'.repeat(80)}`);
for (const { name, passed, seconds, tests } of steps) {
  const counts = tests ? `${tests.passed} passed, ${tests.failed} failed` : '';
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(16)} ${seconds.toFixed(1).padStart(7)} s  ${counts}`);
}
const failed = failures(ran, 12);
if (failed.length > 0) console.log(`\nWhat failed:\n${failed.join('\n')}\n`);
const sum = { passed: 0, failed: 0 };
for (const { passed, tests } of steps) {
  sum.passed += (tests?.passed ?? 0) + (passed ? 1 : 0);
  sum.failed += (tests?.failed ?? 0) + (passed ? 0 : 1);
}
process.exitCode = sum.failed > 0 ? 1 : 0;
if (notTried) console.log(`Firefox: the page was not tried in it, because ${notTried}.`);
console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
