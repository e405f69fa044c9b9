/**
 * What a drill has left, taken away by another process: a drill that is killed cannot do it itself, at whatever moment
 * that was. In go the id of the run and where it worked; out come counts and problems, never an error, within seconds.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {
  directoriesIn,
  isDeadDirectory,
  type LeftDirectory,
  removeDirectories,
} from '../private/left-behind.ts';
import {isDead} from '../private/owner.ts';

export type CleanedUp = {containers: number; directories: number; problems: string[]};

/** GitHub kills 10 s after its first signal; the drill itself may have used up some of that. */
const LIMIT_MS = 5000;
/** An engine that was asked for a container makes it, whoever has gone since: so long is waited for one to turn up. */
const QUIET_MS = 1000;
const POLL_MS = 100;

/** Removes all that the drills of one run have left, and what is provably dead besides. Never throws. */
export async function cleanUp({run, tempDir}: {run: string; tempDir: string}): Promise<CleanedUp> {
  const done: CleanedUp = {containers: 0, directories: 0, problems: []};
  const late = sleep(LIMIT_MS, 'late', {ref: false});
  const working = removeAll(done, run, tempDir).catch(error => {
    done.problems.push(error instanceof Error ? error.message : String(error));
  });
  if ((await Promise.race([working, late])) === 'late') {
    done.problems.push(
      `cleaning up was given up after ${LIMIT_MS / 1000} s: does the container engine answer?`,
    );
  }
  // What still goes on must not change what has been said.
  return structuredClone(done);
}

async function removeAll(done: CleanedUp, run: string, tempDir: string): Promise<void> {
  const unwanted = (directory: LeftDirectory) => directory.owner?.run === run || isDeadDirectory(directory);
  // A drill that ended by itself has removed its directory last of all.
  const killed = (await directoriesIn(tempDir)).some(unwanted);
  // An engine that hangs must not keep the rest from being removed.
  const containers = removeContainers(done, run, killed);
  // Its error is met below, after the directories.
  containers.catch(() => {});
  const {removed, problems} = await removeDirectories(tempDir, unwanted);
  done.directories += removed;
  done.problems.push(...problems);
  await containers;
}

async function removeContainers(done: CleanedUp, run: string, killed: boolean): Promise<void> {
  const {connectEngine} = await import('./container.ts');
  // Where no engine answers, none has a container for us.
  const engine = await connectEngine(undefined, undefined);
  if (!engine) return;
  let quietSinceMs = performance.now();
  do {
    const {removed, problems} = await engine.removeContainers(owner => owner.run === run || isDead(owner));
    done.containers += removed;
    // Told once, though it is met again and again.
    done.problems = [...new Set([...done.problems, ...problems])];
    if (removed > 0) quietSinceMs = performance.now();
    if (killed) await sleep(POLL_MS);
  } while (killed && performance.now() - quietSinceMs < QUIET_MS);
}
