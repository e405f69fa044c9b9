/**
 * Our reader and a real server on the same damaged dump, whose checksum fits again: a whole drill of each. Whatever the
 * server makes of it is the verdict, so no case may end without one; where both load it, the ledger holds their digests
 * against each other. How often they disagree is told by the outcomes.
 */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {readVersion} from '../../src/inspect/version.ts';
import {drillOf, failures} from '../drills.ts';
import {sealed} from './dump-target.ts';
import {mutated, type Original, type Random} from './mutations.ts';

/** What the server on the PATH reads, if it is Redis 7.0: other versions are refused by their number alone. */
const READABLE = 10;

export type ServedCase = {name: string; bytes: Buffer};

export const readableBy = ({bytes}: Original): boolean => {
  const version = readVersion(bytes);
  return version?.magic === 'REDIS' && version.number <= READABLE;
};

export function servedCase(originals: readonly Original[], random: Random): ServedCase {
  const {name, bytes} = mutated(originals, random);
  return {name, bytes: sealed(bytes)};
}

/** Verdict, worst rule, and what our reader said. Throws where there is no verdict. */
export async function restoreAnything({bytes}: ServedCase): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-served-'));
  try {
    const path = join(directory, 'dump.rdb');
    writeFileSync(path, bytes);
    const report = await drillOf(path, {server: 'process'});
    const {outcome, error, load, inspection} = report;
    // The server takes half a number for a score; under a checksum that fits no writer leaves one.
    if (outcome === 'not-run' && error?.code !== 'bug/reader')
      throw new Error(`${error?.code}: ${error?.message}`);
    const ours = inspection?.error?.rule ?? 'no error';
    return `${outcome}: ${error?.code ?? failures(report)[0] ?? load?.status}; our reader: ${ours}`;
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}
