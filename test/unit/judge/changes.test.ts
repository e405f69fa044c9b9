import {expect, test} from '@jest/globals';
import {changesBetween} from '../../../src/judge/changes.ts';
import type {Expectations} from '../../../src/judge/expectations.ts';
import {changeLines} from '../../../src/report/changes.ts';
import {aDataset, aDigest, anExpectations} from '../../builders.ts';

type Recorded = Partial<Expectations>;
const lines = (before: Recorded, after: Recorded): string[] =>
  changeLines(changesBetween(anExpectations(before), anExpectations(after)));
const dataset = (more: Parameters<typeof aDataset>[0]): Recorded => ({dataset: aDataset(more)});
const group = (keys: number, more: object = {}) => ({
  keys,
  expires: 0,
  types: {string: keys},
  bytes: 9,
  ...more,
});
const values = (hex: string): Recorded => dataset({digest: aDigest(hex.repeat(40), '7.2')});
const times = (left: object): Recorded => dataset({expiryTimes: {left}});
const digest = (hex: string) =>
  ({algorithm: 'redis-debug-digest', dialect: '7.2', hex: hex.repeat(40)}) as const;

test.each<[string, Recorded, Recorded, string[]]>([
  ['nothing', {}, {}, []],
  [
    'which backup it is of, and when that was',
    {},
    {
      recordedAt: '2026-01-01T00:00:00.000Z',
      server: 'redis:8.0',
      backup: {...anExpectations().backup, sizeBytes: 7},
    },
    [],
  ],
  ['how long keys had left, which passes by itself', times({'1h': 1}), times({'1d': 1}), []],
  [
    'the size of a group in the file, which no drill compares',
    dataset({groups: {'a:*': group(3)}}),
    dataset({groups: {'a:*': group(3, {bytes: 10})}}),
    [],
  ],
  [
    'keys',
    dataset({keys: 1000}),
    dataset({keys: 1200}),
    [
      'keys: 1,000, now 1,200 (+200)',
      'db 0: keys: 1,000, now 1,200 (+200)',
      'type string: 1,000, now 1,200 (+200)',
    ],
  ],
  [
    'expiries',
    dataset({expires: 2}),
    dataset({expires: 1}),
    ['keys that expire: 2, now 1 (-1)', 'db 0: keys that expire: 2, now 1 (-1)'],
  ],
  [
    'a database that came',
    dataset({databases: {'0': {keys: 1, expires: 0}}, types: {}}),
    dataset({
      keys: 1,
      expires: 0,
      databases: {'0': {keys: 1, expires: 0}, '3': {keys: 2, expires: 0}},
      types: {},
    }),
    ['db 3: 2, new'],
  ],
  [
    'groups that went and came',
    dataset({groups: {'a:*': group(3), 'b:*': group(4)}}),
    dataset({groups: {'b:*': group(4, {types: {hash: 4}}), 'c:*': group(5)}}),
    [
      'group a:*: 3, gone',
      'group c:*: 5, new',
      'group b:*: type hash: 4, new',
      'group b:*: type string: 4, gone',
    ],
  ],
  ['functions', dataset({functions: 1}), dataset({functions: 2}), ['function libraries: 1, now 2 (+1)']],
  ['modules', {modules: {bf: 1}}, {modules: {bf: 3}}, ['values of module bf: 1, now 3 (+2)']],
  ['values', values('a'), values('b'), ['values: changed']],
  [
    'values of modules, by the server’s word',
    {serverDigest: digest('a')},
    {serverDigest: digest('b')},
    ['values: changed'],
  ],
  [
    'canaries',
    {canaries: {['a'.repeat(64)]: {type: 'hash', length: 1}, ['b'.repeat(64)]: {type: 'hash'}}},
    {canaries: {['a'.repeat(64)]: {length: 2, type: 'hash'}, ['c'.repeat(64)]: {type: 'hash'}}},
    ['canary aaaaaaaa: changed', 'canary bbbbbbbb: no longer recorded', 'canary cccccccc: new'],
  ],
])('%s', (_what, before, after, expected) => {
  expect(lines(before, after)).toEqual(expected);
});

test('of a great many the rest is a number', () => {
  const groups = Object.fromEntries(Array.from({length: 70}, (_, n) => [`g${n}:*`, group(1)]));
  const told = lines(dataset({}), dataset({groups}));
  expect(told).toHaveLength(61);
  expect(told.at(-1)).toBe('and 10 more: the diff of the file has them');
});
