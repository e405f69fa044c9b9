/**
 * Programs of Debian's packages that only tests start, unpacked into our cache with all that they need: nothing of them is
 * installed on the machine. What cannot be had is told, and tests of it are skipped with that reason.
 */
import {mkdir, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {unpackPackages} from './apt.mjs';
import {CACHE, hasApt, lastLines, step} from './run.mjs';

/** @param {string} name */
export const unpackedRoot = name => path.join(CACHE, 'servers', name);

/**
 * @param {{name: string, suite: string, base?: string, packages: string[]}} what  `name` is the folder's
 * @returns {Promise<string | undefined>} why they cannot be had
 */
export async function unpackedFrom({name, suite, base, packages}) {
  if (!hasApt()) return `there is no ${name} that will do, and no apt`;
  const root = unpackedRoot(name);
  const making = `${root}.${process.pid}`;
  const work = `${making}.work`;
  try {
    await mkdir(path.dirname(root), {recursive: true});
    await step(`fetching ${name} from ${suite}, for tests`, () =>
      unpackPackages({suite, base, packages, into: making, work}),
    );
    await rm(root, {recursive: true, force: true});
    await rename(making, root);
    return undefined;
  } catch (error) {
    return told(error);
  } finally {
    for (const folder of [work, making]) await rm(folder, {recursive: true, force: true});
  }
}

/** A reason stands in the title of a test, in brackets. @param {unknown} error */
export const told = error => lastLines(/** @type {Error} */ (error).message, 1).replaceAll(/[()]/g, '');
