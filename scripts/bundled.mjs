// node scripts/bundled.mjs NAME [--out DIR]: train a bundled model from random weights with this engine, by the commands of
// results/bundled.json, one after the other: BEFORE in a command is what the one before it made. Interrupted, the same command
// continues. Takes from a minute to hours on a software adapter.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './process.mjs';

/** @type {Record<string, { after?: string, commands: string[] }>} */
const models = JSON.parse(readFileSync(join(root, 'results/bundled.json'), 'utf8'));
const [name, option, folder] = process.argv.slice(2);
if (!name || !models[name] || (option !== undefined && (option !== '--out' || !folder))) {
  console.error(
    `bundled: ${process.argv.slice(2).join(' ')} (expected one of ${Object.keys(models).join(', ')}, and --out DIR)`,
  );
  process.exit(2);
}

/** @param {string} name @returns {readonly string[]} the commands from random weights on */
function chain(name) {
  const { after, commands } = models[name] ?? { commands: [] };
  return [...(after ? chain(after) : []), ...commands];
}

const out = folder ?? `bundled-${name}`;
let before = '';
for (const [k, command] of chain(name).entries()) {
  const trains = command.startsWith('train');
  const own = join(out, trains ? `${k + 1}` : `${k + 1}.safetensors`);
  const made = trains ? join(own, 'checkpoint.safetensors') : own;
  if (trains || !existsSync(made)) {
    const words = command.split(' ').map((word) => (word === 'BEFORE' ? before : word));
    const whole = trains && existsSync(made) ? ['train', '--resume'] : words;
    console.log(`rmt ${whole.join(' ')} --out ${own}`);
    const status = await run(process.execPath, [join(root, 'scripts/rmt.mjs'), ...whole, '--out', own], {
      cwd: process.cwd(),
    });
    if (status !== 0) process.exit(status);
  }
  before = made;
}
console.log(before);
