// node scripts/real-data.mjs DIR: checks the readers against the published files, whose formats the tests cover with small
// samples. DIR holds babi/ (tasks 1, 2 and 5), quality_example.jsonl, wikitext2_valid.txt and two_facts_reasoning.csv.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { startVitest } from 'vitest/node';
import { root } from './process.mjs';

const [folder, ...more] = process.argv.slice(2);
if (!folder || more.length > 0 || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  console.error(`real-data: ${folder ? `'${[folder, ...more].join(' ')}'` : 'nothing'} (expected one folder)`);
  process.exit(2);
}
const vitest = await startVitest('test', [], {
  root,
  config: false,
  watch: false,
  include: ['scripts/real-data.check.ts'],
  reporters: ['verbose'],
  testTimeout: 120_000,
  env: { RMT_REAL_DATA: resolve(folder) },
});
await vitest.close(); // a failed check has set the exit status
