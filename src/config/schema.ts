/** The form of restore-drill.yml. schema/config.json is generated from it; unknown keys are errors, never ignored. */
import {z} from 'zod';
import {trendPolicySchema} from '../history/trends/trend-policy.ts';
import {depthSchema} from '../inspect/inspection.ts';
import {ignoreSchema} from '../judge/ignore.ts';
import {policySchema} from '../judge/policy.ts';
import {proofSchema} from '../judge/proof.ts';
import {lintConfigSchema} from '../lint/lint-config.ts';
import {loadSchema} from '../source/source-job.ts';
import {decryptSchema} from '../unpack/keys.ts';
import {DEFAULT_LIMITS} from '../unpack/limits.ts';
import {clusterConfigSchema} from './cluster.ts';
import {historyConfigSchema} from './history.ts';
import {parseSize} from './size.ts';
import {durationSchema, selectSchema, sourceSchema, storeSchema} from './source-schema.ts';

/** Less memory no container engine gives. */
const MIN_MEMORY_BYTES = 6 * 1024 ** 2;

/**
 * Host, repository, tag and digest. It becomes part of an address at the engine, where empty or dotted steps would lead
 * elsewhere. https://github.com/distribution/reference/blob/main/reference.go
 */
const HOST = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::[0-9]+)?';
const STEP = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const IMAGE = new RegExp(
  `^(?:${HOST}/)?${STEP}(?:/${STEP})*(?::\\w[\\w.-]{0,127})?(?:@[a-z0-9]+:[a-f0-9]{32,})?$`,
  'i',
);
const REGISTRY = new RegExp(`^${HOST}(?:/${STEP})*$`, 'i');

const sizeSchema = z.union([z.string(), z.int().min(1)]).transform((value, context) => {
  const bytes = typeof value === 'number' ? value : parseSize(value);
  if (bytes === null || bytes < MIN_MEMORY_BYTES || !Number.isSafeInteger(bytes)) {
    context.addIssue({code: 'custom', message: 'write a size of at least 6mb, such as 512mb or 4gb'});
    return z.NEVER;
  }
  return bytes;
});

/** A budget may be small. */
const bytesSchema = z.union([z.string(), z.int().min(1)]).transform((value, context) => {
  const bytes = typeof value === 'number' ? value : parseSize(value);
  if (bytes === null || bytes < 1 || !Number.isSafeInteger(bytes)) {
    context.addIssue({code: 'custom', message: 'write a size such as 512mb or 4gb'});
    return z.NEVER;
  }
  return bytes;
});

/** What a restore may take; more fails the drill. */
const budgetSchema = z.strictObject({
  /** From asking for the backup to a server that has loaded it. */
  restore: durationSchema.optional(),
  /** Of the server that has loaded it. */
  memory: bytesSchema.optional(),
  /** Of the backup as it is stored. */
  size: bytesSchema.optional(),
});

const imageSchema = z.string().regex(IMAGE, 'not an image reference');

/** Servers that one backup has to load on. */
const matrixSchema = z
  .array(
    z.union([
      imageSchema.transform(image => ({image, optional: false})),
      /** What an optional one makes of it is told and fails nothing. */
      z.strictObject({image: imageSchema, optional: z.boolean().default(false)}),
    ]),
  )
  .min(1)
  .max(16)
  .refine(servers => servers.some(({optional}) => !optional), 'one of them has to load the backup')
  .refine(
    servers => new Set(servers.map(({image}) => image)).size === servers.length,
    'one of them stands there twice',
  );

export const serverConfigSchema = z.strictObject({
  kind: z.enum(['auto', 'container', 'process']).default('auto'),
  image: imageSchema.default('auto'),
  /** In place of `image`: the drill is of the first that is not optional, and tells of the others. */
  matrix: matrixSchema.optional(),
  /** Prefix of official images, for mirrors. */
  registry: z.string().regex(REGISTRY, 'not a registry').optional(),
  /** Memory limit of the container. */
  memory: sizeSchema.optional(),
  /** Production's own redis.conf: the backup is restored with it once more, in a container. */
  config: z.string().min(1).optional(),
});

/** Beyond these a backup is taken for a bomb. */
const unpackConfigSchema = z.strictObject({
  /** Of what comes out of a layer to the bytes of the backup. */
  'max-ratio': z.int().min(1).default(DEFAULT_LIMITS.maxRatio),
  /** Of all that comes out of all layers. */
  'max-size': sizeSchema.default(DEFAULT_LIMITS.maxSizeBytes),
  /** In archives. */
  'max-entries': z.int().min(1).default(DEFAULT_LIMITS.maxEntries),
});

export const backupConfigSchema = z.strictObject({
  name: z.string().min(1),
  /** Where it is; paths are relative to the working directory. */
  source: sourceSchema,
  /** How to reach that place. */
  store: storeSchema.prefault({}),
  /** Which one of several. */
  select: selectSchema.prefault({}),
  /** An older one fails. */
  'max-age': durationSchema.optional(),
  /** Where an append-only file and a dump lie together: `auto` does as a server with `appendonly yes` does. */
  load: loadSchema.default('auto'),
  /** How much of it is compared. */
  depth: depthSchema.default('full'),
  /** By what a full drill proves values. */
  proof: proofSchema.default('debug-digest'),
  decrypt: decryptSchema.prefault({}),
  unpack: unpackConfigSchema.prefault({}),
  server: serverConfigSchema.prefault({}),
  /** Where records of its drills are kept; else where the whole file says. */
  history: historyConfigSchema.optional(),
  /** What of its trends fails, and what warns. */
  trend: trendPolicySchema.prefault({}),
  budget: budgetSchema.prefault({}),
  /** Rules whose failure is shown and fails nothing, each with the reason. */
  ignore: ignoreSchema.default([]),
  /** It is one shard of a Redis Cluster. */
  cluster: clusterConfigSchema.optional(),
  expect: policySchema.extend({file: z.string().min(1).optional()}).prefault({}),
});
export type BackupConfig = z.output<typeof backupConfigSchema>;

export const configSchema = z.strictObject({
  version: z.literal(1),
  /** Where records of drills are kept. */
  history: historyConfigSchema.optional(),
  /** For `restore-drill lint`. */
  lint: lintConfigSchema.optional(),
  backups: z
    .array(backupConfigSchema)
    .min(1)
    .superRefine((backups, context) => {
      for (const [index, {name}] of backups.entries()) {
        if (backups.findIndex(other => other.name === name) === index) continue;
        context.addIssue({code: 'custom', path: [index, 'name'], message: `another backup is named ${name}`});
      }
    }),
});
