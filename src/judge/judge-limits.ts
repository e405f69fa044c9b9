/**
 * What the config says of the dataset, of its databases and of its types, in numbers: how many keys, and which share of
 * them expires. Keys of the dataset and of databases are as the server counts them, types as our reader does. Pure.
 */
import type {Census} from '../census/census.ts';
import type {Dataset, KeyCount} from '../inspect/inspection.ts';
import type {Finding} from './finding.ts';
import {isGone, isTolerance, judgeKeyLimits, type KeyLimits, mayVanish, withoutDrop} from './key-limits.ts';
import type {Policy} from './policy.ts';
import {judgeTtl, type TtlRule} from './ttl-rule.ts';

type Sides = {census: Census; actual: Dataset; recorded: Dataset | null};

export function judgeLimits({census, actual, recorded}: Sides, policy: Policy): Finding[] {
  const {keys, ttl, databases = {}, types = {}} = policy;
  const findings = judgePart({what: 'the dataset', path: [], actual: census, recorded}, {keys, ttl}, policy);
  for (const [database, limits] of Object.entries(databases)) {
    const part = {
      what: `db ${database}`,
      path: ['databases', database],
      actual: census.databases[database] ?? NONE,
      recorded: recorded && (recorded.databases[database] ?? NONE),
    };
    const {keys} = limits;
    const gone = isGone({actual: part.actual.keys, recorded: part.recorded?.keys ?? null});
    // `expect/database-vanished` says so.
    const told = gone && isTolerance(keys) && !mayVanish(keys);
    findings.push(...judgePart(part, told ? {...limits, keys: withoutDrop(keys!)} : limits, policy));
  }
  for (const [type, limits] of Object.entries(types)) {
    const of = ({types}: Dataset) => ({keys: types[type as keyof typeof types] ?? 0, expires: 0});
    const part = {
      what: `type ${type}`,
      path: ['types', type],
      actual: of(actual),
      recorded: recorded && of(recorded),
    };
    findings.push(...judgePart(part, limits, policy));
  }
  return findings;
}

const NONE = {keys: 0, expires: 0};

type Keys = Pick<KeyCount, 'keys' | 'expires'>;
type Part = {what: string; path: string[]; actual: Keys; recorded: Keys | null};
type Limits = {keys?: KeyLimits | undefined; ttl?: TtlRule | undefined};

function judgePart({what, path, actual, recorded}: Part, {keys, ttl}: Limits, policy: Policy): Finding[] {
  const byKeys =
    keys === undefined
      ? []
      : judgeKeyLimits({
          what,
          limits: keys,
          actual: actual.keys,
          recorded: recorded?.keys ?? null,
          originOf: limit => policy.originOf([...path, 'keys', limit]),
        });
  if (ttl === undefined) return byKeys;
  const originOf = (...inner: string[]) => policy.originOf([...path, 'ttl', ...inner]);
  return [...byKeys, ...judgeTtl({rule: 'policy/ttl', what, actual, recorded, originOf}, ttl)];
}
