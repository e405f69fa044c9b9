/**
 * What the stages hand to one another, whole and healthy by default: a test states only what it is about. The defaults
 * belong together, so that a drill made of them passes.
 */
import type {Census} from '../src/census/census.ts';
import type {AofInspection} from '../src/inspect/aof/aof-inspection.ts';
import type {Damage, Inspection} from '../src/inspect/inspection.ts';
import {type Chosen, fromExpectations} from '../src/judge/baseline.ts';
import type {Expectations} from '../src/judge/expectations.ts';
import type {Finding} from '../src/judge/finding.ts';
import {NO_POLICY, type Policy, policySchema} from '../src/judge/policy.ts';
import type {DrillReport} from '../src/report/drill-report.ts';
import type {Load} from '../src/restore/loading.ts';
import type {Production} from '../src/restore/production.ts';
import type {ServerDescription} from '../src/restore/throwaway.ts';
import type {Compared, Unpacked} from '../src/unpack/unpack.ts';

const KEYS = 3;
const HEX = '0123456789abcdef0123456789abcdef01234567';
export const PLAIN_SHA256 = 'ab'.repeat(32);
/** Of another backup than the one that is drilled. */
export const OTHER_SHA256 = 'cd'.repeat(32);

type Counts = Record<string, {keys: number; expires: number}>;

const sum = (databases: Counts, what: 'keys' | 'expires'): number =>
  Object.values(databases).reduce((total, counts) => total + counts[what], 0);

/** `keys` alone puts them all into db 0; `databases` alone gives the sums. */
function counted({keys, expires, databases}: {keys?: number; expires?: number; databases?: Counts}) {
  const all = databases ?? {'0': {keys: keys ?? KEYS, expires: expires ?? 1}};
  return {keys: keys ?? sum(all, 'keys'), expires: expires ?? sum(all, 'expires'), databases: all};
}

export const aDigest = (hex = HEX, dialect = '7.0') =>
  ({algorithm: 'redis-debug-digest', dialect, hex}) as const;

export function aCensus(overrides: Partial<Census> = {}): Census {
  return {
    functions: 0,
    digest: aDigest(),
    usedMemoryBytes: 1_000_000,
    evictedKeys: 0,
    ...overrides,
    ...counted(overrides),
  };
}

export function aDataset(overrides: Partial<Inspection['dataset']> = {}): Inspection['dataset'] {
  const counts = counted(overrides);
  return {types: {string: counts.keys}, functions: 0, ...overrides, ...counts};
}

export function anInspection(overrides: Partial<Inspection> = {}): Inspection {
  return {
    kind: 'rdb',
    sizeBytes: 200,
    magic: 'REDIS',
    rdbVersion: 10,
    unverified: false,
    producer: {product: 'redis', version: '7.0.15'},
    createdAt: '2025-01-02T03:04:05.000Z',
    usedMemoryBytes: 900_000,
    checksum: 'valid',
    dataset: aDataset(),
    digests: {byDialect: {'7.0': HEX, '7.2': HEX}},
    aofBase: false,
    hashesWithFieldExpiry: 0,
    highestDatabase: 0,
    modules: {},
    ...overrides,
  };
}

/** A base of as many keys as the census has, and commands after it. */
export function anAof(overrides: Partial<AofInspection> = {}): AofInspection {
  const base = {name: 'a.aof.1.base.rdb', role: 'base', sizeBytes: 200, format: 'dump', commands: 0} as const;
  const incr = {
    name: 'a.aof.1.incr.aof',
    role: 'incremental',
    sizeBytes: 100,
    format: 'commands',
    commands: 12,
  } as const;
  return {
    kind: 'aof',
    layout: 'multi-part',
    sizeBytes: 300,
    parts: [base, incr].map(part => ({...part, seq: 1, transactions: 0})),
    history: [],
    notListed: [],
    commands: {select: 2, set: 10},
    transactions: 0,
    annotatedFrom: '2025-01-02T03:00:00.000Z',
    annotatedUntil: '2025-01-02T03:04:05.000Z',
    base: anInspection({aofBase: true}),
    highestDatabase: 0,
    problems: [],
    ...overrides,
  };
}

export function aDamage(rule: Damage['rule'], overrides: Partial<Damage> = {}): Damage {
  return {
    rule,
    offset: 120,
    doing: 'read-key',
    message: 'The dump is not what it was',
    certain: true,
    ...overrides,
  };
}

