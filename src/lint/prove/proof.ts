/**
 * What real servers made of a configuration, before and after a change. In: what was observed. Out: schema and types of it;
 * no key, no value of a secret and no line of a file is among them.
 */
import {z} from 'zod';

const count = z.int().min(0);
const seconds = z.number().min(0);

/** How many keys a server came up with, or that it did not. */
export const keptSchema = z.union([
  // `misplaced`: of these, in another database than they were written to.
  z.strictObject({keys: count, misplaced: count}),
  z.strictObject({refused: z.string()}),
]);
export type Kept = z.infer<typeof keptSchema>;

export const deploySchema = z.strictObject({
  /** How the server before it ended: SIGTERM, or SIGKILL as after a grace period that was too short. */
  stopped: z.enum(['in order', 'killed']),
  /** In the last dump when it ended, and written since. */
  saved: count,
  since: count,
  /** After a restart with the configuration that it had; `null` where there is no base. */
  without: keptSchema.nullable(),
  with: keptSchema,
  /** As read, without a server; `null` where nothing was predicted. */
  predicted: z.union([z.strictObject({keys: count}), z.strictObject({refused: z.string()})]).nullable(),
});
export type ProvedDeploy = z.infer<typeof deploySchema>;

export const crashSchema = z.strictObject({
  writtenSeconds: seconds,
  /** Acknowledged, and a second. */
  writes: count,
  rate: z.number(),
  lostWrites: count,
  lostSeconds: seconds,
  /** The worst case as computed for that rate; `null`: everything. */
  statedSeconds: seconds.nullable(),
  /** The longest that no write was answered: a machine that stands still proves nothing. */
  stalledSeconds: seconds,
});
export type Crash = z.infer<typeof crashSchema>;

const place = z.strictObject({file: z.string(), line: z.int(), column: z.int()});
const side = z.strictObject({
  /** `redis:7.0`, and in full. */
  server: z.string(),
  version: z.string(),
  image: z.string(),
  /** Lines that the server does not start with. */
  refused: z.array(z.strictObject({place, complaint: z.string()})),
  modulesAbsent: z.array(place),
  /** How many values of CONFIG GET are as read; those that are not, by name. */
  asRead: count,
  otherwise: z.array(z.strictObject({name: z.string(), read: z.string(), held: z.string()})),
  /** What was not handed over, by name, and why. */
  leftOut: z.array(z.strictObject({directive: z.string(), because: z.string()})),
  /** `null` where it could not be measured. */
  crash: crashSchema.nullable(),
});
export type ProvedSide = z.infer<typeof side>;

export const proofSchema = z.strictObject({
  head: side.nullable(),
  base: side.nullable(),
  /** Why there is no head: no server starts with it, whatever is left out. */
  headDied: z.string().optional(),
  /** What CONFIG GET says on both sides, where it differs. */
  changes: z.array(z.strictObject({name: z.string(), before: z.string(), after: z.string()})),
  deploys: z.array(deploySchema),
  /** What could not be proved, and why. */
  notProved: z.array(z.string()),
  durationMs: count,
});
export type Proof = z.infer<typeof proofSchema>;

/**
 * On top of what save points say: Redis asks its clock in whole seconds and waits for more than they name, looks ten times
 * a second, and saves for a while; with `everysec` it holds back what it writes while a sync runs.
 */
export const SLACK_SECONDS = 2;
