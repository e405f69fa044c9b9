/**
 * Where there is nothing to compare with: said, because an input that came out empty looks just like that; and no proof,
 * where the config asks for a comparison. Pure.
 */
import type {Chosen} from './baseline.ts';
import {type Finding, skipped} from './finding.ts';
import type {Policy} from './policy.ts';

const RECORD = 'Record them from a backup that you trust: restore-drill record BACKUP --expect FILE.';

const COMPARED = [
  {key: 'digest', rule: 'expect/digest', what: 'the digest cannot'},
  {key: 'functions', rule: 'expect/functions', what: 'functions cannot'},
  {key: 'modules', rule: 'expect/modules', what: 'modules cannot'},
  {key: 'expiry-times', rule: 'expect/expiry-times', what: 'the expiry times cannot'},
] as const;

/** `limits`: what came of all that needs no baseline. */
export function withoutBaseline(limits: Finding[], {unusable, first}: Chosen, policy: Policy): Finding[] {
  if (unusable) return [...limits, cannotBeUsed(unusable)];
  const asked = COMPARED.filter(({key}) => policy[key] !== undefined && policy[key] !== 'any');
  const unproven = asked.map(({key, rule, what}) =>
    skipped(rule, `${what} be compared: there are no recorded expectations`, {
      severity: policy[key] === 'exact' ? 'error' : 'warning',
      origin: policy.originOf([key]),
      hint: RECORD,
    }),
  );
  const findings = [...limits, ...unproven];
  if (first) return [...findings, FIRST];
  return findings.length > 0 ? findings : [NOTHING_RECORDED];
}

const NOTHING_RECORDED = skipped(
  'expect/none',
  'nothing is expected of this backup: the ledger vouches for the restore, but nothing says what ought to be in it',
  {severity: 'note', hint: RECORD},
);

const FIRST = skipped(
  'expect/none',
  'no earlier drill of this backup passed: nothing to compare with yet; the next drill is compared with this one, if it passes',
  {severity: 'note'},
);

/** Whoever put it there wants the backup to be judged by it. */
function cannotBeUsed({file, problem}: NonNullable<Chosen['unusable']>): Finding {
  const message = `the expectations beside the backup, ${file}, cannot be used: ${problem}`;
  const hint = 'Write them anew beside the backup (restore-drill record), or take them away.';
  return skipped('expect/recorded-beside', message, {severity: 'error', origin: file, hint});
}
