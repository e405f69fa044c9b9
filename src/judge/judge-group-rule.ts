/** One group of keys, held against what the config says of it: how many, of which type, which of them expire. */
import type {Group} from '../inspect/inspection.ts';
import {type Finding, fail, pass} from './finding.ts';
import type {GroupRule, TtlRule} from './group-policy.ts';
import {GROUP_RULES, judgeKeyLimits} from './key-limits.ts';
import {listed} from './recorded.ts';

type Judged = {
  rule: GroupRule;
  name: string;
  actual: Group;
  /** Keys; `null` where none were recorded. */
  recorded: number | null;
  originOf: (...path: string[]) => string;
};

export function judgeGroupRule(judged: Judged): Finding[] {
  const {rule, name, actual, recorded, originOf} = judged;
  const limits = rule.keys ?? {};
  return [
    ...judgeEmpty(judged),
    ...judgeKeyLimits({
      what: `group ${name}`,
      limits,
      actual: actual.keys,
      recorded,
      originOf: limit => originOf('keys', limit),
      rules: GROUP_RULES,
    }),
    ...(rule.type === undefined ? [] : [judgeType(judged, rule.type)]),
    ...(rule.ttl === undefined ? [] : judgeTtl(judged, rule.ttl)),
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

function judgeTtl(judged: Judged, ttl: TtlRule): Finding[] {
  if (ttl === 'none') return [judgeCoverage(judged, {max: 0}, originOf(judged))];
  if (ttl === 'all') return [judgeCoverage(judged, {min: 100}, originOf(judged))];
  const {'min-coverage': min, 'max-coverage': max} = ttl;
  return [
    ...(min === undefined ? [] : [judgeCoverage(judged, {min}, originOf(judged, 'min-coverage'))]),
    ...(max === undefined ? [] : [judgeCoverage(judged, {max}, originOf(judged, 'max-coverage'))]),
  ];
}

const originOf = ({originOf}: Judged, ...path: string[]): string => originOf('ttl', ...path);

/** In percent of the keys; a group without keys has whatever is asked for. */
function judgeCoverage(
  {name, actual}: Judged,
  limit: {min: number} | {max: number},
  origin: string,
): Finding {
  const rule = 'expect/group-ttl';
  const {keys, expires} = actual;
  const holds = 'min' in limit ? expires * 100 >= limit.min * keys : expires * 100 <= limit.max * keys;
  const asked = wanted(limit);
  const parts = {expected: asked, actual: `${expires} of ${keys}`, origin};
  if (holds) return pass(rule, `of group ${name} as many keys expire as they should: ${asked}`, parts);
  const share = ((100 * expires) / keys).toFixed(1);
  return fail(rule, `${expires} of ${keys} keys of group ${name} (${share}%) expire; asked for: ${asked}`, {
    ...parts,
    hint: 'min' in limit ? LOST_TTL : GOT_TTL,
  });
}

function wanted(limit: {min: number} | {max: number}): string {
  if ('min' in limit) return limit.min === 100 ? 'all' : `at least ${limit.min}%`;
  return limit.max === 0 ? 'none' : `at most ${limit.max}%`;
}

const LOST_TTL =
  'Keys that never expire fill the memory after a restore. Does the application set the expiry with every write? SET without KEEPTTL drops it.';
const GOT_TTL =
  'These keys will vanish after a restore. Which release gives them an expiry, or did a copy of the data do so?';
