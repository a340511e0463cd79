// Loaded into a process of the command line by `node --import`: ends it, or fills its disk, at a chosen file operation.
// RMT_CHAOS = { folder, kill?: { at, when }, full?: { at }, count? } as JSON.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

/**
 * @typedef {'before' | 'half' | 'after'} When
 * @type {{ folder: string, kill?: { at: number, when: When }, full?: { at: number }, count?: string }}
 */
const plan = JSON.parse(process.env.RMT_CHAOS ?? '{}');
const folder = resolve(plan.folder ?? '/');

const real = { ...fs };
/** @type {Set<number>} */
const handles = new Set();
let operations = 0;

/** @param {unknown} target a path or a handle */
const isInside = (target) =>
  typeof target === 'number'
    ? handles.has(target)
    : typeof target === 'string' && (resolve(target) === folder || resolve(target).startsWith(folder + sep));

function die() {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/** Half of what was to be written. @param {string} name @param {unknown[]} args */
function half(name, args) {
  const [target, content] = args;
  const bytes = typeof content === 'string' ? Buffer.from(content) : /** @type {Uint8Array} */ (content);
  const part = bytes.subarray(0, Math.floor(bytes.length / 2));
  if (name === 'writeSync') real.writeSync(/** @type {number} */ (target), part);
  else real.writeFileSync(/** @type {string} */ (target), part);
}

const writes = ['writeSync', 'writeFileSync'];
for (const name of [
  ...writes,
  ...[
    'openSync',
    'fsyncSync',
    'closeSync',
    'renameSync',
    'rmSync',
    'linkSync',
    'ftruncateSync',
    'mkdirSync',
    'rmdirSync',
  ],
]) {
  const original = real[name];
  fs[name] = (/** @type {unknown[]} */ ...args) => {
    if (!isInside(args[0])) return original(...args);
    const at = ++operations;
    const { kill, full } = plan;
    const isWrite = writes.includes(name);
    if (kill?.at === at && kill.when !== 'after') {
      if (kill.when === 'half' && isWrite) half(name, args);
      die();
    }
    if (full && at >= full.at && isWrite) {
      half(name, args);
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${name}`), { code: 'ENOSPC' });
    }
    const result = original(...args);
    if (name === 'openSync') handles.add(/** @type {number} */ (result));
    if (name === 'closeSync') handles.delete(/** @type {number} */ (args[0]));
    if (kill?.at === at) die();
    return result;
  };
}
syncBuiltinESMExports();
if (plan.count) process.on('exit', () => real.writeFileSync(plan.count, String(operations)));
