/** Modules and the number of their values, held against what was recorded. Pure. */
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Policy} from './policy.ts';
import {HINT, listed, recordedAt} from './recorded.ts';

type Counts = Record<string, number>;
type Asked = {policy: Policy; sameBytes: boolean; tolerant: boolean};

/** `recorded`: `null` where they were not, as in a history. */
export function judgeModules(
  actual: Counts,
  recorded: Counts | null,
  {policy: {modules, originOf}, sameBytes, tolerant}: Asked,
): Finding[] {
  const rule = 'expect/modules';
  const origin = recordedAt('modules');
  if (modules === 'any' && !sameBytes)
    return [
      skipped(rule, 'modules are not compared: the policy says `modules: any`', {severity: 'note', origin}),
    ];
  if (recorded === null) {
    if (modules !== 'exact') return [];
    const message = 'modules cannot be compared: a history keeps no record of them';
    const hint = 'Record expectations: restore-drill record BACKUP --expect FILE.';
    return [skipped(rule, message, {severity: 'error', origin: originOf(['modules']), hint})];
  }
  const say = tolerant && modules !== 'exact' ? named : listed;
  const parts = {expected: say(recorded), actual: say(actual), origin};
  if (parts.expected === parts.actual) return [pass(rule, 'modules as recorded', parts)];
  return [
    fail(rule, `modules: recorded ${parts.expected}, restored ${parts.actual}`, {...parts, hint: HINT}),
  ];
}

const named = (counts: Counts): string => Object.keys(counts).toSorted().join(', ') || 'none';
