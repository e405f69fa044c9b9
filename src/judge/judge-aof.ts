/**
 * What the files of an AOF say of themselves, judged: what our reader found wrong, a tail that was cut, what nothing
 * vouches for; and the dump that lay beside it, which servers ignore. Pure.
 */
import type {AofInspection, AofProblem} from '../inspect/aof/aof-inspection.ts';
import type {Inspection} from '../inspect/inspection.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Policy} from './policy.ts';

const origin = 'inspect';

/** A copy of a running server's AOF may end in the middle of its last write; more than that was hardly in flight. */
const DEFAULT_MAX_LOST_BYTES = 64 * 1024;

export function judgeAof(aof: AofInspection, policy: Policy, hints: Record<string, string>): Finding[] {
  const {parts, problems, cutTail, error} = aof;
  const findings = problems.map(({rule, severity, message}) =>
    fail(rule, message, {severity, origin, hint: HINTS[rule as keyof typeof HINTS] ?? hints[rule] ?? ''}),
  );
  if (!error && !cutTail)
    findings.push(pass('aof/whole', `${count(parts.length, 'part')}, whole to the end`, {origin}));
  if (cutTail && !problems.some(({rule}) => rule === 'aof/truncated'))
    findings.push(judgeCutTail(cutTail, policy));
  if (parts.some(({commands}) => commands > 0)) findings.push(NO_CHECKSUM);
  return findings;
}

function judgeCutTail(
  {file, offset, lostBytes, within}: NonNullable<AofInspection['cutTail']>,
  policy: Policy,
): Finding {
  const asked = policy['cut-tail'] ?? {'max-bytes': DEFAULT_MAX_LOST_BYTES};
  const tolerated = asked === 'warn' || (asked !== 'fail' && lostBytes <= asked['max-bytes']);
  const limit = typeof asked === 'string' ? '' : `; up to ${asked['max-bytes']} bytes are tolerated`;
  const message = `${file} ends in the middle of a ${within}: its last ${lostBytes} bytes are lost, from byte ${offset} on${limit}`;
  return fail('aof/cut-tail', message, {
    severity: tolerated ? 'warning' : 'error',
    actual: lostBytes,
    expected: typeof asked === 'string' ? null : `at most ${asked['max-bytes']}`,
    origin: policy['cut-tail'] === undefined ? origin : policy.originOf(['cut-tail']),
    hint: tolerated ? HONEST : CUT,
  });
}

const CUT =
  'The upload or copy was probably cut short. Compare the size with the producer’s, and drill the one before it.';
const HONEST =
  'A copy of an AOF that is being written may end so; a server that loads it drops the rest. To lose nothing, copy while writes to the file are paused, or from a snapshot of the volume.';
const COPY_WHOLE =
  'Copy the whole directory, manifest last, while `CONFIG SET auto-aof-rewrite-percentage 0` keeps the server from rewriting.';

const HINTS: Partial<Record<AofProblem['rule'], string>> = {
  'aof/manifest-missing':
    'Back up the whole directory (`appenddirname`), manifest included: without it the parts are worth nothing to a server.',
  'aof/manifest-invalid':
    'The manifest was damaged, cut or edited: take it from the producer again, or drill the backup before it.',
  'aof/base-missing': COPY_WHOLE,
  'aof/file-missing': COPY_WHOLE,
  'aof/file-not-listed': COPY_WHOLE,
  'aof/empty':
    'The copy failed, or was made before anything was written: look at the backup job’s disk space and exit code.',
  'aof/empty-part': 'Compare its size with the producer’s.',
  'aof/corrupt':
    'Changed on its way, as by a transfer in text mode, or by a faulty disk. redis-check-aof --fix would throw away all that follows: drill the backup before it.',
  'aof/truncated': CUT,
};

const NO_CHECKSUM = skipped(
  'aof/no-checksum',
  'commands carry no checksum: that none of their values was changed on the way, nothing in the files can tell',
  {
    severity: 'note',
    origin,
    hint: 'Compare with a recorded digest (--expect), or keep a checksum beside the backup.',
  },
);

/** What came of the dump beside an AOF. */
export type Beside = {name: string; failed: string | null; inspection: Inspection | null};

export function judgeBeside({name, failed, inspection}: Beside, saved: Inspection | undefined): Finding[] {
  const rule = 'aof/dump-ignored';
  if (failed !== null || !inspection) {
    return [
      fail(rule, `${name} lies beside the AOF and does not restore: ${failed}`, {
        origin: 'restore',
        hint: 'A server with `appendonly yes` ignores it, one with `appendonly no` loads nothing else. Say `load: aof` where it is not part of the backup.',
      }),
    ];
  }
  if (!saved) return [];
  const [ours, theirs] = [saved.dataset, inspection.dataset];
  const parts = {expected: show(ours), actual: show(theirs), origin: 'restore'};
  const unknown = ours.digest === undefined || theirs.digest === undefined;
  if (unknown && ours.keys === theirs.keys) {
    const message = `${name} lies beside the AOF and holds as many keys: whether the same, no digest tells`;
    return [skipped(rule, message, {...parts, severity: 'note'})];
  }
  const same = !unknown && ours.digest?.hex === theirs.digest?.hex && ours.keys === theirs.keys;
  if (same) return [pass(rule, `${name} lies beside the AOF and holds the same`, parts)];
  const message = `${name} lies beside the AOF and holds something else: a server with \`appendonly yes\` ignores it`;
  return [
    fail(rule, message, {
      ...parts,
      severity: 'note',
      hint: 'Normal for a dump that was saved earlier. Say `load: aof` to leave it out, `load: rdb` where production runs with `appendonly no`.',
    }),
  ];
}

const show = ({keys, digest}: Inspection['dataset']): string =>
  `${count(keys, 'key')}, digest ${digest?.hex.slice(0, 12) ?? 'unknown'}`;

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
