/** What came of each damaged copy: the contract of `sabotage --report-json`. schema/sabotage.json is generated from it. */
import {z} from 'zod';

export const attemptSchema = z.strictObject({
  /** What was done to the copy. */
  damage: z.string(),
  /** To the backup as it is stored, or to the dump or AOF that is packed in it. */
  of: z.enum(['backup', 'dump', 'aof']),
  /**
   * `red`: the drill did not pass. `warned`: it passed with the warning that is due. `same-dump`: it passed, and rightly,
   * because the very same dump or dataset came out. `beyond`: it passed, because nothing is expected that would tell. `missed`: it
   * passed, and should not have.
   */
  result: z.enum(['red', 'warned', 'same-dump', 'beyond', 'missed']),
  /** Of the worst finding, or the code of the refusal. */
  rule: z.string().nullable(),
  /** Of what passed: why. */
  because: z.string().optional(),
});
export type Attempt = z.infer<typeof attemptSchema>;

export const sabotageSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** `failed` where anything was missed. */
  outcome: z.enum(['passed', 'failed']),
  backup: z.strictObject({name: z.string(), location: z.string()}),
  attempts: z.array(attemptSchema),
});
export type SabotageReport = z.infer<typeof sabotageSchema>;
