/**
 * Canaries: single keys that the config names, held against what it says of them or what was recorded. Pure. Reports call
 * a canary by its place in the list, never by its key; what is recorded is found again by a hash of it.
 */
import {z} from 'zod';
import type {AskedCanary} from '../census/canaries.ts';
import type {Census} from '../census/census.ts';
import type {FoundCanary} from '../inspect/canaries/canary-schema.ts';
import {type Inspection, valueTypeSchema} from '../inspect/inspection.ts';
import type {Baseline} from './baseline.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Policy} from './policy.ts';
import {recordedAt} from './recorded.ts';

const MAX_CANARIES = 100;
const MAX_KEY_BYTES = 4096;
const hex = z.string().regex(/^[0-9a-f]{40}$/, 'write the 40 digits that DEBUG DIGEST-VALUE answers');

/** Text, or any bytes. */
const keySchema = z
  .union([
    z.string().transform(text => Buffer.from(text)),
    z
      .strictObject({base64: z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, 'not base64')})
      .transform(({base64}) => Buffer.from(base64, 'base64')),
  ])
  .refine(key => key.length <= MAX_KEY_BYTES, `a canary’s key has at most ${MAX_KEY_BYTES} bytes`);

export const canariesSchema = z
  .array(
    z.strictObject({
      key: keySchema,
      database: z.int().min(0).default(0),
      /** `any`: whatever was recorded. */
      digest: z.union([z.literal('any'), hex]).optional(),
      type: valueTypeSchema.optional(),
      length: z.int().min(0).optional(),
    }),
  )
  .max(MAX_CANARIES);
export type Canary = z.output<typeof canariesSchema>[number];

export const recordedCanarySchema = z.strictObject({
  type: valueTypeSchema,
  length: z.int().min(0).optional(),
  /** In the canonical dialect. */
  digest: hex.optional(),
});
export type RecordedCanary = z.infer<typeof recordedCanarySchema>;

const CANONICAL = '7.2';

/** By the ids of the policy; what the config says itself needs no recording, and is written all the same. */
export function recordCanaries(
  ids: readonly string[],
  found: readonly FoundCanary[],
): Record<string, RecordedCanary> {
  return Object.fromEntries(
    ids.flatMap((id, index) => {
      const {present, type, length, byDialect} = found[index]!;
      if (!present || type === undefined) return [];
      const digest = byDialect?.[CANONICAL];
      const recorded = {type, ...(length !== undefined && {length}), ...(digest && {digest})};
      return [[id, recorded]];
    }),
  );
}

type Restored = {inspection: Inspection; census: Census};

export function canaryFindings(
  {inspection, census}: Restored,
  expectations: Pick<Baseline, 'canaries'> | null,
  {canaries = [], canaryIds = [], originOf}: Policy,
): Finding[] {
  const unasked = Object.keys(expectations?.canaries ?? {}).filter(id => !canaryIds.includes(id)).length;
  const judged = canaries.map((canary, index) => {
    const origin = originOf(['canaries', String(index)]);
    const name = `canary ${index + 1}`;
    const ours = inspection.canaries?.[index];
    const recorded = expectations?.canaries?.[canaryIds[index] ?? ''];
    if (ours === undefined)
      return skipped('expect/canary', `${name}: not looked for`, {severity: 'error', origin});
    return judgeCanary({name, origin, canary, ours, theirs: census.canaries?.[index]}, recorded);
  });
  return unasked === 0 ? judged : [...judged, notAsked(unasked)];
}

/** Only hashes of their keys were recorded: without the config nobody can look for them. */
const notAsked = (count: number): Finding =>
  skipped(
    'expect/canary',
    `canaries that were recorded and that the config does not name: ${count}, not looked for`,
    {
      severity: 'note',
      origin: recordedAt('canaries'),
      hint: 'Is this the config that they were recorded with? If they are no longer wanted, record anew.',
    },
  );

type Case = {
  name: string;
  origin: string;
  canary: Canary;
  ours: FoundCanary;
  theirs: AskedCanary | undefined;
};

function judgeCanary(one: Case, recorded: RecordedCanary | undefined): Finding {
  const {name, origin, canary, ours, theirs} = one;
  if (!ours.present || theirs?.present === false) {
    const where = ours.present ? 'is in the file, and not on the server' : 'is not there';
    return fail('expect/canary-missing', `${name} ${where}`, {origin, hint: MISSING});
  }
  const type = canary.type ?? recorded?.type;
  if (type !== undefined && type !== ours.type) {
    const parts = {expected: type, actual: ours.type ?? null, origin, hint: CHANGED};
    return fail('expect/canary-type', `${name} has another type: ${ours.type} in place of ${type}`, parts);
  }
  const length = canary.length ?? recorded?.length;
  const wanted = canary.digest === 'any' ? undefined : (canary.digest ?? recorded?.digest);
  if (canary.length !== undefined && ours.length === undefined) {
    const message = `${name} is there, but its length cannot be compared: ${ours.digestBecause}`;
    const hint = 'Take `length` out of this canary: that it is there, and its type, is compared.';
    return skipped('expect/canary', message, {severity: 'error', origin, hint});
  }
  // Another length with the same digest there cannot be: the shorter message is the clearer one.
  if (
    length !== undefined &&
    canary.digest !== 'any' &&
    ours.length !== undefined &&
    length !== ours.length
  ) {
    const message = `${name} changed: its length is ${ours.length} in place of ${length}`;
    return fail('expect/canary-changed', message, {
      expected: length,
      actual: ours.length,
      origin,
      hint: CHANGED,
    });
  }
  return judgeDigest(one, wanted);
}

function judgeDigest({name, origin, canary, ours, theirs}: Case, wanted: string | undefined): Finding {
  if (wanted === undefined) {
    const more =
      canary.digest === 'any' || canary.type || canary.length !== undefined
        ? ''
        : ' (its value was not recorded)';
    return pass('expect/canary', `${name} is there${more}`, {origin});
  }
  if (ours.byDialect === undefined) {
    const message = `${name} is there, but its value cannot be compared: ${ours.digestBecause}`;
    const hint =
      'Take `digest` out of this canary, or write `digest: any`: that it is there, and its type, is compared.';
    return skipped('expect/canary', message, {severity: 'error', origin, hint});
  }
  // A digest that somebody took from a server of their own is in that server's dialect.
  const parts = {expected: wanted, actual: ours.byDialect[CANONICAL]!, origin};
  if (!Object.values(ours.byDialect).includes(wanted)) {
    return fail('expect/canary-changed', `${name} changed: its value has another digest`, {
      ...parts,
      hint: CHANGED,
    });
  }
  const alone = theirs?.digest
    ? ''
    : ` (by our reader alone: ${theirs?.because ?? 'the server was not asked'})`;
  return pass('expect/canary', `${name} is what it ought to be${alone}`, {
    ...parts,
    expected: null,
    actual: null,
  });
}

const MISSING =
  'Does the producer still write it? Then this is another backup, or an incomplete one: drill the one before it.';
const CHANGED =
  'If it really changed, record anew, or mend the config; else this is another backup, or its data is not what it was.';
