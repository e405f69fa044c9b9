/**
 * Asks a restored server for canaries: DEBUG DIGEST-VALUE, and MEMORY USAGE where DEBUG is not allowed. On a frozen server
 * both see keys whose time has passed, which GET, EXISTS, TYPE, TTL and OBJECT ENCODING hide (run on Redis 6.0, 7.0, 8.0
 * and Valkey 8.1, 9.1). A question that is not answered is no answer, never a missing key.
 */
import {z} from 'zod';
import type {CanaryKey} from '../inspect/canaries/canary-schema.ts';
import {digestSchema} from '../inspect/inspection.ts';
import type {ServerClient} from '../redis/client.ts';

export const askedCanarySchema = z.strictObject({
  /** `null`: the server did not say. */
  present: z.boolean().nullable(),
  /** DEBUG DIGEST-VALUE. */
  digest: digestSchema.nullable(),
  /** Why something is `null`. */
  because: z.string().optional(),
});
export type AskedCanary = z.infer<typeof askedCanarySchema>;

/** What DEBUG DIGEST-VALUE says of a key that is not there. */
const NO_KEY = '0'.repeat(40);
const NOT_THERE: AskedCanary = {present: false, digest: null};

/** `databases`: those that have keys; others need not exist. */
export async function askForCanaries(
  client: ServerClient,
  canaries: readonly CanaryKey[],
  {databases, dialect}: {databases: ReadonlySet<string>; dialect: string},
): Promise<AskedCanary[]> {
  const answers: AskedCanary[] = [];
  for (const canary of canaries) {
    const mayBe = databases.has(String(canary.database));
    answers.push(mayBe ? await askFor(client, canary, dialect) : NOT_THERE);
  }
  return answers;
}

async function askFor(client: ServerClient, canary: CanaryKey, dialect: string): Promise<AskedCanary> {
  const ask = (...command: [string, ...string[]]) =>
    client.callIn(canary.database, ...command, canary.key).catch(() => undefined);
  const hex = firstOf(await ask('DEBUG', 'DIGEST-VALUE'));
  if (typeof hex === 'string' && /^[0-9a-f]{40}$/.test(hex)) {
    if (hex === NO_KEY) return NOT_THERE;
    return {present: true, digest: {algorithm: 'redis-debug-digest', dialect, hex}};
  }
  const because = 'the server does not answer DEBUG DIGEST-VALUE';
  const bytes = await ask('MEMORY', 'USAGE');
  return {present: bytes === undefined ? null : isThere(bytes), digest: null, because};
}

/** One key, one digest: a list over a socket, plain text from the CLI of 6.0. */
const firstOf = (reply: unknown): unknown => (Array.isArray(reply) ? reply[0] : reply);

/** A number of bytes; the CLI of 6.0 prints nothing for a key that is not there. */
const isThere = (bytes: unknown): boolean => bytes !== null && bytes !== '';
