/**
 * Files that a command writes because it was asked to: never over what it reads, and whole or not at all. In: where and
 * what. What cannot be written is a DrillError; whether it matters is the command's business.
 */
import {readdir, realpath, rename, rm, stat, writeFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {DrillError, toDrillError} from './errors.ts';

/** Nothing that is read may be written over: least of all the backup. */
export async function assertNoInput(output: string | undefined, inputs: string[]): Promise<void> {
  const target = output === undefined ? null : await fileIdentity(output);
  if (target === null) return;
  for (const input of inputs) {
    if ((await fileIdentity(input)) !== target) continue;
    throw new DrillError(
      'usage/output-is-input',
      `${output} is read by this drill and would be written over by it`,
      {
        hint: 'Name another file for the output.',
      },
    );
  }
}

async function fileIdentity(path: string): Promise<string | null> {
  const stats = await stat(path).catch(() => null);
  return stats && `${stats.dev}:${stats.ino}`;
}

/** Whole or not at all: a reader never sees half a file. Through a link to its target; into a device or pipe directly. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const stats = await stat(path).catch(() => null);
  const target = stats?.isFile() ? await realpath(path) : path;
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    if (stats && !stats.isFile()) return await writeFile(path, text);
    await writeFile(temporary, text);
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, {force: true}).catch(() => {});
    throw new DrillError(
      'capacity/disk',
      `${path} cannot be written (${(cause as NodeJS.ErrnoException).code})`,
      {
        hint: 'Does its directory exist, and may this user write there?',
        cause,
      },
    );
  }
}

/** A report that was asked for; what keeps it from being written is told, and decided about by who asked. */
export async function writeJson(
  path: string | undefined,
  value: unknown,
): Promise<{reportPath?: string; unwritten?: DrillError}> {
  if (path === undefined) return {};
  try {
    await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
    return {reportPath: path};
  } catch (thrown) {
    return {unwritten: toDrillError(thrown)};
  }
}

/** With what a drill that was killed while it wrote may have left beside it. */
export async function removeWritten(path: string): Promise<void> {
  const directory = dirname(path);
  const names = await readdir(directory).catch(() => []);
  const ours = names.filter(name => name.startsWith(basename(path)));
  await Promise.all(ours.map(name => rm(join(directory, name), {force: true}).catch(() => {})));
}
