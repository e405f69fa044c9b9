/**
 * Groups of keys, held against what was recorded of them and what the config says. Counts are our reader's: the ledger
 * holds their sum against the server. Like everything recorded a group must be equal, unless the policy tolerates
 * changes of it, of a database or of the whole; then it must still be there.
 */
import type {Dataset, Group} from '../inspect/inspection.ts';
import {judgeExpiryTimes} from './expiry-times.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {GroupRule} from './group-policy.ts';
import {judgeGroupRule} from './judge-group-rule.ts';
import {isTolerance, mayVanish} from './key-limits.ts';
import type {Policy} from './policy.ts';
import {CHANGED, HINT, listed, recordedAt} from './recorded.ts';

export type GroupScope = {
  /** `null` where nothing was recorded. */
  recorded: Dataset | null;
  actual: Dataset;
  policy: Policy;
  /** Of the very bytes that were recorded nothing is tolerated. */
  sameBytes: boolean;
  /** Changes of the dataset or of a database are tolerated, and so of any group. */
  tolerant: boolean;
  /** Changes of keys of these types are tolerated, and so of a group that holds any. */
  types?: ReadonlySet<string> | null;
  /** Values were not read. */
  quick: boolean;
};

/** One group: what was recorded of it and what the config says of it, as far as either does. */
type Named = {name: string; rule: GroupRule | null; index: number; recorded: Group | null; path: string};

export function compareGroups(scope: GroupScope): Finding[] {
  const {actual, recorded, policy} = scope;
  const groups = actual.groups ?? {};
  const found = namedGroups(scope).flatMap(named => {
    const group = groups[named.name];
    return group === undefined ? notCounted(named) : judgeGroup(named, group, scope);
  });
  const isSameSplit = recorded?.ungrouped && sameNames(recorded, actual, policy);
  const rest = isSameSplit
    ? compareRecorded(
        {name: '', rule: null, index: -1, recorded: recorded.ungrouped!, path: 'dataset.ungrouped'},
        actual.ungrouped!,
        scope,
      )
    : [];
  return [...found, ...rest];
}

/** More groups than can be counted at a time: nobody may take it for compared. */
function notCounted({name, recorded, path}: Named): Finding[] {
  if (recorded === null || recorded.keys === 0) return [];
  const message = `group ${name} was recorded and is not counted: there are too many groups`;
  return [skipped('expect/group', message, {severity: 'warning', origin: recordedAt(path)})];
}

const nameIn = (policy: Policy, pattern: string): string => policy.groupName?.(pattern) ?? pattern;

function namedGroups({recorded, policy}: GroupScope): Named[] {
  const {groups: rules = []} = policy;
  const before = new Map(
    Object.entries(recorded?.groups ?? {}).map(([pattern, group]) => [
      nameIn(policy, pattern),
      {pattern, group},
    ]),
  );
  const ruled = rules.map((rule, index) => ({rule, index, name: nameIn(policy, rule.match)}));
  const names = new Set([...ruled.map(({name}) => name), ...before.keys()]);
  return [...names].map(name => {
    const {rule, index} = ruled.find(other => other.name === name) ?? {rule: null, index: -1};
    const {pattern, group} = before.get(name) ?? {pattern: name, group: null};
    return {name, rule, index, recorded: group, path: `dataset.groups.${pattern}`};
  });
}

/** The keys of no group are the same kind of keys only if the groups are the same. */
function sameNames(recorded: Dataset, actual: Dataset, policy: Policy): boolean {
  const before = Object.keys(recorded.groups ?? {}).map(pattern => nameIn(policy, pattern));
  return (
    before.toSorted().join('\0') ===
    Object.keys(actual.groups ?? {})
      .toSorted()
      .join('\0')
  );
}

function judgeGroup(named: Named, actual: Group, scope: GroupScope): Finding[] {
  const {rule, index, recorded} = named;
  const {policy} = scope;
  const originOf = (...path: string[]) => policy.originOf(['groups', String(index), ...path]);
  const byRule = rule === null ? [] : judgeGroupRule({rule, name: named.name, actual, recorded, originOf});
  if (recorded !== null) return [...byRule, ...compareRecorded(named, actual, scope)];
  return rule?.digest === 'exact' ? [...byRule, notRecorded(named.name, originOf('digest'))] : byRule;
}

function notRecorded(name: string, origin: string): Finding {
  return skipped('expect/group-digest', `the digest of group ${name} cannot be compared: none was recorded`, {
    severity: 'error',
    origin,
    hint: 'Record anew from a backup that you trust: restore-drill record BACKUP --expect FILE.',
  });
}

function compareRecorded(named: Named, actual: Group, scope: GroupScope): Finding[] {
  const recorded = named.recorded!;
  const what = named.name === '' ? 'the rest, which is in no group,' : `group ${named.name}`;
  const origin = recordedAt(named.path);
  const allowed = !scope.sameBytes && mayVanish(named.rule?.keys);
  if (recorded.keys > 0 && actual.keys === 0 && !allowed && named.name !== '') {
    const parts = {expected: recorded.keys, actual: 0, origin, hint: HINT};
    return [
      fail('expect/group-vanished', `${what} held ${recorded.keys} keys when recorded and is gone`, parts),
    ];
  }
  const ofType = Object.keys({...recorded.types, ...actual.types}).some(type => scope.types?.has(type));
  const tolerated = !scope.sameBytes && (scope.tolerant || ofType || isTolerance(named.rule?.keys));
  const counts = tolerated ? [] : equalCounts(what, recorded, actual, named.path);
  const findings = [
    ...counts,
    ...judgeDigest(what, named, {actual, tolerated, counted: counts.length > 0}, scope),
    ...judgeTimes(what, named, {actual, tolerated, counted: counts.length > 0}, scope),
  ];
  if (findings.length > 0) return findings;
  return [
    pass('expect/group', `${what} is ${tolerated ? 'there' : 'as recorded'}`, {
      expected: recorded.keys,
      actual: actual.keys,
      origin,
    }),
  ];
}

