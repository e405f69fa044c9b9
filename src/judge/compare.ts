/**
 * What came back, held against a baseline. Pure. Whatever somebody recorded must be equal, unless the policy states a
 * tolerance (`max-drop`, `max-growth`) for it: for the whole dataset, some databases, types or groups. Then those counts
 * are judged by it, and the digest only where `digest: exact` asks. Against an earlier drill, which nobody recorded, the
 * tolerances of protection.ts hold. The very bytes that were recorded must always give the very same dataset.
 */
import type {Census} from '../census/census.ts';
import type {Dataset, Depth, Inspection} from '../inspect/inspection.ts';
import {functionsRule, judgeApart} from './apart.ts';
import {type Baseline, type Chosen, isSameBytes} from './baseline.ts';
import {canaryFindings} from './canaries.ts';
import {digestRule, judgeDigest, quickDigest} from './compare-digest.ts';
import {compareGroups} from './compare-groups.ts';
import {compareExpiryTimes} from './expiry-times.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import {judgeLimits} from './judge-limits.ts';
import {isTolerance, mayVanish} from './key-limits.ts';
import {judgeModules} from './modules.ts';
import {NO_POLICY, type Policy} from './policy.ts';
import {protecting} from './protection.ts';
import {HINT, inFile, listed, recordedAt} from './recorded.ts';
import {withoutBaseline} from './without-baseline.ts';

type Restored = {inspection: Inspection; census: Census; plainSha256: string; depth?: Depth};

export function compare(restored: Restored, chosen: Chosen, policy: Policy): Finding[] {
  const {baseline, same} = chosen;
  if (baseline === null) return withoutBaseline(judgedAlone(restored, null, policy), chosen, policy);
  if (same === undefined) return against(restored, baseline, policy);
  // Drilled before: it must be what it was then, and it is judged by the backup before it all the same.
  const differing = held(restored, same, sameNames(policy)).filter(({status}) => status === 'fail');
  return [...named(differing, same), ...against(restored, baseline, policy)];
}

const sameNames = ({groupName}: Policy): Policy => ({...NO_POLICY, ...(groupName && {groupName})});

function against(restored: Restored, baseline: Baseline, policy: Policy): Finding[] {
  const {inspection, plainSha256} = restored;
  if (baseline.from !== 'history') {
    const findings = [...judgedAlone(restored, baseline, policy), ...held(restored, baseline, policy)];
    return named(findings, baseline);
  }
  if (isSameBytes(baseline, plainSha256)) {
    const findings = [...judgedAlone(restored, baseline, policy), ...held(restored, baseline, policy)];
    return named([...findings, NOTHING_NEW], baseline);
  }
  const rules = protecting(policy, {recorded: baseline.dataset, actual: inspection.dataset});
  const findings = [...judgedAlone(restored, baseline, rules), ...held(restored, baseline, rules)];
  // Nobody recorded it, so nobody need be told what of it is not compared.
  return named(findings, baseline).filter(
    ({status, severity}) => status !== 'skipped' || severity !== 'note',
  );
}

const named = (findings: Finding[], {name}: Baseline): Finding[] =>
  findings.map(finding => ({...finding, origin: inFile(finding.origin, name)}));

/** Else a drill that is repeated would seem to prove that nothing was lost. */
const NOTHING_NEW = skipped(
  'expect/same-backup',
  'the last good drill was of these very bytes: they are what they were, and nothing tells whether this backup lost anything',
  {
    severity: 'note',
    origin: recordedAt('backup'),
    hint: 'Was there no newer backup? Limit the age with `max-age`.',
  },
);

/** What the config says of it, whatever was recorded. */
function judgedAlone(restored: Restored, baseline: Baseline | null, policy: Policy): Finding[] {
  const {census, inspection} = restored;
  const actual = inspection.dataset;
  const recorded = baseline?.dataset ?? null;
  const ofGroups = {
    recorded,
    actual,
    policy,
    sameBytes: false,
    tolerant: false,
    quick: restored.depth === 'quick',
  };
  return [
    ...canaryFindings(restored, baseline, policy),
    ...judgeLimits({census, actual, recorded}, policy),
    ...(recorded ? [] : compareGroups(ofGroups)),
  ];
}

