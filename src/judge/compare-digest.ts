/**
 * The digest of what came back, held against the recorded one: ours, in the canonical dialect, where both sides have it,
 * else the server's own, where the dialects allow that. What cannot be compared says why, and how grave that is. Pure.
 */
import type {Census} from '../census/census.ts';
import type {Dataset, Inspection} from '../inspect/inspection.ts';
import type {DigestRule} from './apart.ts';
import type {Baseline} from './baseline.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Policy} from './policy.ts';
import {CHANGED, HINT, recordedAt} from './recorded.ts';

type Restored = {inspection: Inspection; census: Census};
type Recorded = Pick<Baseline, 'serverDigest' | 'dataset'>;

export function digestRule(
  {digest}: Policy,
  {sameBytes, tolerant}: {sameBytes: boolean; tolerant: boolean},
): DigestRule {
  if (sameBytes || digest === 'exact') return {wanted: true, sameBytes};
  if (digest === 'any') return {wanted: false, because: 'the policy says `digest: any`'};
  return tolerant ? {wanted: false, because: 'the policy tolerates changes'} : {wanted: true, sameBytes};
}

export function judgeDigest(
  {inspection, census}: Restored,
  {serverDigest, dataset}: Recorded,
  asked: DigestRule,
): Finding {
  const rule = 'expect/digest';
  if (!asked.wanted) {
    const parts = {severity: 'note', origin: recordedAt('dataset.digest')} as const;
    return skipped(rule, `the digest is not compared: ${asked.because}`, parts);
  }
  if (dataset.digest && dataset.digest.dialect === inspection.dataset.digest?.dialect) {
    return judgeOurDigest(inspection.dataset, dataset);
  }
  // Without it a changed value would go unnoticed; of the very bytes that were recorded none can have changed.
  const severity = asked.sameBytes ? 'warning' : 'error';
  return judgeServerDigest({inspection, census}, {serverDigest, dataset}, severity);
}

/** What is recorded is not held against anything: nobody may take that for a pass of it. */
export function quickDigest({digest}: Policy): Finding {
  const severity = digest === 'exact' ? 'error' : digest === 'any' ? 'note' : 'warning';
  return skipped('expect/digest', 'the digest is not compared: depth quick', {
    severity,
    origin: recordedAt('dataset.digest'),
    hint: 'Whether values changed, only a drill of depth full can tell.',
  });
}

/** In one dialect, whatever server either was restored into. That it is also the server's is for the ledger. */
function judgeOurDigest(actual: Dataset, recorded: Dataset): Finding {
  const rule = 'expect/digest';
  const parts = {
    expected: recorded.digest?.hex ?? null,
    actual: actual.digest?.hex ?? null,
    origin: recordedAt('dataset.digest'),
  };
  if (parts.expected === parts.actual) return pass(rule, 'the digest of the file is as recorded', parts);
  const numbers = new Set([...Object.keys(recorded.databases), ...Object.keys(actual.databases)]);
  const changed = [...numbers].filter(
    number => recorded.databases[number]?.digest?.hex !== actual.databases[number]?.digest?.hex,
  );
  const where = changed.length === 0 ? '' : ` in db ${changed.toSorted(byNumber).join(', ')}`;
  return fail(rule, `the digest differs from the recorded one: ${CHANGED}${where}`, {...parts, hint: HINT});
}

const byNumber = (a: string, b: string): number => Number(a) - Number(b);

/** All there is where our reader has no digest: of modules, and of what earlier versions recorded. */
function judgeServerDigest(
  {inspection, census}: Restored,
  {serverDigest, dataset}: Recorded,
  severity: 'warning' | 'error',
): Finding {
  const rule = 'expect/digest';
  const origin = recordedAt('serverDigest');
  if (serverDigest === null || census.digest === null) {
    const why =
      serverDigest === null ? 'none was recorded' : (census.digestBecause ?? 'the server gave none');
    const hint = 'Record anew on a server that allows DEBUG, or say `expect.digest: any`.';
    return skipped(rule, `the digest cannot be compared: ${why}`, {severity, origin, hint});
  }
  const parts = {expected: serverDigest.hex, actual: census.digest.hex, origin};
  if (inspection.hashesWithFieldExpiry > 0 && census.digest.dialect.startsWith('valkey')) {
    // Valkey 9 leaves expired fields out of its digest, so that it changes while nothing does.
    const message =
      'the digest cannot be compared: hash fields have expiries, and Valkey leaves those that have passed out of it';
    const hint = 'Say `expect.digest: any` for this backup.';
    return skipped(rule, message, {...parts, severity, hint});
  }
  const anyDialect = isDigestedAlike(dataset.types) && isDigestedAlike(inspection.dataset.types);
  if (serverDigest.dialect !== census.digest.dialect && !anyDialect) {
    const message = `the digest was recorded in the dialect ${serverDigest.dialect}, this server speaks ${census.digest.dialect}: not comparable`;
    const hint = 'Drill on the recorded line (--image), record anew, or say `expect.digest: any`.';
    return skipped(rule, message, {...parts, severity, hint});
  }
  if (serverDigest.hex === census.digest.hex) return pass(rule, 'the digest is as recorded', parts);
  return fail(rule, `the digest differs from the recorded one: ${CHANGED}`, {...parts, hint: HINT});
}

/** The dialects differ in scores, in hash-field expiries and in what modules and newer types say of themselves. */
const isDigestedAlike = (types: Record<string, number>): boolean =>
  Object.keys(types).every(type => type === 'string' || type === 'list' || type === 'set');
