/**
 * What came back, held against what was recorded. Pure. Whatever was recorded must be equal, unless the policy states a
 * tolerance (`max-drop`, `max-growth`) for it: for the whole dataset or for some databases. Then those counts are judged
 * by it, and the digest only where `digest: exact` asks. The very bytes that were recorded must always give the very
 * same dataset.
 */
import type {Census} from '../census/census.ts';
import type {Dataset, Depth, Inspection} from '../inspect/inspection.ts';
import {type DigestRule, functionsRule, judgeApart} from './apart.ts';
import {canaryFindings} from './canaries.ts';
import {compareGroups} from './compare-groups.ts';
import type {Expectations} from './expectations.ts';
import {compareExpiryTimes} from './expiry-times.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import {isTolerance, judgeKeyLimits, type KeyLimits} from './key-limits.ts';
import type {Policy} from './policy.ts';
import {CHANGED, HINT, inFile, listed, recordedAt} from './recorded.ts';

type Restored = {inspection: Inspection; census: Census; plainSha256: string; depth?: Depth};

export function compare(restored: Restored, expectations: Expectations | null, policy: Policy): Finding[] {
  const {expectationsFile: file} = policy;
  const findings = held(restored, expectations, policy);
  if (file === undefined) return findings;
  return findings.map(finding => ({...finding, origin: inFile(finding.origin, file)}));
}

function held(restored: Restored, expectations: Expectations | null, policy: Policy): Finding[] {
  const sameBytes = expectations?.backup.sha256.plain === restored.plainSha256;
  const tolerated = sameBytes ? EVERYTHING_EQUAL : tolerances(policy);
  const {inspection} = restored;
  const actual = inspection.dataset;
  const recorded = expectations?.dataset ?? null;
  const quick = restored.depth === 'quick';
  const groups = compareGroups({recorded, actual, policy, sameBytes, tolerant: tolerated.all, quick});
  const limits = [
    ...canaryFindings(restored, expectations, policy),
    ...judgeLimits(restored, expectations, policy),
    ...(recorded ? [] : groups),
  ];
  if (expectations === null) {
    if (policy.digest !== 'exact') return limits.length > 0 ? limits : [NOTHING_RECORDED];
    const message = 'the digest cannot be compared: there are no recorded expectations';
    return [
      ...limits,
      skipped('expect/digest', message, {
        severity: 'error',
        origin: policy.originOf(['digest']),
        hint: 'Record them from a backup that you trust: restore-drill record BACKUP --expect FILE.',
      }),
    ];
  }
  const rule = digestRule(policy, {sameBytes, tolerant: tolerated.any});
  const functions = functionsRule(policy, sameBytes);
  return [
    ...limits,
    ...vanishedDatabases(restored, expectations, tolerated),
    ...equalCounts(restored, expectations, tolerated),
    ...groups,
    tolerated.any
      ? equal('expect/modules', 'modules', named(expectations.modules), named(inspection.modules))
      : equal('expect/modules', 'modules', listed(expectations.modules), listed(inspection.modules)),
    ...judgeApart(actual, expectations.dataset, {digest: rule, functions, quick}),
    compareExpiryTimes(expectations.dataset, actual, {policy, sameBytes, tolerant: tolerated.any}),
    quick ? quickDigest(policy) : judgeDigest(restored, expectations, rule),
  ];
}

/** An input that came out empty looks like one that was not given: so it is said. */
const NOTHING_RECORDED = skipped(
  'expect/none',
  'nothing is expected of this backup: the ledger vouches for the restore, but nothing says what ought to be in it',
  {
    severity: 'note',
    hint: 'Record them from a backup that you trust: restore-drill record BACKUP --expect FILE.',
  },
);

/** Of which counts the policy says itself how far they may be from what was recorded. */
type Tolerated = {
  any: boolean;
  /** Of groups that are not named, too. */
  all: boolean;
  database(number: string): boolean;
};

const EVERYTHING_EQUAL: Tolerated = {any: false, all: false, database: () => false};

function tolerances({keys, databases = {}, groups = []}: Policy): Tolerated {
  const database = (number: string) => isTolerance(databases[number]?.keys);
  const all = isTolerance(keys) || Object.keys(databases).some(database);
  // In which database the keys of a group are nobody has said.
  const anywhere = isTolerance(keys) || groups.some(group => isTolerance(group.keys));
  return {any: all || anywhere, all, database: number => anywhere || database(number)};
}

