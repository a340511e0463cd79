// The packages of package-lock.json, installed when they are not there as they should be.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root } from './process.mjs';

/**
 * Names and versions in a lock file.
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>}
 */
const packages = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/** Whether node_modules is what the lock file asks for. Contents, as a checkout touches the times of files. */
export function installed() {
  try {
    const { '': _, ...wanted } = packages('package-lock.json');
    const found = packages('node_modules/.package-lock.json'); // npm's own record of what it put there
    return Object.entries(wanted).every(([name, { version, optional, devOptional }]) =>
      found[name] ? found[name].version === version : optional || devOptional,
    );
  } catch {
    return false;
  }
}

/** @returns {Promise<boolean>} whether everything is there now */
export async function install() {
  if (installed()) return true;
  console.log('Installing packages (npm ci) …');
  return (await npm(['ci', '--include=dev'])) === 0;
}