function held(restored: Restored, baseline: Baseline, policy: Policy): Finding[] {
  const {inspection, census} = restored;
  const sameBytes = isSameBytes(baseline, restored.plainSha256);
  const tolerated = sameBytes ? EVERYTHING_EQUAL : tolerances(policy);
  const actual = inspection.dataset;
  const recorded = baseline.dataset;
  const quick = restored.depth === 'quick';
  const rule = digestRule(policy, {sameBytes, tolerant: tolerated.any});
  const functions = functionsRule(policy, sameBytes);
  const tolerant = tolerated.all;
  const {types} = tolerated;
  return [
    ...vanishedDatabases(census, recorded, tolerated),
    ...equalCounts(restored, recorded, tolerated),
    ...compareGroups({recorded, actual, policy, sameBytes, tolerant, types, quick}),
    ...judgeModules(inspection.modules, baseline.modules, {policy, sameBytes, tolerant: tolerated.any}),
    ...judgeApart(actual, recorded, {digest: rule, functions, quick}),
    compareExpiryTimes(recorded, actual, {policy, sameBytes, tolerant: tolerated.any}),
    quick ? quickDigest(policy) : judgeDigest(restored, baseline, rule),
  ];
}

/** Of which counts the policy says itself how far they may be from what was recorded. */
type Tolerated = {
  any: boolean;
  /** Of groups that are not named, too. */
  all: boolean;
  database(number: string): boolean;
  /** Of that database itself it was said that it may go altogether. */
  vanishing(number: string): boolean;
  /** Types with a tolerance of their own; `null` where that of a part leaves all of them open. */
  types: ReadonlySet<string> | null;
};

const EVERYTHING_EQUAL: Tolerated = {
  any: false,
  all: false,
  database: () => false,
  vanishing: () => false,
  types: new Set(),
};

function tolerances({keys, databases = {}, types = {}, groups = []}: Policy): Tolerated {
  const database = (number: string) => isTolerance(databases[number]?.keys);
  const all = isTolerance(keys) || Object.keys(databases).some(database);
  const group = groups.some(({keys}) => isTolerance(keys));
  const ofTypes = Object.entries(types).flatMap(([type, {keys}]) => (isTolerance(keys) ? [type] : []));
  // In which database the keys of a group or a type are nobody has said.
  const anywhere = isTolerance(keys) || group || ofTypes.length > 0;
  return {
    any: all || anywhere,
    all,
    database: number => anywhere || database(number),
    vanishing: number => mayVanish(databases[number]?.keys),
    types: all || group ? null : new Set(ofTypes),
  };
}

/** Under a tolerance a database may shrink with the rest, but one that is gone altogether is a loss of its own. */
function vanishedDatabases(census: Census, recorded: Dataset, tolerated: Tolerated): Finding[] {
  const relaxed = Object.entries(recorded.databases).filter(([database]) => tolerated.database(database));
  return relaxed.map(([database, {keys}]) => {
    const parts = {
      expected: keys,
      actual: census.databases[database]?.keys ?? 0,
      origin: recordedAt('dataset.databases', database),
    };
    if (keys === 0 || parts.actual > 0)
      return pass('expect/database-vanished', `db ${database} is there`, parts);
    if (tolerated.vanishing(database))
      return pass('expect/database-vanished', `db ${database} is gone, as it may be`, parts);
    return fail('expect/database-vanished', `db ${database} held ${keys} keys when recorded and is gone`, {
      ...parts,
      hint: HINT,
    });
  });
}

function equalCounts({inspection, census}: Restored, dataset: Dataset, tolerated: Tolerated): Finding[] {
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
  if (tolerated.any) return [...byDatabase, ...otherTypes(inspection.dataset, dataset, tolerated)];
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

/** Where a tolerance is for some types alone, the others are as they were. */
function otherTypes(actual: Dataset, recorded: Dataset, {types: tolerated}: Tolerated): Finding[] {
  if (tolerated === null) return [];
  const types = Object.keys({...recorded.types, ...actual.types}) as (keyof Dataset['types'])[];
  return types
    .filter(type => !tolerated.has(type))
    .map(type => {
      const [before, now] = [recorded.types[type] ?? 0, actual.types[type] ?? 0];
      return equal('expect/types', `keys of type ${type}`, before, now, `dataset.types.${type}`);
    });
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
