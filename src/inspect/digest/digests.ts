/**
 * From a dump's version to a digester, and from what it summed up to what an Inspection says: the digest of all keys in
 * every dialect that a server of this dump may speak. That of any cells, in the canonical dialect, is for dataset.ts.
 */
import type {Cell} from '../cell.ts';
import type {Digest, Inspection} from '../inspection.ts';
import type {Kernel} from '../kernel.ts';
import type {DumpVersion} from '../version.ts';
import {type Dialect, debugDigest} from './cell-sums.ts';
import {Digester} from './digester.ts';
import {Tape} from './tape.ts';

/** What is recorded: so that it outlives an upgrade of the server. */
export const CANONICAL: Dialect = '7.2';
/** The newest RDB version of servers that print scores in 17 digits (Redis 7.0). */
const OLD_SCORES_UNTIL = 10;

export function digesterFor(version: DumpVersion, kernel: Kernel, nowMs: number): Digester {
  return new Digester(new Tape(kernel), {
    oldScores: readsOldScores(version),
    fieldExpiry: version.magic === 'VALKEY' ? 'left-out' : 'marked',
    nowMs,
  });
}

const readsOldScores = ({magic, number}: DumpVersion): boolean =>
  magic === 'REDIS' && number <= OLD_SCORES_UNTIL;

/** Which servers read this dump: see `canRead` in server-line.ts. */
export function dialectsOf(version: DumpVersion): Dialect[] {
  if (version.magic === 'VALKEY') return ['7.2', 'valkey-9.0'];
  const dialects: Dialect[] = ['7.2', '7.4', 'valkey-9.0'];
  return readsOldScores(version) ? ['6.0', '7.0', ...dialects] : dialects;
}

/** `null` where only a module could say. */
export function whyUndigested(cells: Cell[]): string | null {
  return cells.find(({undigestible}) => undigestible !== null)?.undigestible ?? null;
}

export const canonical = (hex: string): Digest => ({
  algorithm: 'redis-debug-digest',
  dialect: CANONICAL,
  hex,
});

export function digestsOf(
  digester: Digester,
  version: DumpVersion,
  cells: Cell[],
): Pick<Inspection, 'digests' | 'digestBecause'> {
  const because = whyUndigested(cells);
  if (because !== null) return {digestBecause: because};
  const until = digester.nextFieldExpiryMs;
  return {
    digests: {
      byDialect: Object.fromEntries(
        dialectsOf(version).map(dialect => [dialect, debugDigest(cells, dialect)]),
      ),
      ...(Number.isFinite(until) && {validUntilMs: until}),
    },
  };
}
