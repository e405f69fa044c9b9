/**
 * The policy against a baseline that nobody recorded by hand: the last good drill in the history. What the config says
 * counts; what it does not say is filled in, so that a drill without any configuration finds what was lost. Pure.
 */
import type {Dataset} from '../inspect/inspection.ts';
import type {GroupRule} from './group-policy.ts';
import type {KeyLimits} from './key-limits.ts';
import type {Policy} from './policy.ts';
import type {TtlRule} from './ttl-rule.ts';

/** Data come and go from night to night. A tenth less is nobody’s night; growth is no loss. docs/decisions/0070 */
export const DEFAULTS = {
  'max-drop': {percent: 10},
  'warn-drop': {percent: 3},
  'warn-growth': {percent: 50},
} as const satisfies KeyLimits;
/** Of keys of a type: a loss that the dataset, its databases and groups do not show is rare, and more often a rewrite. */
const OF_TYPES = {'warn-drop': {percent: 10}} as const satisfies KeyLimits;
const TTL = {'warn-change': 10} as const satisfies TtlRule;

type Before = {recorded: Dataset; actual: Dataset};

export function protecting(policy: Policy, {recorded, actual}: Before): Policy {
  const {keys, databases = {}, types = {}, groups = [], groupName = pattern => pattern} = policy;
  // What somebody said of the whole is said of its parts too.
  const {min: _min, max: _max, exact: _exact, ...relative} = keys ?? {};
  const part = {...DEFAULTS, ...relative};
  const numbers = namesOf(databases, recorded.databases, actual.databases);
  const typeNames = namesOf(types, recorded.types) as (keyof typeof types)[];
  const named = new Set(groups.map(({match}) => groupName(match)));
  const others = Object.keys(recorded.groups ?? {}).filter(pattern => !named.has(groupName(pattern)));
  return {
    ...policy,
    keys: {...DEFAULTS, ...keys},
    ttl: policy.ttl ?? TTL,
    // A single database, or type, is the dataset: nothing is gained by telling it twice.
    databases: Object.fromEntries(
      numbers
        .filter(number => numbers.length > 1 || databases[number])
        .map(number => [number, filledIn(databases[number], part)]),
    ),
    types: Object.fromEntries(
      typeNames
        .filter(type => typeNames.length > 1 || types[type])
        .map(type => [type, {keys: {...OF_TYPES, ...types[type]?.keys}}]),
    ),
    groups: [
      ...groups.map(rule => ({...rule, ...filledIn(rule, part)})),
      ...others.map((match): GroupRule => ({match, ...filledIn({}, part)})),
    ],
    functions: policy.functions ?? 'no-fewer',
    originOf: path => originOf(policy, path),
  };
}

type Scope = {keys?: KeyLimits | undefined; ttl?: TtlRule | undefined};

const filledIn = ({keys, ttl}: Scope = {}, limits: KeyLimits) => ({
  keys: {...limits, ...keys},
  ttl: ttl ?? TTL,
});

const namesOf = (...of: object[]): string[] => [...new Set(of.flatMap(Object.keys))];

/** Where a limit was written, for the part itself or for the whole; else it is one of ours. */
function originOf(policy: Policy, path: readonly string[]): string {
  if (isWritten(policy, path)) return policy.originOf(path);
  const limit = path.at(-1)!;
  const ofWhole = ['keys', limit];
  if (path[0] !== 'types' && path.at(-2) === 'keys' && isWritten(policy, ofWhole))
    return policy.originOf(ofWhole);
  return `default ${path.at(-2) === 'ttl' ? `ttl.${limit}` : limit}`;
}

function isWritten(policy: object, path: readonly string[]): boolean {
  let at: unknown = policy;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Record<string, unknown>)[key];
  }
  return at !== undefined;
}
