/** A backup fetched as a drill fetches it, and what came of that in a few words. */
import {readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {toDrillError} from '../../src/errors.ts';
import {silent} from '../../src/progress.ts';
import {fetchBackup} from '../../src/source/fetch-backup.ts';
import {type Located, locate} from '../../src/source/locate.ts';
import type {Limits} from '../../src/source/patience.ts';
import {LATEST, type Select} from '../../src/source/select.ts';
import type {Access, Spec} from '../../src/source/source-job.ts';
import {patient, storeOf} from '../store-of.ts';

export type Reached = {spec: Spec; access?: Access; env?: Record<string, string | undefined>};

export type Asked = {
  select?: Partial<Select>;
  limits?: Partial<Limits>;
  signal?: AbortSignal;
  /** Between locating and fetching. */
  meanwhile?: () => Promise<void>;
};

export type Fetched = {located: Extract<Located, {found: true}>; bytes: Buffer; left: string[]};

/** Throws what a drill would. `left`: files in `tempDir` after disposal. */
export async function fetched({spec, access, env}: Reached, tempDir: string, asked: Asked = {}) {
  const {select, limits, signal, meanwhile} = asked;
  const patience = patient(limits, signal);
  await using store = await storeOf(spec, access, env);
  const located = await locate(store, {...LATEST, ...select}, {patience, now: new Date(), random: 0});
  if (!located.found) return located;
  await meanwhile?.();
  let bytes: Buffer;
  {
    await using artifact = await fetchBackup(store, located.entry, {
      tempDir,
      signal,
      progress: silent,
      patience,
    });
    bytes = await readFile(artifact.path);
  }
  return {located, bytes, left: readdirSync(tempDir)};
}

/** `whole`, the rule that says that there is nothing, or the code of the error. */
export async function outcome(
  reached: Reached,
  tempDir: string,
  expected: Buffer,
  asked: Asked = {},
): Promise<string> {
  try {
    const got = await fetched(reached, tempDir, asked);
    if (!('bytes' in got)) return got.reason.rule;
    return got.bytes.equals(expected) ? 'whole' : `${got.bytes.length} wrong bytes`;
  } catch (error) {
    const {code, message, cause} = toDrillError(error);
    return code === 'bug/internal' ? `${message} ${(cause as Error)?.stack}` : code;
  }
}

/** Why it could not be had. Throws where it could. */
export async function refusal(reached: Reached, tempDir: string, asked: Asked = {}) {
  try {
    await fetched(reached, tempDir, asked);
  } catch (error) {
    const {code, message, hint} = toDrillError(error);
    return {code, message, hint};
  }
  throw new Error('nothing was refused');
}