/** A plain dump, where it was found. */
export function anUnpacked({
  plainSha256 = PLAIN_SHA256,
  packing = [],
  checksums = [],
}: {
  plainSha256?: string;
  packing?: string[];
  checksums?: Compared[];
} = {}): Unpacked {
  const dump = {
    path: '/backups/dump.rdb',
    aof: null,
    sizeBytes: 200,
    sha256: {artifact: plainSha256, plain: plainSha256},
    packing,
    nameInside: null,
    beside: [],
    assertUnchanged: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return {dump, damage: null, checksums};
}

export function aLoad(overrides: Partial<Load> = {}): Load {
  return {
    status: 'loaded',
    keysLoaded: KEYS,
    keysExpired: 0,
    emptyKeysSkipped: 0,
    loadMs: 1,
    evidence: ['DB loaded from disk: 0.001 seconds'],
    ...overrides,
  };
}

export function aRefusedLoad(rule = 'restore/corrupt'): Load {
  const refusal = {
    rule,
    message: 'the server cannot make sense of the dump',
    hint: 'Drill the one before it.',
  };
  return aLoad({status: 'refused', keysLoaded: null, keysExpired: null, emptyKeysSkipped: null, refusal});
}

export function aServer(overrides: Partial<ServerDescription> = {}): ServerDescription {
  return {
    kind: 'container',
    image: 'redis:7.0',
    line: 'redis:7.0',
    version: '7.0.15',
    because: 'the backup was written by redis:7.0',
    via: 'socket',
    ...overrides,
  };
}

/** A restore with the user's own redis.conf that went well. */
export function aProduction(overrides: Partial<Production> = {}): Production {
  return {
    config: 'deploy/redis.conf',
    changed: [],
    notFollowed: [],
    refused: [],
    modulesAbsent: [],
    settings: {
      appendfilename: null,
      appenddirname: null,
      appendonly: null,
      aofLoadTruncated: null,
      databases: null,
      dbfilename: null,
      maxmemory: null,
    },
    cluster: false,
    companions: [],
    dumpName: {name: 'dump.rdb', asWritten: true},
    aof: null,
    sameLine: true,
    dumpIgnored: null,
    server: aServer(),
    load: aLoad(),
    census: aSettled(),
    durationMs: 900,
    ...overrides,
  };
}

export const aSettled = (overrides: Partial<NonNullable<Production['census']>> = {}) => ({
  keys: KEYS,
  databases: {'0': {keys: KEYS, expires: 1}},
  usedMemoryBytes: 1_000_000,
  maxmemoryBytes: 0,
  maxmemoryPolicy: 'noeviction',
  evictedKeys: 0,
  expiredKeys: 0,
  ...overrides,
});

/** Of another artifact than the one drilled, with the same dataset in it. */
export function anExpectations(overrides: Partial<Expectations> = {}): Expectations {
  return {
    schemaVersion: 1,
    recordedAt: '2025-01-01T00:00:00.000Z',
    backup: {
      name: 'dump.rdb',
      sizeBytes: 200,
      sha256: {artifact: OTHER_SHA256, plain: OTHER_SHA256},
      createdAt: '2024-12-31T23:59:59.000Z',
      rdbVersion: 10,
    },
    server: 'redis:7.0',
    dataset: aDataset(),
    modules: {},
    serverDigest: aDigest(),
    ...overrides,
  };
}

/** As a drill is judged by a file of expectations. */
export const recordedIn = (expectations: Expectations | null, name = 'expectations'): Chosen => ({
  baseline: expectations && fromExpectations(expectations, {from: 'file', name}),
});

/** The `expect` of a config, as it is written in YAML. Origins are the path: `keys.max-drop`. */
export function aPolicy(written?: Record<string, unknown>): Policy {
  if (written === undefined) return NO_POLICY;
  return {...policySchema.parse(written), originOf: path => path.join('.')};
}

export function aFinding(overrides: Partial<Finding> = {}): Finding {
  return {
    rule: 'restore/loaded',
    status: 'pass',
    severity: 'error',
    message: 'the server loaded the dump',
    expected: null,
    actual: null,
    hint: '',
    origin: 'restore',
    ...overrides,
  };
}

export function aReport(overrides: Partial<DrillReport> = {}): DrillReport {
  return {
    schemaVersion: 1,
    outcome: 'passed',
    backup: {
      name: 'dump.rdb',
      location: '/backups/dump.rdb',
      sizeBytes: 1234,
      modifiedAt: '2025-01-02T03:04:06.000Z',
      sha256: {artifact: PLAIN_SHA256, plain: PLAIN_SHA256},
    },
    inspection: anInspection(),
    server: aServer(),
    load: aLoad(),
    census: aCensus(),
    ledger: [
      {
        name: 'keys loaded = sum of keys over databases',
        left: {source: 'INFO persistence and the log', value: KEYS},
        right: {source: 'INFO keyspace', value: KEYS},
        status: 'balanced',
      },
    ],
    findings: [aFinding()],
    timings: {fetchMs: 1, unpackMs: 2, inspectMs: 3, loadMs: 400, verifyMs: 5, totalMs: 1411},
    startedAt: '2025-01-03T00:00:00.000Z',
    finishedAt: '2025-01-03T00:00:01.411Z',
    ...overrides,
  };
}
