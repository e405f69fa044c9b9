/** `trend` in restore-drill.yml: what of a trend fails a drill, what warns, from how much on, and since when it counts. */
import {z} from 'zod';
import type {Subject} from './subjects.ts';

const level = z.enum(['fail', 'warn', 'off']);
export type Level = z.infer<typeof level>;

/** `5%`. */
const percent = z
  .string()
  .regex(/^\d{1,3}(\.\d+)?\s*%$/, 'write a percentage such as 5%')
  .transform(text => Number.parseFloat(text) / 100);

const settings = z.strictObject({
  level: level.optional(),
  /** What one night must be off by. */
  jump: percent.optional(),
  /** What the last nights must be off by. */
  drift: percent.optional(),
});

const moving = z.union([level, settings]).optional();

export const trendPolicySchema = z.strictObject({
  keys: moving,
  size: moving,
  memory: moving,
  restore: moving,
  age: moving,
  ttl: moving,
  types: moving,
  /** Nothing new for too long. */
  stale: level.optional(),
  /** Nights before it are not what others are measured by: for a change that was meant. */
  since: z.iso.date().optional(),
});
export type TrendPolicy = z.output<typeof trendPolicySchema> & {
  /** Where a value was written, by its path below `trend`: `restore-drill.yml:12`. */
  originOf(path: readonly string[]): string;
};

export const NO_TREND_POLICY: TrendPolicy = {originOf: () => ''};

/**
 * What is lost fails; what only costs time, room or attention warns: budgets and `max-age` in the config are the limits
 * for these, which a trend cannot know.
 */
const DEFAULT_LEVELS: Record<Subject, Level> = {
  keys: 'fail',
  size: 'warn',
  memory: 'warn',
  restore: 'warn',
  age: 'warn',
  ttl: 'warn',
  types: 'warn',
  stale: 'fail',
};

export type Setting = {level: Level; jump?: number | undefined; drift?: number | undefined; origin: string};

export function settingOf(policy: TrendPolicy, subject: Subject): Setting {
  const written = policy[subject];
  const origin = written === undefined ? 'history' : policy.originOf([subject]);
  const rest = typeof written === 'string' ? {level: written} : (written ?? {});
  return {...rest, level: rest.level ?? DEFAULT_LEVELS[subject], origin};
}
