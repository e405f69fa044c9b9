/** An eye on the disk, for whoever is about to fill it: looked at before and while a large file is written. */
import {statfs} from 'node:fs/promises';
import {DrillError} from '../errors.ts';

/** Left free for others, and for what the drill itself still writes. */
export const RESERVE_BYTES = 64 * 1024 ** 2;
/** How often the free space is asked for. */
export const ASK_BYTES = 64 * 1024 ** 2;

/** Of the file system that a directory is on. */
export type FreeBytes = (directory: string) => Promise<number>;

export const freeBytesOf: FreeBytes = async directory => {
  const {bavail, bsize} = await statfs(directory);
  return bavail * bsize;
};

const grouped = (count: number): string => count.toLocaleString('en-US');

/** `what`: such as `the unpacked backup`. */
export const tooFull = (
  directory: string,
  {available, needed, what}: {available: number; needed: number; what: string},
): DrillError =>
  new DrillError(
    'capacity/disk',
    `${grouped(available)} bytes are free in ${directory}; ${what} takes more than ${grouped(needed)}, and some to spare`,
    {hint: 'Free space in the temporary directory, or name another one in TMPDIR (RUNNER_TEMP on GitHub).'},
  );
