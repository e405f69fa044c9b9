/** When keys expire, held against what was recorded. Of that DEBUG DIGEST knows nothing, so it is a check of its own. */
import type {Dataset, KeyCount} from '../inspect/inspection.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Policy} from './policy.ts';
import {HINT, listed, recordedAt} from './recorded.ts';

type Times = Pick<KeyCount, 'expires' | 'expiryTimes'>;
type Compared = {
  rule: 'expect/expiry-times' | 'expect/group-expiry-times';
  what: string;
  path: string;
  recorded: Times;
  actual: Times;
};

/** `null` where there is nothing to compare: nothing expired then, or no times were recorded. */
export function judgeExpiryTimes({rule, what, path, recorded, actual}: Compared): Finding | null {
  if (recorded.expires > 0 && !recorded.expiryTimes?.digest) return null;
  if (actual.expires > 0 && !actual.expiryTimes?.digest) return null;
  const parts = {
    expected: recorded.expiryTimes?.digest?.hex ?? NONE,
    actual: actual.expiryTimes?.digest?.hex ?? NONE,
    origin: recordedAt(`${path}.expiryTimes`),
  };
  if (parts.expected === parts.actual)
    return pass(rule, `the expiry times of ${what} are as recorded`, parts);
  const left = (times: Times) => listed(times.expiryTimes?.left ?? {});
  const message = `the expiry times of ${what} differ from those recorded; keys by the time that they had left: recorded ${left(recorded)}, now ${left(actual)}`;
  return fail(rule, message, {...parts, hint: HINT});
}

/** Where no key expires. */
const NONE = 'none';

type Asked = {policy: Policy; sameBytes: boolean; tolerant: boolean};

/** Of the whole dataset. */
export function compareExpiryTimes(
  recorded: Dataset,
  actual: Dataset,
  {policy, sameBytes, tolerant}: Asked,
): Finding {
  const rule = 'expect/expiry-times';
  const isExact = policy['expiry-times'] === 'exact';
  const any = policy['expiry-times'] === 'any' || policy.digest === 'any';
  const not = (because: string, severity: 'note' | 'error' = 'note') =>
    skipped(rule, `the expiry times are not compared: ${because}`, {
      severity,
      origin: recordedAt('dataset.expiryTimes'),
    });
  if (!sameBytes && !isExact && any) return not('the policy says `any`');
  if (!sameBytes && !isExact && tolerant) return not('the policy tolerates changes');
  const finding = judgeExpiryTimes({rule, what: 'the dataset', path: 'dataset', recorded, actual});
  if (finding !== null) return finding;
  const wereRecorded = recorded.expires === 0 || recorded.expiryTimes?.digest;
  return not(
    wereRecorded ? 'values and times were not read' : 'none were recorded',
    isExact ? 'error' : 'note',
  );
}
