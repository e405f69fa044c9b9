/**
 * Expectations: a recorded census, and which backup it is of. Made by `record` from a backup that passed its drill,
 * kept in a repository, read in a diff. Without a policy everything recorded must be equal, whichever artifact is drilled.
 */
import {z} from 'zod';
import type {Census} from '../census/census.ts';
import {type Dataset, datasetSchema, digestSchema, type Inspection} from '../inspect/inspection.ts';
import type {ServerDescription} from '../restore/throwaway.ts';
import {recordCanaries, recordedCanarySchema} from './canaries.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const expectationsSchema = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(1),
  recordedAt: z.iso.datetime(),
  /** The backup that this was recorded from. */
  backup: z.strictObject({
    name: z.string(),
    sizeBytes: z.int().min(0),
    sha256: z.strictObject({artifact: sha256, plain: sha256}),
    createdAt: z.string().nullable(),
    rdbVersion: z.int().nullable(),
  }),
  /** Line of the server that it was restored into, such as `redis:7.0`. */
  server: z.string().nullable(),
  dataset: datasetSchema.refine(balances, 'the sums do not agree with the databases'),
  modules: z.record(z.string(), z.int().min(0)),
  /** The server's own DEBUG DIGEST; comparable within its dialect only. */
  serverDigest: digestSchema.nullable(),
  /** Canaries of the config, by the SHA-256 of `database:key`. */
  canaries: z.record(z.string().regex(/^[0-9a-f]{64}$/), recordedCanarySchema).optional(),
});
/** A hand-edited recording must not turn a healthy backup red. */
function balances({keys, expires, databases}: Dataset): boolean {
  const counts = Object.values(databases);
  const sum = (what: 'keys' | 'expires') => counts.reduce((total, count) => total + count[what], 0);
  return keys === sum('keys') && expires === sum('expires');
}

export type Expectations = z.infer<typeof expectationsSchema>;

/** Counted by the server, digested by us. */
function databases({dataset}: Inspection, census: Census): Dataset['databases'] {
  return Object.fromEntries(
    Object.entries(census.databases).map(([number, counts]) => {
      const {digest, expiryTimes} = dataset.databases[number] ?? {};
      return [number, {...counts, ...(digest && {digest}), ...(expiryTimes && {expiryTimes})}];
    }),
  );
}

export function recordExpectations(drill: {
  backup: Pick<Expectations['backup'], 'name' | 'sizeBytes' | 'sha256'>;
  inspection: Inspection;
  server: ServerDescription;
  census: Census;
  recordedAt: string;
  canaryIds?: readonly string[] | undefined;
}): Expectations {
  const {backup, inspection, server, census, recordedAt, canaryIds = []} = drill;
  const {name, sizeBytes, sha256} = backup;
  return {
    schemaVersion: 1,
    recordedAt,
    backup: {name, sizeBytes, sha256, createdAt: inspection.createdAt, rdbVersion: inspection.rdbVersion},
    server: server.line,
    // What came back is what the next drill counts: servers skip the empty keys of old dumps.
    dataset: {
      ...inspection.dataset,
      keys: census.keys,
      expires: census.expires,
      databases: databases(inspection, census),
    },
    modules: inspection.modules,
    serverDigest: census.digest,
    ...(canaryIds.length > 0 && {canaries: recordCanaries(canaryIds, inspection.canaries ?? [])}),
  };
}