/** What differs. */
function equalCounts(what: string, recorded: Group, actual: Group, path: string): Finding[] {
  const parts = (key: 'keys' | 'expires' | 'types') => ({
    expected: key === 'types' ? listed(recorded.types) : recorded[key],
    actual: key === 'types' ? listed(actual.types) : actual[key],
    origin: recordedAt(`${path}.${key}`),
    hint: HINT,
  });
  const findings: Finding[] = [];
  const less = recorded.keys - actual.keys;
  if (less > 0) {
    const message = `${what} holds ${actual.keys} keys, ${less} fewer than recorded (${recorded.keys})`;
    findings.push(fail('expect/group-keys-dropped', message, parts('keys')));
  } else if (less < 0) {
    const message = `${what} holds ${actual.keys} keys, ${-less} more than recorded (${recorded.keys})`;
    findings.push(fail('expect/group-keys-grown', message, parts('keys')));
  }
  if (recorded.expires !== actual.expires) {
    const message = `${what} has ${actual.expires} keys with an expiry, recorded ${recorded.expires}`;
    findings.push(fail('expect/group-expires', message, parts('expires')));
  }
  // Of fewer keys there are fewer of a type: that is said already.
  const differ = less === 0 ? listed(recorded.types) !== listed(actual.types) : !sameTypes(recorded, actual);
  if (differ) {
    const message = `${what} has keys by type: ${listed(actual.types)}; recorded ${listed(recorded.types)}`;
    findings.push(fail('expect/group-types', message, parts('types')));
  }
  return findings;
}

const sameTypes = (a: Group, b: Group): boolean =>
  Object.keys(a.types).toSorted().join() === Object.keys(b.types).toSorted().join();

type Actual = {
  actual: Group;
  tolerated: boolean;
  /** Counts differ already, and so must digests. */
  counted: boolean;
};

function judgeDigest(
  what: string,
  {rule, recorded, path}: Named,
  {actual, tolerated, counted}: Actual,
  scope: GroupScope,
): Finding[] {
  const {policy, sameBytes, quick} = scope;
  const loose = rule?.digest === 'any' || policy.digest === 'any' || tolerated;
  const isExact = rule?.digest === 'exact';
  if (quick || (!isExact && (counted || (!sameBytes && loose)))) return [];
  const parts = {
    expected: recorded!.digest?.hex ?? null,
    actual: actual.digest?.hex ?? null,
    origin: recordedAt(`${path}.digest`),
  };
  if (parts.expected === null || parts.actual === null) {
    // The whole is then compared by the server's own digest.
    const because = recorded!.digest
      ? 'it holds values that only their module can digest'
      : 'none was recorded';
    const severity = isExact ? 'error' : 'note';
    const hint = 'Without `digest: exact` the server’s own digest stands for all groups together.';
    return [
      skipped('expect/group-digest', `the digest of ${what} cannot be compared: ${because}`, {
        ...parts,
        severity,
        hint,
      }),
    ];
  }
  if (recorded!.digest!.dialect !== actual.digest!.dialect) {
    const message = `the digest of ${what} cannot be compared: it was recorded in another dialect`;
    const hint = 'Record anew from a backup that you trust: restore-drill record BACKUP --expect FILE.';
    return [skipped('expect/group-digest', message, {...parts, severity: isExact ? 'error' : 'note', hint})];
  }
  if (parts.expected === parts.actual) return [];
  return [
    fail('expect/group-digest', `${what} differs from what was recorded: ${CHANGED}`, {...parts, hint: HINT}),
  ];
}

function judgeTimes(
  what: string,
  {rule, recorded, path}: Named,
  {actual, tolerated, counted}: Actual,
  scope: GroupScope,
): Finding[] {
  const {policy, sameBytes, quick} = scope;
  const isExact = rule?.['expiry-times'] === 'exact';
  const any = [rule?.['expiry-times'], policy['expiry-times'], rule?.digest, policy.digest].includes('any');
  if (quick || (!isExact && (counted || (!sameBytes && (any || tolerated))))) return [];
  const finding = judgeExpiryTimes({
    rule: 'expect/group-expiry-times',
    what,
    path,
    recorded: recorded!,
    actual,
  });
  if (finding === null && isExact) {
    const message = `the expiry times of ${what} cannot be compared: none were recorded`;
    const hint = 'Record anew from a backup that you trust: restore-drill record BACKUP --expect FILE.';
    const origin = recordedAt(`${path}.expiryTimes`);
    return [skipped('expect/group-expiry-times', message, {severity: 'error', origin, hint})];
  }
  return finding?.status === 'fail' ? [finding] : [];
}
