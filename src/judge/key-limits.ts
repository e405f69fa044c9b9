/**
 * Limits of a number of keys, and how a count is judged by them: of the whole dataset, of a database, a type or a group.
 * `min`, `max` and `exact` need nothing recorded; `max-drop` and `max-growth` fail a change, `warn-drop` and `warn-growth`
 * show it. Every limit knows where it was written, so that a finding can name file and line.
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

const dropSchema = toleranceSchema.refine(
  drop => !('percent' in drop) || drop.percent <= 100,
  'nothing can drop by more than 100%',
);

export const keyLimitsSchema = z.strictObject({
  min: z.int().min(0).optional(),
  max: z.int().min(0).optional(),
  exact: z.int().min(0).optional(),
  'max-drop': dropSchema.optional(),
  'max-growth': toleranceSchema.optional(),
  'warn-drop': dropSchema.optional(),
  'warn-growth': toleranceSchema.optional(),
});
export type KeyLimits = z.output<typeof keyLimitsSchema>;

type Judged = {
  /** What is counted, for people: `the dataset`, `db 0`. */
  what: string;
  limits: KeyLimits;
  actual: number;
  /** `null` without a baseline: then only absolute limits can be judged. */
  recorded: number | null;
  originOf: (limit: keyof KeyLimits) => string;
  rules?: typeof POLICY_RULES | typeof GROUP_RULES;
};

const POLICY_RULES = {
  min: 'policy/keys-min',
  max: 'policy/keys-max',
  exact: 'policy/keys-exact',
  drop: 'policy/keys-dropped',
  growth: 'policy/keys-grown',
} as const;
/** Those of groups are told apart, so that they are not taken for the dataset's. */
export const GROUP_RULES = {
  min: 'expect/group-keys-min',
  max: 'expect/group-keys-max',
  exact: 'expect/group-keys-exact',
  drop: 'expect/group-keys-dropped',
  growth: 'expect/group-keys-grown',
} as const;

export function judgeKeyLimits(judged: Judged): Finding[] {
  return [
    ...ABSOLUTE.flatMap(limit => judgeAbsolute(judged, limit)),
    ...judgeChange(judged, 'drop'),
    ...judgeChange(judged, 'growth'),
  ];
}

/** `min`, `max` and `exact` are limits of their own: they make a drill stricter, never looser; and a warning relaxes nothing. */
export const isTolerance = (limits: KeyLimits | undefined): boolean =>
  limits?.['max-drop'] !== undefined || limits?.['max-growth'] !== undefined;

/** Said of one database, type or group itself, it lets that be gone altogether. */
export function mayVanish(limits: KeyLimits | undefined): boolean {
  const drop = limits?.['max-drop'];
  return drop !== undefined && 'percent' in drop && drop.percent === 100;
}

/** What a part of the dataset is judged by where a rule of its own tells that it is gone. */
export function withoutDrop(limits: KeyLimits): KeyLimits {
  const {'max-drop': _max, 'warn-drop': _warn, 'max-growth': _growth, ...others} = limits;
  return others;
}

export const isGone = ({actual, recorded}: {actual: number; recorded: number | null}): boolean =>
  actual === 0 && recorded !== null && recorded > 0;

const LOST =
  'Were keys lost before the backup was taken, or is this an older or another backup? If the loss is right, record anew or raise the limit.';
const GREW = 'Is this the right backup? If the growth is right, record anew or raise the limit.';

const ABSOLUTE = ['min', 'max', 'exact'] as const;
const WORDS = {min: 'at least', max: 'at most', exact: 'exactly'} as const;

function judgeAbsolute(
  {what, limits, actual, originOf, rules = POLICY_RULES}: Judged,
  limit: (typeof ABSOLUTE)[number],
): Finding[] {
  const asked = limits[limit];
  if (asked === undefined) return [];
  const parts = {expected: `${WORDS[limit]} ${asked}`, actual, origin: originOf(limit)};
  const tooFew = limit !== 'max' && actual < asked;
  if (!tooFew && (limit === 'min' || actual <= asked))
    return [pass(rules[limit], `${what} holds ${WORDS[limit]} ${asked} keys`, parts)];
  const verb = limit === 'max' ? 'allowed' : 'asked for';
  const message = `${what} holds ${actual} keys, ${WORDS[limit]} ${asked} are ${verb}`;
  return [fail(rules[limit], message, {...parts, hint: tooFew ? LOST : GREW})];
}

/** One finding for a direction: the limit that fails where it is passed, else the one that warns. */
function judgeChange(
  {what, limits, actual, recorded, originOf, rules = POLICY_RULES}: Judged,
  way: 'drop' | 'growth',
): Finding[] {
  const rule = rules[way];
  // Who allows growth has not allowed loss; the other way round a smaller loss is no reason to forbid growth.
  const growthOnly = way === 'drop' && limits['max-growth'] !== undefined && recorded !== null;
  const max = limits[`max-${way}`] ?? (growthOnly ? {keys: 0} : undefined);
  const warn = limits[`warn-${way}`];
  const named = max === undefined ? (`warn-${way}` as const) : (`max-${way}` as const);
  const stated = max ?? warn;
  if (stated === undefined) return [];
  if (recorded === null) {
    const message = `${what}: nothing was recorded to compare with`;
    return [skipped(rule, message, {severity: 'warning', origin: originOf(named)})];
  }
  const change = way === 'drop' ? recorded - actual : actual - recorded;
  const parts = {expected: recorded, actual};
  const hint = way === 'drop' ? LOST : GREW;
  const percent = recorded === 0 ? '' : ` (${((100 * change) / recorded).toFixed(1)}%)`;
  const moved = `${what} ${way === 'drop' ? 'dropped' : 'grew'} by`;
  const said = `${moved} ${change} keys${percent}, from ${recorded} to ${actual}`;
  if (max !== undefined && change > allowed(max, recorded)) {
    const message = `${said}; ${shown(max)} is allowed`;
    return [fail(rule, message, {...parts, origin: originOf(`max-${way}`), hint})];
  }
  if (warn !== undefined && change > allowed(warn, recorded)) {
    const message = `${said}; more than ${shown(warn)} is worth a look`;
    return [fail(rule, message, {...parts, severity: 'warning', origin: originOf(`warn-${way}`), hint})];
  }
  return [pass(rule, `${moved} no more than ${shown(stated)}`, {...parts, origin: originOf(named)})];
}

const shown = (tolerance: Tolerance): string =>
  'percent' in tolerance ? `${tolerance.percent}%` : `${tolerance.keys} keys`;

/** In binary, 0.57 % of 10,000 comes out just below 57: a drop of 57 keys must pass all the same. */
const allowed = (tolerance: Tolerance, recorded: number): number =>
  'percent' in tolerance
    ? Math.floor(((recorded * tolerance.percent) / 100) * (1 + 4 * Number.EPSILON))
    : tolerance.keys;
