/**
 * Which share of the keys expires (TTL coverage), of the dataset, of a database or of a group: held against what the
 * config says of it, and against what it was. Pure.
 */
import {z} from 'zod';
import type {KeyCount} from '../inspect/inspection.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';

const shareSchema = z
  .string()
  .regex(/^\d+(\.\d+)?%$/, 'write a percentage such as 95%')
  .transform(text => Number(text.slice(0, -1)))
  .refine(percent => percent <= 100, 'a share is at most 100%');

export const ttlSchema = z.union([
  z.enum(['none', 'all']),
  z.strictObject({
    'min-coverage': shareSchema.optional(),
    'max-coverage': shareSchema.optional(),
    /** How far the share may move from what it was, in percent of all keys. */
    'max-change': shareSchema.optional(),
    'warn-change': shareSchema.optional(),
  }),
]);
export type TtlRule = z.output<typeof ttlSchema>;

type Keys = Pick<KeyCount, 'keys' | 'expires'>;

type Judged = {
  rule: 'policy/ttl' | 'expect/group-ttl';
  /** For people: `the dataset`, `group user:*`. */
  what: string;
  actual: Keys;
  /** `null` without a baseline. */
  recorded: Keys | null;
  originOf: (...path: string[]) => string;
};

export function judgeTtl(judged: Judged, ttl: TtlRule): Finding[] {
  const {originOf} = judged;
  if (ttl === 'none') return [judgeCoverage(judged, {max: 0}, originOf())];
  if (ttl === 'all') return [judgeCoverage(judged, {min: 100}, originOf())];
  const {'min-coverage': min, 'max-coverage': max} = ttl;
  return [
    ...(min === undefined ? [] : [judgeCoverage(judged, {min}, originOf('min-coverage'))]),
    ...(max === undefined ? [] : [judgeCoverage(judged, {max}, originOf('max-coverage'))]),
    ...judgeChange(judged, ttl),
  ];
}

/** In percent of the keys; what has no keys has whatever is asked for. */
function judgeCoverage(
  {rule, what, actual: {keys, expires}}: Judged,
  limit: {min: number} | {max: number},
  origin: string,
): Finding {
  const holds = 'min' in limit ? expires * 100 >= limit.min * keys : expires * 100 <= limit.max * keys;
  const asked = wanted(limit);
  const parts = {expected: asked, actual: `${expires} of ${keys}`, origin};
  if (holds) return pass(rule, `of ${what} as many keys expire as they should: ${asked}`, parts);
  const share = ((100 * expires) / keys).toFixed(1);
  return fail(rule, `${expires} of ${keys} keys of ${what} (${share}%) expire; asked for: ${asked}`, {
    ...parts,
    hint: 'min' in limit ? LOST_TTL : GOT_TTL,
  });
}

function wanted(limit: {min: number} | {max: number}): string {
  if ('min' in limit) return limit.min === 100 ? 'all' : `at least ${limit.min}%`;
  return limit.max === 0 ? 'none' : `at most ${limit.max}%`;
}

function judgeChange(
  {rule, what, actual, recorded, originOf}: Judged,
  {'max-change': max, 'warn-change': warn}: Exclude<TtlRule, string>,
): Finding[] {
  const named = max === undefined ? 'warn-change' : 'max-change';
  if (max === undefined && warn === undefined) return [];
  if (recorded === null) {
    const message = `of ${what} nothing was recorded to compare with`;
    return [skipped(rule, message, {severity: 'warning', origin: originOf(named)})];
  }
  // Of nothing there is no share; that the keys are gone or new is told elsewhere.
  if (recorded.keys === 0 || actual.keys === 0) return [];
  const [before, now] = [recorded, actual].map(({keys, expires}) => (100 * expires) / keys) as [
    number,
    number,
  ];
  const change = Math.abs(now - before) * (1 - 4 * Number.EPSILON);
  const parts = {expected: `${before.toFixed(1)}%`, actual: `${now.toFixed(1)}%`};
  const limits = [
    {limit: max, key: 'max-change', severity: 'error', said: 'is allowed'},
    {limit: warn, key: 'warn-change', severity: 'warning', said: 'is worth a look'},
  ] as const;
  const passed = limits.find(({limit}) => limit !== undefined && change > limit);
  if (passed === undefined) {
    const message = `about as many keys of ${what} expire as before: ${parts.actual}, then ${parts.expected}`;
    return [pass(rule, message, {...parts, origin: originOf(named)})];
  }
  const {limit, key, severity, said} = passed;
  const message = `${parts.actual} of the keys of ${what} expire, before it were ${parts.expected}; a change of ${severity === 'error' ? '' : 'more than '}${limit}% ${said}`;
  const hint = now < before ? LOST_TTL : GOT_TTL;
  return [fail(rule, message, {...parts, severity, origin: originOf(key), hint})];
}

const LOST_TTL =
  'Keys that never expire fill the memory after a restore. Does the application set the expiry with every write? SET without KEEPTTL drops it.';
const GOT_TTL =
  'These keys will vanish after a restore. Which release gives them an expiry, or did a copy of the data do so?';
