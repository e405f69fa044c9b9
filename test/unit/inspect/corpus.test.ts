/**
 * Our reader against seven real servers, on files that nobody here made. The corpus lies beside the checkout and is
 * not part of it.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {inspect, readHeader} from '../../../src/inspect/inspect.ts';
import type {Inspection} from '../../../src/inspect/inspection.ts';
import {digestDialect, lineOf, type Product} from '../../../src/redis/server-line.ts';

const CORPUS = join(import.meta.dirname, '../../../../shared/corpus');

type Keyspace = Record<string, [keys: number, expires: number]>;
type ServerRun =
  | {loads: true; keyspace: Keyspace; digest: string; functions?: number}
  | {loads: false; error: string[]};
type Case = {
  path: string;
  kind: string;
  bytes: number;
  rdbVersion: string;
  servers: Record<string, ServerRun>;
};

/** Files whose aggregates have no elements: servers from 6.2 on skip all of these, 6.0 keeps them. Keys in the file. */
const EMPTY_AGGREGATES: Record<string, number> = {
  'Snapchat+KeyDB/tests/assets/corrupt_empty_keys.rdb': 8,
  'redis+redis/tests/assets/corrupt_empty_keys.rdb': 9,
  'redis+redis/tests/assets/corrupt_empty_keys@68f5217.rdb': 6,
};

/** Why a server may refuse a file in which we see nothing wrong. */
const REFUSALS = [
  // The server is too old, or of the other family.
  /Can't handle RDB format version/,
  /Wrong signature trying to load DB from file/,
  // Redict 7.3 takes RDB 12 but not its field TTLs (types 24 and 25).
  /Unknown RDB encoding type/,
  // A module is missing.
  /contains (AUX )?module data I can't load/,
  // Functions of 7.0 release candidates.
  /Pre-release function format not supported/,
  // Found by keeping the whole dataset, which a streaming reader does not.
  /Duplicated key found in RDB file/,
  // A zipmap without pairs, which 6.0 takes; to us it is one more hash without elements.
  /Zipmap integrity check failed/,
  /Stream length inconsistent with the number of valid entries/,
  // Valkey 9.1 crashes on a slot import outside a cluster.
  /ASSERTION FAILED/,
  // 6.0 tells nothing but this when it refuses a newer version.
  /Redis version=6\.0/,
];

/** What is wrong with files that no server loads, as far as we see it. */
const DAMAGED: Record<string, NonNullable<Inspection['error']>['rule']> = {
  'Snapchat+KeyDB/tests/assets/corrupt_ziplist.rdb': 'backup/corrupt',
  'redis+librdb/test/dumps/future_v19.rdb': 'backup/checksum-mismatch',
  'redis+librdb/test/dumps/invalid_chksum_v8.rdb': 'backup/checksum-mismatch',
  'redis+librdb/test/dumps/redis_ent_opcode_ram_lru.rdb': 'backup/unreadable-type',
  'sripathikrishnan+redis-rdb-tools/tests/dumps/redis_40_with_module.rdb': 'backup/trailing-bytes',
  'tporadowski+redis/msvs/temp-23440@6faddf33.rdb': 'backup/empty-file',
  'varunarora1606+Redix/testdata/dump@13de7e9.rdb': 'backup/corrupt',
  'varunarora1606+Redix/testdata/dump@3b2480d.rdb': 'backup/corrupt',
  'varunarora1606+Redix/testdata/dump@97433f6.rdb': 'backup/corrupt',
};

/** 6.0 checks little while loading, and dies of DEBUG DIGEST. */
const isCrash = (run: ServerRun): boolean => run.loads && run.digest === '';

function keyspaceOf({dataset}: Inspection): Keyspace {
  return Object.fromEntries(
    Object.entries(dataset.databases).map(([db, {keys, expires}]) => [db, [keys, expires]]),
  );
}

function versionOf({magic, rdbVersion}: Inspection): string {
  if (magic === null || rdbVersion === 0) return '';
  return magic === 'VALKEY' ? `VALKEY${String(rdbVersion).padStart(3, '0')}` : String(rdbVersion);
}

if (existsSync(join(CORPUS, 'index.json'))) {
  const cases: Case[] = JSON.parse(readFileSync(join(CORPUS, 'index.json'), 'utf8'));
  const dumps = cases.filter(({kind}) => kind === 'rdb');

  describe.each(dumps)('$path', ({path, bytes, rdbVersion, servers}) => {
    const file = join(CORPUS, path);
    const runs = Object.entries(servers);

    test('has the keys, expiry times and functions that each server loads', async () => {
      const inspection = await inspect(file);
      expect(inspection).toMatchObject({kind: 'rdb', sizeBytes: bytes});
      expect(versionOf(inspection)).toBe(rdbVersion);
      for (const [server, run] of runs) {
        if (!run.loads || inspection.error !== undefined) continue;
        const inFile = EMPTY_AGGREGATES[path];
        if (inFile !== undefined) expect(inspection.dataset.keys).toBe(inFile);
        const skipped = inFile !== undefined && server !== 'redis:6.0.16';
        expect([server, run.keyspace]).toEqual([server, skipped ? {} : keyspaceOf(inspection)]);
        if (run.functions !== undefined) expect(inspection.dataset.functions).toBe(run.functions);
      }
    });

    test('has the digest that each server computes of what it has loaded', async () => {
      const {digests, digestBecause, error} = await inspect(file);
      for (const [server, run] of runs) {
        if (!run.loads || isCrash(run)) continue;
        expect([server, error, digestBecause]).toEqual([server, undefined, undefined]);
        const [product, version] = server.split(':') as [Product, string];
        const dialect = digestDialect(lineOf(product, version));
        expect([server, digests?.byDialect[dialect]]).toEqual([server, run.digest]);
      }
    });

    test('is damaged only where no server loads it, and refused only for what we do not look at', async () => {
      const {error} = await inspect(file);
      expect(error?.rule).toBe(DAMAGED[path]);
      for (const [server, run] of runs) {
        if (error !== undefined && !isCrash(run)) expect([server, run.loads]).toEqual([server, false]);
        if (error === undefined && !run.loads)
          expect(REFUSALS.some(reason => reason.test(run.error.join('\n')))).toBe(true);
      }
    });

    test('has a header that tells the same as the whole file', async () => {
      const whole = await inspect(file);
      const {magic, rdbVersion: version, unverified, producer, aofBase, usedMemoryBytes} = whole;
      const header = {magic, rdbVersion: version, unverified, producer, aofBase, usedMemoryBytes};
      expect(await readHeader(file)).toEqual(header);
    });
  });
} else {
  test.skip('the corpus of real dumps (skipped: ../shared/corpus is absent)', () => {});
}
