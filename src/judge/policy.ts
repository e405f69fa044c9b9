/**
 * Policy: what a config demands of a backup, and what it tolerates. Every value knows where it was written, so that a
 * finding can name the file and line.
 */
import {z} from 'zod';
import {valueTypeSchema} from '../inspect/inspection.ts';
import type {Budget} from './budget.ts';
import {canariesSchema} from './canaries.ts';
import type {Shard} from './cluster.ts';
import type {MaxAge} from './freshness.ts';
import {exactnessSchema, groupRulesSchema} from './group-policy.ts';
import type {Ignore} from './ignore.ts';
import {keyLimitsSchema} from './key-limits.ts';
import {ttlSchema} from './ttl-rule.ts';

export const policySchema = z.strictObject({
  keys: keyLimitsSchema.optional(),
  databases: z
    .record(
      z.string().regex(/^(0|[1-9]\d*)$/, 'a database is a number, without zeros before it'),
      z.strictObject({keys: keyLimitsSchema.optional(), ttl: ttlSchema.optional()}),
    )
    .optional(),
  /** Which of all keys expire. */
  ttl: ttlSchema.optional(),
  /** Keys by type. */
  types: z.partialRecord(valueTypeSchema, z.strictObject({keys: keyLimitsSchema})).optional(),
  /** Of an AOF that ends in the middle of a command or transaction. */
  'cut-tail': z.union([z.enum(['fail', 'warn']), z.strictObject({'max-bytes': z.int().min(0)})]).optional(),
  /** Keys that must be there, each with what else must be so of it. */
  canaries: canariesSchema.optional(),
  /** `any`: libraries may come and go, and their code may change. `no-fewer`: none may go. */
  functions: z.enum(['exact', 'any', 'no-fewer']).optional(),
  /** `exact`: whatever else is tolerated, which modules and how many of their values. */
  modules: exactnessSchema.optional(),
  digest: exactnessSchema.optional(),
  'expiry-times': exactnessSchema.optional(),
  groups: groupRulesSchema.optional(),
  /** Prefixes of groups are recorded and shown by their hashes. */
  redact: z.boolean().optional(),
});

export type Policy = z.output<typeof policySchema> & {
  /** Where a value was written, by its path below `expect`: `restore-drill.yml:12`. */
  originOf(path: readonly string[]): string;
  /** Where the expectations were read from, so that a finding can name the file. */
  expectationsFile?: string;
  /** Of a backup that is one shard of a cluster. */
  cluster?: Shard;
  maxAge?: MaxAge;
  budget?: Budget;
  ignores?: readonly Ignore[];
  /** What the group of a pattern is called in the Inspection: the pattern, unless names are redacted. */
  groupName?: (pattern: string) => string;
  /** Under which names canaries are recorded, in their order. */
  canaryIds?: readonly string[];
};

export const NO_POLICY: Policy = {originOf: () => ''};
