/**
 * From a dump's version to a digester, and from that to what an Inspection says: the digest of the dataset and of each
 * database in the canonical dialect, and of the dataset in every dialect that a server of this dump may speak.
 */
import type {Dataset, Digest, Inspection} from '../inspection.ts';
import type {Kernel} from '../kernel.ts';
import type {DumpVersion} from '../version.ts';
import type {Dialect} from './database-parts.ts';
import {Digester} from './digester.ts';
import {Tape} from './tape.ts';

/** What is recorded: so that it outlives an upgrade of the server. */
const CANONICAL: Dialect = '7.2';
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
function dialectsOf(version: DumpVersion): Dialect[] {
  if (version.magic === 'VALKEY') return ['7.2', 'valkey-9.0'];
  const dialects: Dialect[] = ['7.2', '7.4', 'valkey-9.0'];
  return readsOldScores(version) ? ['6.0', '7.0', ...dialects] : dialects;
}

type Digests = Pick<Inspection, 'digests' | 'digestBecause' | 'dataset'>;

export function digestsOf(digester: Digester, version: DumpVersion, dataset: Dataset): Digests {
  if (digester.undigestible !== null) return {dataset, digestBecause: digester.undigestible};
  const parts = digester.finish();
  const canonical = (hex: string): Digest => ({algorithm: 'redis-debug-digest', dialect: CANONICAL, hex});
  const databases = Object.fromEntries(
    Object.entries(dataset.databases).map(([number, counts]) => [
      number,
      {...counts, digest: canonical(parts.ofDatabase(Number(number), CANONICAL))},
    ]),
  );
  const until = digester.nextFieldExpiryMs;
  return {
    dataset: {...dataset, databases, digest: canonical(parts.ofAll(CANONICAL))},
    digests: {
      byDialect: Object.fromEntries(dialectsOf(version).map(dialect => [dialect, parts.ofAll(dialect)])),
      ...(Number.isFinite(until) && {validUntilMs: until}),
    },
  };
}
