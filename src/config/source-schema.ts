/**
 * How restore-drill.yml says where a backup is: source, store, select, max-age. What belongs to one store is refused for
 * another, and no credential may stand in any of it.
 */
import {z} from 'zod';
import {canFetch, SCHEMES, schemeOf} from '../source/location.ts';
import {DEFAULT_PATIENCE} from '../source/patience.ts';
import {type SourceJob, secretSchema} from '../source/source-job.ts';
import {credentialsIn} from './credentials.ts';
import {parseDuration} from './duration.ts';

/** setTimeout knows no longer one. */
const MAX_DEADLINE_MS = 24 * 24 * 60 * 60_000;

export const durationSchema = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) {
    context.addIssue({code: 'custom', message: 'write a duration such as 90s, 10m, 26h or 7d'});
    return z.NEVER;
  }
  return ms;
});

export const WITHOUT_CREDENTIALS =
  'a URI may hold no credentials: put it into the environment and write env:NAME, or name the secret in `store`';

const withoutCredentials = (text: string): boolean => credentialsIn(text).length === 0;

export const sourceSchema = z.union([
  z
    .string()
    .min(1)
    .refine(withoutCredentials, WITHOUT_CREDENTIALS)
    .refine(
      canFetch,
      `this version cannot fetch from there, only from ${SCHEMES.map(scheme => `${scheme}:`).join(', ')}`,
    )
    .refine(text => !text.startsWith('env:') || secretSchema.safeParse(text).success, 'write env:NAME'),
  /** A program whose standard output is the backup: its arguments, never a line for a shell. */
  z.strictObject({command: z.array(z.string()).min(1)}),
]);

const hostSchema = z.string().regex(
  // GitHub Enterprise has a path, and accounts of Azure that are told by one.
  /^https?:\/\/[a-z0-9.[\]:_-]+(\/(api\/v3|[a-z0-9]+))?\/?$/i,
  'write the address of a server, such as https://minio.example:9000',
);

export const storeSchema = z.strictObject({
  endpoint: hostSchema.optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'not a region')
    .optional(),
  'path-style': z.boolean().optional(),
  token: secretSchema.optional(),
  workflow: z
    .string()
    .regex(/^[^/]+\.ya?ml$/, 'write the file name of a workflow, such as backup.yml')
    .optional(),
  branch: z.string().min(1).optional(),
  event: z
    .string()
    .regex(/^[a-z_]+$/, 'write an event, such as schedule')
    .optional(),
  bearer: secretSchema.optional(),
  basic: z.strictObject({user: z.string(), password: secretSchema}).optional(),
  identity: secretSchema.optional(),
  'identity-file': z.string().min(1).optional(),
  passphrase: secretSchema.optional(),
  'known-hosts': z.string().min(1).optional(),
  /** For listing and fetching together. */
  deadline: durationSchema
    .refine(ms => ms <= MAX_DEADLINE_MS, 'at most 24d')
    .default(DEFAULT_PATIENCE.deadlineMs),
});

/** Which keys of `store` belong to which schemes. */
const OF_SCHEMES: [string[], string[]][] = [
  [['endpoint'], ['s3', 'az', 'gs', 'github-artifact']],
  [['region', 'path-style'], ['s3']],
  [['token', 'workflow', 'branch', 'event'], ['github-artifact']],
  [
    ['bearer', 'basic'],
    ['http', 'https'],
  ],
  [['identity', 'identity-file', 'passphrase', 'known-hosts'], ['sftp']],
];

export const selectSchema = z.strictObject({
  pattern: z.string().min(1).optional(),
  /** `latest`, `previous`, `random`, `all`, or the name of one. */
  pick: z.string().min(1).default('latest'),
  by: z.enum(['modified', 'name', 'version']).default('modified'),
  within: durationSchema.optional(),
  /** Of `all`: the newest so many, each drilled by itself. */
  limit: z.int().min(1).max(1000).optional(),
});

type Written = {
  source: z.output<typeof sourceSchema>;
  store: z.output<typeof storeSchema>;
  select: z.output<typeof selectSchema>;
};

/** What contradicts one another: each with its path. */
export function sourceProblems({source, store, select}: Written): {path: string[]; message: string}[] {
  const problems: {path: string[]; message: string}[] = [];
  const scheme = typeof source === 'string' ? schemeOf(source) : 'command';
  // What a URI of the environment leads to is told by that.
  const known = scheme !== 'file' || !(source as string).startsWith('env:');
  for (const [keys, schemes] of OF_SCHEMES) {
    for (const key of keys) {
      if (!known || !(key in store) || schemes.includes(scheme)) continue;
      problems.push({path: ['store', key], message: `store.${key}: is for ${schemes.join(': and ')}: only`});
    }
  }
  const {pathname} = URL.parse(store.endpoint ?? '') ?? {pathname: '/'};
  if (scheme !== 'az' && !/^\/(api\/v3\/?)?$/.test(pathname))
    problems.push({path: ['store', 'endpoint'], message: 'store.endpoint: has no path, but for az:'});
  if (select.within !== undefined && !['random', 'all'].includes(select.pick))
    problems.push({
      path: ['select', 'within'],
      message: 'select.within: is for select.pick: random or all only',
    });
  if (select.limit !== undefined && select.pick !== 'all')
    problems.push({path: ['select', 'limit'], message: 'select.limit: is for select.pick: all only'});
  const secret = store.bearer !== undefined || store.basic !== undefined;
  if (scheme === 'http' && secret && !LOOPBACK.test(source as string))
    problems.push({
      path: ['store'],
      message: 'store: over http: a secret would be readable on its way; use https:',
    });
  return problems;
}

const LOOPBACK = /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])([:/]|$)/i;

export function toSourceJob({source, store, select}: Written): SourceJob {
  return {
    spec: source,
    access: {
      endpoint: store.endpoint,
      region: store.region,
      pathStyle: store['path-style'],
      token: store.token,
      workflow: store.workflow,
      branch: store.branch,
      event: store.event,
      bearer: store.bearer,
      basic: store.basic,
      identity: store.identity,
      identityFile: store['identity-file'],
      passphrase: store.passphrase,
      knownHosts: store['known-hosts'],
    },
    select: {
      pattern: select.pattern ?? null,
      pick: select.pick,
      by: select.by,
      withinMs: select.within ?? null,
      limit: select.limit ?? null,
    },
    patience: {...DEFAULT_PATIENCE, deadlineMs: store.deadline},
  };
}