function judgeLimits({census}: Restored, expectations: Expectations | null, policy: Policy): Finding[] {
  const findings: Finding[] = [];
  if (policy.keys) {
    findings.push(
      ...judgeKeyLimits({
        what: 'the dataset',
        limits: policy.keys,
        actual: census.keys,
        recorded: expectations?.dataset.keys ?? null,
        originOf: limit => policy.originOf(['keys', limit]),
      }),
    );
  }
  for (const [database, {keys}] of Object.entries(policy.databases ?? {})) {
    findings.push(
      ...judgeKeyLimits({
        what: `db ${database}`,
        limits: keys as KeyLimits,
        actual: census.databases[database]?.keys ?? 0,
        recorded: expectations === null ? null : (expectations.dataset.databases[database]?.keys ?? 0),
        originOf: limit => policy.originOf(['databases', database, 'keys', limit]),
      }),
    );
  }
  return findings;
}

/** Under a tolerance a database may shrink with the rest, but one that is gone altogether is a loss of its own. */
function vanishedDatabases({census}: Restored, {dataset}: Expectations, tolerated: Tolerated): Finding[] {
  const relaxed = Object.entries(dataset.databases).filter(([database]) => tolerated.database(database));
  return relaxed.map(([database, {keys}]) => {
    const parts = {
      expected: keys,
      actual: census.databases[database]?.keys ?? 0,
      origin: recordedAt('dataset.databases', database),
    };
    if (keys === 0 || parts.actual > 0)
      return pass('expect/database-vanished', `db ${database} is there`, parts);
    return fail('expect/database-vanished', `db ${database} held ${keys} keys when recorded and is gone`, {
      ...parts,
      hint: HINT,
    });
  });
}

function equalCounts(
  {inspection, census}: Restored,
  {dataset}: Expectations,
  tolerated: Tolerated,
): Finding[] {
  const databases = new Set([...Object.keys(dataset.databases), ...Object.keys(census.databases)]);
  const none = {keys: 0, expires: 0};
  const byDatabase = [...databases]
    .filter(database => !tolerated.database(database))
    .flatMap(database => {
      const recorded = dataset.databases[database] ?? none;
      const actual = census.databases[database] ?? none;
      return [
        equalKeys(`db ${database}`, recorded.keys, actual.keys, `dataset.databases.${database}.keys`),
        equal(
          'expect/expires',
          `keys with an expiry in db ${database}`,
          recorded.expires,
          actual.expires,
          `dataset.databases.${database}.expires`,
        ),
      ];
    });
  // Sums and types are of all databases together: none of them is fixed when one is not.
  if (tolerated.any) return byDatabase;
  return [
    equalKeys('the dataset', dataset.keys, census.keys, 'dataset.keys'),
    equal('expect/expires', 'keys with an expiry', dataset.expires, census.expires, 'dataset.expires'),
    ...byDatabase,
    equal(
      'expect/types',
      'keys by type',
      listed(dataset.types),
      listed(inspection.dataset.types),
      'dataset.types',
    ),
  ];
}

function equalKeys(what: string, expected: number, actual: number, path: string): Finding {
  const parts = {expected, actual, origin: recordedAt(path)};
  if (expected === actual) return pass('expect/keys', `${what} holds the recorded number of keys`, parts);
  if (actual < expected) {
    const message = `${what} holds ${actual} keys, ${expected - actual} fewer than recorded (${expected})`;
    return fail('expect/keys-dropped', message, {...parts, hint: HINT});
  }
  const message = `${what} holds ${actual} keys, ${actual - expected} more than recorded (${expected})`;
  return fail('expect/keys-grown', message, {...parts, hint: HINT});
}

function equal(
  rule: string,
  what: string,
  expected: string | number,
  actual: string | number,
  path = '',
): Finding {
  const parts = {expected, actual, origin: recordedAt(path || rule.replace('expect/', 'dataset.'))};
  if (expected === actual) return pass(rule, `${what} as recorded`, parts);
  return fail(rule, `${what}: recorded ${expected}, restored ${actual}`, {...parts, hint: HINT});
}

function digestRule(
  {digest}: Policy,
  {sameBytes, tolerant}: {sameBytes: boolean; tolerant: boolean},
): DigestRule {
  if (sameBytes || digest === 'exact') return {wanted: true, sameBytes};
  if (digest === 'any') return {wanted: false, because: 'the policy says `digest: any`'};
  return tolerant ? {wanted: false, because: 'the policy tolerates changes'} : {wanted: true, sameBytes};
}

