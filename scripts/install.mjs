// Installs the packages of package-lock.json if node_modules does not match it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root } from './process.mjs';

/**
 * Names and versions in a lock file.
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>}
 */
const packages = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/** Whether node_modules matches the lock file; compares contents, because a checkout changes file times. */
export function installed() {
  try {
    const { '': _, ...wanted } = packages('package-lock.json');
    const found = packages('node_modules/.package-lock.json'); // npm's own record of what it installed
    return Object.entries(wanted).every(([name, { version, optional, devOptional }]) =>
      found[name] ? found[name].version === version : optional || devOptional,
    );
  } catch {
    return false;
  }
}

/** @returns {Promise<boolean>} whether all packages are installed now */
export async function install() {
  if (installed()) return true;
  console.log('Installing packages (npm ci) …');
  return (await npm(['ci', '--include=dev'])) === 0;
}
