import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {readJob} from '../../../src/config/config.ts';
import {type GroupFlags, groupRequest} from '../../../src/config/group-flags.ts';
import {groupsToRead} from '../../../src/config/groups.ts';
import type {DrillError} from '../../../src/errors.ts';
import type {GroupRequest} from '../../../src/inspect/inspect.ts';
import type {Group} from '../../../src/inspect/inspection.ts';
import {type Chosen, fromExpectations} from '../../../src/judge/baseline.ts';
import {aDataset, anExpectations} from '../../builders.ts';

const directory = mkdtempSync(join(tmpdir(), 'groups-config-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));

const aGroup: Group = {keys: 1, expires: 0, types: {string: 1}, bytes: 10};

/** A config with this below `expect`, and what was recorded of groups. */
async function jobOf(expect: string[], recorded?: string[]) {
  const config = join(directory, 'restore-drill.yml');
  const file = join(directory, 'expected.json');
  const groups = Object.fromEntries((recorded ?? []).map(pattern => [pattern, aGroup]));
  writeFileSync(file, JSON.stringify(anExpectations({dataset: {...aDataset(), groups}})));
  const lines = [
    'version: 1',
    'backups:',
    '  - name: sessions',
    '    source: /backups/dump.rdb',
    '    expect:',
    ...(recorded ? [`      file: ${file}`] : []),
    ...expect.map(line => `      ${line}`),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return readJob({config});
}

const problemsOf = async (...asked: Parameters<typeof jobOf>): Promise<string> =>
  jobOf(...asked).then(
    () => 'none',
    (error: DrillError) => error.message.replaceAll(directory, ''),
  );

describe('a drill reads its dump for', () => {
  test('the groups of the config and those that were recorded, each once', async () => {
    const {groups} = await jobOf(['groups: [{match: "user:*"}, {match: "a:*"}]'], ['user:*', 'b:*']);
    expect(groups).toEqual({patterns: ['user:*', 'a:*', 'b:*'], redact: false});
  });

  test('none, where nobody asks for any', async () => {
    expect((await jobOf(['keys: {min: 1}'])).groups.patterns).toEqual([]);
  });

  test('the same ones under other names, where names are redacted', async () => {
    const {groups, policy} = await jobOf(['redact: true', 'groups: [{match: "user:*"}]'], ['user:*']);
    expect(groups).toEqual({patterns: ['user:*'], redact: true});
    expect(policy.groupName!('user:*')).toBe('#04f8996da763:*');
  });
});

describe('what cannot be asked for is said, at its line', () => {
  test.each<[string, string[], string]>([
    ['no pattern', ['groups:', '  - {type: hash}'], '/restore-drill.yml:7: expect.groups.0.match:'],
    [
      'an empty pattern',
      ['groups:', '  - {match: ""}'],
      '7: expect.groups.0.match: write a pattern such as user:*',
    ],
    ['a long one', ['groups:', `  - {match: "${'x'.repeat(257)}"}`], 'a pattern has at most 256 bytes'],
    ['__proto__', ['groups:', '  - {match: __proto__}'], 'write [_]_proto__'],
    [
      'the same twice',
      ['groups:', '  - {match: a}', '  - {match: a}'],
      '8: expect.groups.1.match: another group is a',
    ],
    ['no such type', ['groups:', '  - {match: a, type: map}'], '7: expect.groups.0.type'],
    ['no such ttl', ['groups:', '  - {match: a, ttl: some}'], '7: expect.groups.0.ttl'],
    [
      'a share beyond all',
      ['groups:', '  - {match: a, ttl: {min-coverage: 101%}}'],
      '7: expect.groups.0.ttl',
    ],
    ['an unknown key', ['groups:', '  - {match: a, count: 3}'], '7: expect.groups.0.count: unknown key'],
    [
      'what cannot be redacted',
      ['redact: true', 'groups:', '  - {match: "*:x"}'],
      '8: expect.groups.0.match: only prefixes',
    ],
  ])('%s', async (_what, lines, expected) => {
    expect(await problemsOf(lines)).toContain(expected);
  });

  test('more groups than can be told apart', async () => {
    const many = (count: number, name: string) => Array.from({length: count}, (_, n) => `${name}${n}:*`);
    const lines = ['groups:', ...many(30, 'a').map(match => `  - {match: "${match}"}`)];
    expect(await problemsOf(lines, many(34, 'b'))).toBe('none');
    expect(await problemsOf(lines, many(35, 'b'))).toBe(
      '/restore-drill.yml:7: expect.groups: these and the 35 recorded ones are more than 64 groups',
    );
  });

  test('an exact digest of a quick drill', async () => {
    const lines = ['groups:', '  - {match: "a:*", digest: exact}'];
    await jobOf(lines);
    const job = readJob({config: join(directory, 'restore-drill.yml'), depth: 'quick'});
    await expect(job).rejects.toThrow('expect.groups.0.digest: exact asks for one');
  });
});

describe('the flags of inspect', () => {
  test.each<[string, GroupFlags, ReturnType<typeof groupRequest>]>([
    ['none', {}, {patterns: [], redact: false}],
    ['patterns, each once', {group: ['a:*', 'b*', 'a:*']}, {patterns: ['a:*', 'b*'], redact: false}],
    ['auto', {groups: 'auto', redact: true}, {patterns: 'auto', redact: true}],
  ])('%s', (_what, flags, expected) => {
    expect(groupRequest(flags)).toEqual(expected);
  });

  test.each<[string, GroupFlags, string]>([
    ['another choice', {groups: 'all'}, '--groups: there is no choice all'],
    ['both', {groups: 'auto', group: ['a']}, 'exclude each other'],
    ['an empty pattern', {group: ['']}, '--group: write a pattern'],
    ['too many', {group: Array.from({length: 65}, (_, n) => `${n}`)}, 'there are 65 patterns'],
    ['what cannot be redacted', {group: ['a*'], redact: true}, '--redact: a* is no prefix'],
  ])('%s is refused', (_what, flags, message) => {
    expect(() => groupRequest(flags)).toThrow(message);
  });
});

describe('with the groups of what a drill is compared with', () => {
  const group = (keys: number): Group => ({...aGroup, keys});
  const chosen = (from: 'file' | 'beside' | 'history', groups: Record<string, Group>, ungrouped = 0) => {
    const dataset = {...aDataset({keys: 100}), groups, ungrouped: group(ungrouped)};
    return {baseline: {...fromExpectations(anExpectations({dataset}), {from, name: 'x'})}};
  };
  const none = {patterns: [], redact: false};
  const before = {'a:*': group(5), 'b:*': group(50), 'gone:*': group(0)};

  test.each<[string, GroupRequest, Chosen, boolean, GroupRequest]>([
    ['nothing to compare with', none, {baseline: null}, false, none],
    ['the first drill of a history', none, {baseline: null}, true, {patterns: 'auto', redact: false}],
    [
      'a history: its groups, the largest first',
      none,
      chosen('history', before),
      true,
      {patterns: ['b:*', 'a:*'], redact: false},
    ],
    [
      'a history, a tenth in no group: new ones too',
      none,
      chosen('history', before, 10),
      true,
      {patterns: ['b:*', 'a:*'], redact: false, also: 'auto'},
    ],
    [
      'a history, and groups of the config',
      {patterns: ['c:*'], redact: true},
      chosen('history', before, 10),
      true,
      {patterns: ['c:*', 'b:*', 'a:*'], redact: true},
    ],
    [
      'beside the backup',
      none,
      chosen('beside', before, 90),
      false,
      {patterns: ['b:*', 'a:*'], redact: false},
    ],
    [
      'a file, whose groups are asked for already',
      {patterns: ['a:*'], redact: false},
      chosen('file', before),
      true,
      {patterns: ['a:*'], redact: false},
    ],
  ])('%s', (_what, asked, compared, kept, expected) => {
    expect(groupsToRead(asked, compared, kept)).toEqual(expected);
    // Asked twice it is the same.
    expect(groupsToRead(expected, compared, kept)).toEqual(expected);
  });

  test('no more than can be told apart, those of the config first', () => {
    const many = Object.fromEntries(Array.from({length: 70}, (_, n) => [`g${n}:*`, group(70 - n)]));
    const {patterns} = groupsToRead({patterns: ['mine:*'], redact: false}, chosen('history', many), true);
    expect(patterns).toHaveLength(64);
    expect(patterns.slice(0, 2)).toEqual(['mine:*', 'g0:*']);
  });
});
