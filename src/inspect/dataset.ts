/**
 * From cells of keys to the `dataset` of an Inspection: databases, groups and the whole, each the sum of its cells, and
 * each with its digests where these were computed.
 */
import type {Cell} from './cell.ts';
import {debugDigest, expiryDigest, xorOf} from './digest/cell-sums.ts';
import {CANONICAL, canonical, whyUndigested} from './digest/digests.ts';
import {
  type Dataset,
  type ExpiryTimes,
  type Group,
  type KeyCount,
  TIMES_LEFT,
  VALUE_TYPES,
} from './inspection.ts';
import type {Tally} from './tally.ts';

export type Grouping = {
  /** Names of the groups, by the index of their patterns. */
  names: string[];
  /** Which patterns, by index, the keys of a combination match. */
  combinations: number[][];
};

type Scope = {
  grouping: Grouping | null;
  /** All values were read, to the end. */
  digested: boolean;
};

export function datasetOf(tally: Tally, {grouping, digested}: Scope): Dataset {
  const cells = tally.cells.filter(({keys}) => keys > 0);
  const byDatabase = [...Map.groupBy(cells, ({database}) => database)].sort(([a], [b]) => a - b);
  const {keys, expires, types, digest, expiryTimes} = groupOf(cells, digested);
  return {
    keys,
    expires,
    databases: Object.fromEntries(
      byDatabase.map(([number, its]) => [String(number), databaseOf(its, digested)]),
    ),
    types,
    functions: tally.functions,
    ...(digest && {digest}),
    ...(expiryTimes && {expiryTimes}),
    ...(grouping && groupsOf(cells, grouping, digested)),
  };
}

function groupsOf(
  cells: Cell[],
  {names, combinations}: Grouping,
  digested: boolean,
): Pick<Dataset, 'groups' | 'ungrouped'> {
  const matching = (pattern: number) =>
    cells.filter(({combination}) => combinations[combination]!.includes(pattern));
  const none = cells.filter(({combination}) => combinations[combination]!.length === 0);
  return {
    groups: Object.fromEntries(names.map((name, pattern) => [name, groupOf(matching(pattern), digested)])),
    ungrouped: groupOf(none, digested),
  };
}

const sum = (cells: Cell[], what: (cell: Cell) => number): number =>
  cells.reduce((total, cell) => total + what(cell), 0);

function databaseOf(cells: Cell[], digested: boolean): KeyCount {
  const {keys, expires, expiryTimes} = groupOf(cells, digested);
  const digest = digested && whyUndigested(cells) === null && canonical(xorOf(cells, CANONICAL));
  return {keys, expires, ...(digest && {digest}), ...(expiryTimes && {expiryTimes})};
}

function groupOf(cells: Cell[], digested: boolean): Group {
  const expires = sum(cells, cell => cell.expires);
  const types = VALUE_TYPES.map(type => [type, sum(cells, cell => cell.ofType(type))] as const);
  const digest = digested && whyUndigested(cells) === null && canonical(debugDigest(cells, CANONICAL));
  return {
    keys: sum(cells, cell => cell.keys),
    expires,
    types: Object.fromEntries(types.filter(([, keys]) => keys > 0)),
    bytes: sum(cells, cell => cell.bytes),
    ...(digest && {digest}),
    ...(expires > 0 && {expiryTimes: expiryTimesOf(cells, digested)}),
  };
}

function expiryTimesOf(cells: Cell[], digested: boolean): ExpiryTimes {
  const left = TIMES_LEFT.map((time, index) => [time, sum(cells, cell => cell.timesLeft()[index]!)] as const);
  const isKnown = left.some(([, keys]) => keys > 0);
  return {
    ...(digested && {digest: {algorithm: 'sha1-xor-expiry-times', hex: expiryDigest(cells)}}),
    ...(isKnown && {left: Object.fromEntries(left.filter(([, keys]) => keys > 0))}),
  };
}
