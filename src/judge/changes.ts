/**
 * What differs between two recordings, for who reviews it: counts, and names of groups as they are recorded. No name of a
 * key and no value; what is not compared in a drill (sizes in the file, time left) is no change. Pure.
 */
import type {Dataset, KeyCount} from '../inspect/inspection.ts';
import type {Expectations} from './expectations.ts';

/** `null` on the side where it is not; words where there is nothing to count. */
export type Change =
  | {what: string; before: number | null; after: number | null}
  | {what: string; words: string};

type Recording = Pick<Expectations, 'dataset' | 'modules' | 'serverDigest' | 'canaries'>;

export function changesBetween(before: Recording, after: Recording): Change[] {
  const [was, is] = [before.dataset, after.dataset];
  return [
    ...counted('', {keys: was.keys, expires: was.expires}, {keys: is.keys, expires: is.expires}),
    ...byName('db', was.databases, is.databases),
    ...numbers(of('type'), was.types, is.types),
    ...byName('group', was.groups ?? {}, is.groups ?? {}),
    ...groupTypes(was, is),
    ...numbers(() => 'function libraries', {n: was.functions}, {n: is.functions}),
    ...numbers(of('values of module'), before.modules, after.modules),
    ...contents(before, after),
    ...canaries(before.canaries ?? {}, after.canaries ?? {}),
  ];
}

const of = (kind: string) => (name: string) => `${kind} ${name}`;

type Counts = Partial<Record<string, number>>;

function numbers(what: (name: string) => string, before: Counts, after: Counts): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .filter(name => before[name] !== after[name])
    .map(name => ({what: what(name), before: before[name] ?? null, after: after[name] ?? null}));
}

const counted = (where: string, before: Counts, after: Counts): Change[] =>
  numbers(name => `${where}${name === 'keys' ? 'keys' : 'keys that expire'}`, before, after);

type Parts = Record<string, Pick<KeyCount, 'keys' | 'expires'>>;

function byName(kind: string, before: Parts, after: Parts): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap(name => {
    const [was, is] = [before[name], after[name]];
    if (!was || !is) return [{what: of(kind)(name), before: was?.keys ?? null, after: is?.keys ?? null}];
    const {keys, expires} = was;
    return counted(`${of(kind)(name)}: `, {keys, expires}, {keys: is.keys, expires: is.expires});
  });
}

function groupTypes(before: Dataset, after: Dataset): Change[] {
  return Object.entries(after.groups ?? {}).flatMap(([name, group]) => {
    const was = before.groups?.[name];
    return was ? numbers(type => `group ${name}: type ${type}`, was.types, group.types) : [];
  });
}

/** What is recorded as a digest: that it changed is all that can be told. */
function contents(before: Recording, after: Recording): Change[] {
  const [was, is] = [before.dataset, after.dataset];
  const values = (dataset: Dataset, {serverDigest}: Recording) => dataset.digest?.hex ?? serverDigest?.hex;
  const digests: [string, string | undefined, string | undefined][] = [
    ['values', values(was, before), values(is, after)],
    ['expiry times', was.expiryTimes?.digest?.hex, is.expiryTimes?.digest?.hex],
    ['consumer groups', was.consumerGroups?.digest.hex, is.consumerGroups?.digest.hex],
    ['expiries of hash fields', was.fieldExpiries?.digest.hex, is.fieldExpiries?.digest.hex],
    ['code of functions', was.functionCode?.digest.hex, is.functionCode?.digest.hex],
  ];
  return digests.flatMap(([what, before, after]) => (before === after ? [] : [{what, words: 'changed'}]));
}

function canaries(
  before: NonNullable<Recording['canaries']>,
  after: NonNullable<Recording['canaries']>,
): Change[] {
  const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  const same = (id: string) => JSON.stringify(sorted(before[id])) === JSON.stringify(sorted(after[id]));
  return ids
    .filter(id => !same(id))
    .map(id => ({
      what: `canary ${id.slice(0, 8)}`,
      words: before[id] === undefined ? 'new' : after[id] === undefined ? 'no longer recorded' : 'changed',
    }));
}

const sorted = (canary: object | undefined) => canary && Object.entries(canary).toSorted();
