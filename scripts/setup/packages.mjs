/**
 * node_modules, by npm, exactly as the lock file says. Install scripts are not run: what they build would end up in
 * dist/ and differ from machine to machine. The one exception is the package `node`, which brings Node 24.
 */
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {mustRun, ROOT, step} from './run.mjs';

const MODULES = path.join(ROOT, 'node_modules');

export async function ensurePackages() {
  if (!(await matchesLock())) {
    await step('installing npm packages', () => npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
  }
  if (!existsSync(path.join(MODULES, 'node/bin/node'))) {
    await step('fetching Node 24 (npm package `node`)', () => npm(['rebuild', 'node']));
  }
}

/**
 * npm writes down what it put into node_modules, as its last act. Compared with the lock file that tells of a
 * changed lock, of an interrupted install, and of nothing when a developer installed the same things by hand.
 */
async function matchesLock() {
  const [wanted, present] = await Promise.all([
    lockedPackages(path.join(ROOT, 'package-lock.json')),
    lockedPackages(path.join(MODULES, '.package-lock.json')).catch(() => ({})),
  ]);
  return Object.entries(wanted).every(([folder, {version, optional}]) => {
    if (folder === '') return true;
    const found = present[folder];
    return found === undefined ? optional === true : found.version === version;
  });
}

/** @param {string} file @returns {Promise<Record<string, {version?: string, optional?: boolean}>>} */
async function lockedPackages(file) {
  return JSON.parse(await readFile(file, 'utf8')).packages;
}

/** The npm that runs us, if one does; a machine may have several. @param {string[]} args */
function npm(args) {
  const hint = 'Run `npm ci --ignore-scripts && npm rebuild node` by hand to see all it says.';
  const script = process.env.npm_execpath;
  const [command, first] = script?.match(/\.c?js$/) ? [process.execPath, [script]] : ['npm', []];
  return mustRun(command, [...first, ...args], {cwd: ROOT, hint});
}