function judgeDigest(
  {inspection, census}: Restored,
  {serverDigest, dataset}: Expectations,
  asked: DigestRule,
): Finding {
  const rule = 'expect/digest';
  if (!asked.wanted) {
    const parts = {severity: 'note', origin: recordedAt('dataset.digest')} as const;
    return skipped(rule, `the digest is not compared: ${asked.because}`, parts);
  }
  if (dataset.digest && dataset.digest.dialect === inspection.dataset.digest?.dialect) {
    return judgeOurDigest(inspection.dataset, dataset);
  }
  // Without it a changed value would go unnoticed; of the very bytes that were recorded none can have changed.
  const severity = asked.sameBytes ? 'warning' : 'error';
  return judgeServerDigest({inspection, census}, {serverDigest, dataset}, severity);
}

/** What is recorded is not held against anything: nobody may take that for a pass of it. */
function quickDigest({digest}: Policy): Finding {
  const severity = digest === 'exact' ? 'error' : digest === 'any' ? 'note' : 'warning';
  return skipped('expect/digest', 'the digest is not compared: depth quick', {
    severity,
    origin: recordedAt('dataset.digest'),
    hint: 'Whether values changed, only a drill of depth full can tell.',
  });
}

/** In one dialect, whatever server either was restored into. That it is also the server's is for the ledger. */
function judgeOurDigest(actual: Dataset, recorded: Dataset): Finding {
  const rule = 'expect/digest';
  const parts = {
    expected: recorded.digest?.hex ?? null,
    actual: actual.digest?.hex ?? null,
    origin: recordedAt('dataset.digest'),
  };
  if (parts.expected === parts.actual) return pass(rule, 'the digest of the file is as recorded', parts);
  const numbers = new Set([...Object.keys(recorded.databases), ...Object.keys(actual.databases)]);
  const changed = [...numbers].filter(
    number => recorded.databases[number]?.digest?.hex !== actual.databases[number]?.digest?.hex,
  );
  const where = changed.length === 0 ? '' : ` in db ${changed.toSorted(byNumber).join(', ')}`;
  return fail(rule, `the digest differs from the recorded one: ${CHANGED}${where}`, {...parts, hint: HINT});
}

const byNumber = (a: string, b: string): number => Number(a) - Number(b);

/** All there is where our reader has no digest: of modules, and of what earlier versions recorded. */
function judgeServerDigest(
  {inspection, census}: Pick<Restored, 'inspection' | 'census'>,
  {serverDigest, dataset}: Pick<Expectations, 'serverDigest' | 'dataset'>,
  severity: 'warning' | 'error',
): Finding {
  const rule = 'expect/digest';
  const origin = recordedAt('serverDigest');
  if (serverDigest === null || census.digest === null) {
    const why =
      serverDigest === null ? 'none was recorded' : (census.digestBecause ?? 'the server gave none');
    const hint = 'Record anew on a server that allows DEBUG, or say `expect.digest: any`.';
    return skipped(rule, `the digest cannot be compared: ${why}`, {severity, origin, hint});
  }
  const parts = {expected: serverDigest.hex, actual: census.digest.hex, origin};
  if (inspection.hashesWithFieldExpiry > 0 && census.digest.dialect.startsWith('valkey')) {
    // Valkey 9 leaves expired fields out of its digest, so that it changes while nothing does.
    const message =
      'the digest cannot be compared: hash fields have expiries, and Valkey leaves those that have passed out of it';
    const hint = 'Say `expect.digest: any` for this backup.';
    return skipped(rule, message, {...parts, severity, hint});
  }
  const anyDialect = isDigestedAlike(dataset.types) && isDigestedAlike(inspection.dataset.types);
  if (serverDigest.dialect !== census.digest.dialect && !anyDialect) {
    const message = `the digest was recorded in the dialect ${serverDigest.dialect}, this server speaks ${census.digest.dialect}: not comparable`;
    const hint = 'Drill on the recorded line (--image), record anew, or say `expect.digest: any`.';
    return skipped(rule, message, {...parts, severity, hint});
  }
  if (serverDigest.hex === census.digest.hex) return pass(rule, 'the digest is as recorded', parts);
  return fail(rule, `the digest differs from the recorded one: ${CHANGED}`, {...parts, hint: HINT});
}

/** The dialects differ in scores, in hash-field expiries and in what modules and newer types say of themselves. */
const isDigestedAlike = (types: Record<string, number>): boolean =>
  Object.keys(types).every(type => type === 'string' || type === 'list' || type === 'set');

const named = (counts: Record<string, number>): string => Object.keys(counts).toSorted().join(', ') || 'none';
