/**
 * Limits of a number of keys (`min`, `max`, `max-drop`, `max-growth`), and how a count is judged by them: of the whole
 * dataset, of a database, of a group. Every limit knows where it was written, so that a finding can name file and line.
 */
import {z} from 'zod';
import {type Finding, fail, pass, skipped} from './finding.ts';

/** A hundredfold growth is no tolerance any more. */
const MAX_PERCENT = 10_000;

/** `5%` of what was recorded, or a number of keys. */
const toleranceSchema = z.union([
  z
    .string()
    .regex(/^\d+(\.\d+)?%$/, 'write a percentage such as 5%, or a number of keys')
    .transform(text => ({percent: Number(text.slice(0, -1))}))
    .refine(({percent}) => percent <= MAX_PERCENT, `a percentage is at most ${MAX_PERCENT}%`),
  z
    .int()
    .min(0)
    .transform(keys => ({keys})),
]);
type Tolerance = z.output<typeof toleranceSchema>;

export const keyLimitsSchema = z.strictObject({
  min: z.int().min(0).optional(),
  max: z.int().min(0).optional(),
  'max-drop': toleranceSchema
    .refine(drop => !('percent' in drop) || drop.percent <= 100, 'nothing can drop by more than 100%')
    .optional(),
  'max-growth': toleranceSchema.optional(),
});
export type KeyLimits = z.output<typeof keyLimitsSchema>;

type Judged = {
  /** What is counted, for people: `the dataset`, `db 0`. */
  what: string;
  limits: KeyLimits;
  actual: number;
  /** `null` without expectations: then only absolute limits can be judged. */
  recorded: number | null;
  originOf: (limit: keyof KeyLimits) => string;
  rules?: typeof POLICY_RULES | typeof GROUP_RULES;
};

const POLICY_RULES = {
  min: 'policy/keys-min',
  max: 'policy/keys-max',
  'max-drop': 'policy/keys-dropped',
  'max-growth': 'policy/keys-grown',
} as const;
/** Those of groups are told apart, so that they are not taken for the dataset's. */
export const GROUP_RULES = {
  min: 'expect/group-keys-min',
  max: 'expect/group-keys-max',
  'max-drop': 'expect/group-keys-dropped',
  'max-growth': 'expect/group-keys-grown',
} as const;

export function judgeKeyLimits({
  what,
  limits,
  actual,
  recorded,
  originOf,
  rules = POLICY_RULES,
}: Judged): Finding[] {
  const findings: Finding[] = [];
  const {min, max} = limits;
  if (min !== undefined) {
    const parts = {expected: `at least ${min}`, actual, origin: originOf('min')};
    findings.push(
      actual >= min
        ? pass(rules.min, `${what} holds at least ${min} keys`, parts)
        : fail(rules.min, `${what} holds ${actual} keys, at least ${min} are asked for`, {
            ...parts,
            hint: LOST,
          }),
    );
  }
  if (max !== undefined) {
    const parts = {expected: `at most ${max}`, actual, origin: originOf('max')};
    findings.push(
      actual <= max
        ? pass(rules.max, `${what} holds at most ${max} keys`, parts)
        : fail(rules.max, `${what} holds ${actual} keys, at most ${max} are allowed`, {
            ...parts,
            hint: GREW,
          }),
    );
  }
  for (const direction of ['max-drop', 'max-growth'] as const) {
    // Who allows growth has not allowed loss; the other way round a smaller loss is no reason to forbid growth.
    const growthOnly = direction === 'max-drop' && limits['max-growth'] !== undefined;
    const tolerance = limits[direction] ?? (growthOnly && recorded !== null ? {keys: 0} : undefined);
    if (tolerance === undefined) continue;
    findings.push(
      judgeChange({
        what,
        rule: rules[direction],
        direction,
        tolerance,
        actual,
        recorded,
        origin: originOf(direction),
      }),
    );
  }
  return findings;
}

/** `min` and `max` are limits of their own: they make a drill stricter, never looser. */
export const isTolerance = (limits: KeyLimits | undefined): boolean =>
  limits?.['max-drop'] !== undefined || limits?.['max-growth'] !== undefined;

const LOST =
  'Were keys lost before the backup was taken, or is this an older or another backup? If the loss is right, record anew.';
const GREW = 'Is this the right backup? If the growth is right, record anew or raise the limit.';

type Change = {
  what: string;
  rule: string;
  direction: 'max-drop' | 'max-growth';
  tolerance: Tolerance;
  actual: number;
  recorded: number | null;
  origin: string;
};

function judgeChange({what, rule, direction, tolerance, actual, recorded, origin}: Change): Finding {
  if (recorded === null) {
    return skipped(rule, `${what}: nothing was recorded to compare with`, {severity: 'warning', origin});
  }
  const allowed = 'percent' in tolerance ? share(recorded, tolerance.percent) : tolerance.keys;
  const change = direction === 'max-drop' ? recorded - actual : actual - recorded;
  const limit = 'percent' in tolerance ? `${tolerance.percent}%` : `${tolerance.keys} keys`;
  const word = direction === 'max-drop' ? 'dropped' : 'grew';
  const parts = {expected: recorded, actual, origin};
  if (change <= allowed) return pass(rule, `${what} ${word} by no more than ${limit}`, parts);
  const percent = recorded === 0 ? '' : ` (${((100 * change) / recorded).toFixed(1)}%)`;
  const message = `${what} ${word} by ${change} keys${percent}, from ${recorded} to ${actual}; ${limit} is allowed`;
  return fail(rule, message, {...parts, hint: direction === 'max-drop' ? LOST : GREW});
}

/** In binary, 0.57 % of 10,000 comes out just below 57: a drop of 57 keys must pass all the same. */
const share = (keys: number, percent: number): number =>
  Math.floor(((keys * percent) / 100) * (1 + 4 * Number.EPSILON));
