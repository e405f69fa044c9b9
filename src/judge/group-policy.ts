/** What a config may ask of groups of keys: the part of the policy below `expect.groups`. */
import {z} from 'zod';
import {groupPatternSchema} from '../inspect/groups/group-pattern.ts';
import {valueTypeSchema} from '../inspect/inspection.ts';
import {keyLimitsSchema} from './key-limits.ts';
import {ttlSchema} from './ttl-rule.ts';

/** Whether a digest that was recorded must be met: whatever else is tolerated, or not at all. */
export const exactnessSchema = z.enum(['exact', 'any']);

export const groupRuleSchema = z.strictObject({
  /** As KEYS and SCAN take it. */
  match: groupPatternSchema,
  /** The type of all its keys. */
  type: valueTypeSchema.optional(),
  keys: keyLimitsSchema.optional(),
  /** Which of its keys expire. */
  ttl: ttlSchema.optional(),
  digest: exactnessSchema.optional(),
  'expiry-times': exactnessSchema.optional(),
});
export type GroupRule = z.output<typeof groupRuleSchema>;

export const groupRulesSchema = z.array(groupRuleSchema).superRefine((groups, context) => {
  for (const [index, {match}] of groups.entries()) {
    if (groups.findIndex(other => other.match === match) === index) continue;
    context.addIssue({code: 'custom', path: [index, 'match'], message: `another group is ${match}`});
  }
});
