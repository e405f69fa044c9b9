/**
 * What every part of setup shares: running a program (argv array, output kept), telling the user what is going on,
 * and where things are kept between runs. Built-ins only: node_modules may not be there yet.
 */
import {spawn} from 'node:child_process';
import {accessSync, constants, existsSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';

export const ROOT = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../..',
);

/** What this checkout can use; read by the tests. */
export const SERVERS_FILE = path.join(ROOT, '.cache', 'servers.json');

/**
 * Packages, unpacked servers and the data of an engine that setup started. Not in the checkout: the engine listens
 * on a socket of the whole machine, and must outlive the clone (CI makes one per run) that happened to start it.
 */
export const CACHE = path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  'redis-restore-drill',
);

/** Why setup cannot do something, in one line for the user, with what they could do about it. */
export class SetupError extends Error {
  /** @param {string} message @param {string} hint */
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/**
 * Runs work that takes seconds: says so before, and how long it took after.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  say(`${what} ...`);
  const started = performance.now();
  const result = await work();
  say(`${what}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Runs a program to its end. A program that cannot be started counts as exit code 127.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean}} [options]
 * @returns {Promise<{code: number, stdout: string, stderr: string}>}
 */
export function run(command, args, options = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: options.show ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', chunk => {
      stdout += chunk;
    });
    child.stderr?.on('data', chunk => {
      stderr += chunk;
    });
    child.on('error', error => resolve({code: 127, stdout, stderr: error.message}));
    child.on('close', (code, signal) => resolve({code: code ?? (signal ? 128 : 1), stdout, stderr}));
  });
}

/**
 * Like run(), but anything except exit code 0 is a SetupError that carries the last lines of what was said.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, hint?: string}} [options]
 */
export async function mustRun(command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.code === 0) return result.stdout;
  const said = lastLines(result.stderr.trim() || result.stdout, 3);
  throw new SetupError(
    `${[command, ...args].slice(0, 3).join(' ')} ended with code ${result.code}: ${said}`,
    options.hint ?? 'Run it by hand to see all it says.',
  );
}

/** @param {string} text @param {number} count */
export function lastLines(text, count) {
  return text.trim().split('\n').slice(-count).join(' | ');
}

/** The full path of a program on the PATH (and in the sbin folders, which a user's PATH often lacks). @param {string} name */
export function which(name) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter(folder => folder !== '')
    .map(folder => path.join(folder, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export const isRoot = () => process.getuid?.() === 0;

/** Debian, Ubuntu and their kin. */
export const hasApt = () => existsSync('/etc/debian_version') && which('apt-get') !== undefined;

export const sleep = (/** @type {number} */ ms) => new Promise(resolve => setTimeout(resolve, ms));
