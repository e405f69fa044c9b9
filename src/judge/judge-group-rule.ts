/** One group of keys, held against what the config says of it: how many, of which type, which of them expire. */
import type {Group} from '../inspect/inspection.ts';
import {type Finding, fail, pass} from './finding.ts';
import type {GroupRule} from './group-policy.ts';
import {GROUP_RULES, isGone, judgeKeyLimits, mayVanish, withoutDrop} from './key-limits.ts';
import {listed} from './recorded.ts';
import {judgeTtl} from './ttl-rule.ts';

type Judged = {
  rule: GroupRule;
  name: string;
  actual: Group;
  /** `null` where nothing was recorded. */
  recorded: Group | null;
  originOf: (...path: string[]) => string;
};

export function judgeGroupRule(judged: Judged): Finding[] {
  const {rule, name, actual, recorded, originOf} = judged;
  const {keys = {}} = rule;
  const gone = isGone({actual: actual.keys, recorded: recorded?.keys ?? null});
  // `expect/group-vanished` says so.
  const limits = gone && !mayVanish(keys) ? withoutDrop(keys) : keys;
  const coverage = {
    rule: 'expect/group-ttl',
    what: `group ${name}`,
    actual,
    recorded,
    originOf: (...path: string[]) => originOf('ttl', ...path),
  } as const;
  return [
    ...judgeEmpty(judged),
    ...judgeKeyLimits({
      what: `group ${name}`,
      limits,
      actual: actual.keys,
      recorded: recorded?.keys ?? null,
      originOf: limit => originOf('keys', limit),
      rules: GROUP_RULES,
    }),
    ...(rule.type === undefined ? [] : [judgeType(judged, rule.type)]),
    ...(rule.ttl === undefined ? [] : judgeTtl(coverage, rule.ttl)),
  ];
}

/** A pattern with a slip in it would be met by nothing, and by any backup. */
function judgeEmpty({rule, name, actual, recorded, originOf}: Judged): Finding[] {
  if (actual.keys > 0 || recorded !== null || rule.keys?.min === 0 || rule.keys?.max === 0) return [];
  const message = `group ${name} has no keys`;
  const hint = 'Is the pattern right? If there may be none, say `keys: {min: 0}`.';
  return [fail('expect/group-empty', message, {severity: 'warning', origin: originOf('match'), hint})];
}

function judgeType({name, actual, originOf}: Judged, type: NonNullable<GroupRule['type']>): Finding {
  const rule = 'expect/group-type';
  const {[type]: right = 0, ...others} = actual.types;
  const parts = {expected: type, actual: listed(actual.types), origin: originOf('type')};
  const wrong = actual.keys - right;
  if (wrong === 0) return pass(rule, `all keys of group ${name} are of type ${type}`, parts);
  const message = `${wrong} of ${actual.keys} keys of group ${name} are not of type ${type}: ${listed(others)}`;
  return fail(rule, message, {
    ...parts,
    hint: 'Commands of the right type will answer WRONGTYPE for them: which release wrote them, or is this another backup?',
  });
}
