import {describe, expect, test} from '@jest/globals';
import type {Dataset, Group} from '../../../src/inspect/inspection.ts';
import {groupLines, timesLeft} from '../../../src/report/groups.ts';
import {renderInspection} from '../../../src/report/inspection-text.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {plain, renderText} from '../../../src/report/text.ts';
import {aDataset, anInspection, aReport} from '../../builders.ts';

const aGroup = (overrides: Partial<Group> = {}): Group => ({
  keys: 10,
  expires: 0,
  types: {string: 10},
  bytes: 1000,
  ...overrides,
});

const datasetOf = (
  groups: Record<string, Group>,
  ungrouped = aGroup({keys: 0, types: {}, bytes: 0}),
): Dataset => ({
  ...aDataset({keys: 1000}),
  groups,
  ungrouped,
});

describe('a group takes a line', () => {
  const dataset = datasetOf({
    'flag:*': aGroup(),
    'user:*': aGroup({keys: 900, types: {hash: 899, string: 1}, expires: 9, bytes: 12_345}),
    'session:*': aGroup({keys: 90, types: {string: 90}, expires: 90}),
    'gone:*': aGroup({keys: 0, types: {}, bytes: 0}),
  });

  test('the largest first, and last what is in none', () => {
    expect(groupLines(dataset)).toEqual([
      'user:*       900 keys (90%); hash 899, string 1; expire: 1%; 12,345 bytes',
      'session:*    90 keys (9%); string; expire: all; 1,000 bytes',
      'flag:*       10 keys (1%); string; expire: none; 1,000 bytes',
      'gone:*       0 keys (0%); expire: none; 0 bytes',
      'in no group  0 keys (0%); expire: none; 0 bytes',
    ]);
  });

  test('in every rendering', () => {
    const inspection = anInspection({dataset});
    expect(renderInspection(inspection, plain)).toContain('\nGroups\n  user:*       900 keys (90%)');
    expect(renderText(aReport({inspection}))).toContain('Groups\n  user:*       900 keys (90%)');
    const markdown = renderMarkdown(aReport({inspection}), {maxBytes: 100_000});
    expect(markdown).toContain('<summary>Keys by group</summary>');
    expect(markdown).toMatch(/\| `user:\*` \| 900 \| 90%/);
  });

  test('of many, twenty', () => {
    const many = Object.fromEntries(Array.from({length: 30}, (_, n) => [`g${n}:*`, aGroup({keys: 100 - n})]));
    const lines = groupLines(datasetOf(many));
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('and 10 smaller groups');
    const markdown = renderMarkdown(aReport({inspection: anInspection({dataset: datasetOf(many)})}), {
      maxBytes: 100_000,
    });
    expect(markdown).toContain('Keys by group, without 10 smaller ones');
  });

  test('and none where none were asked for', () => {
    expect(groupLines(aDataset())).toEqual([]);
    expect(renderText(aReport())).not.toContain('Groups');
  });

  test('whatever its pattern does to Markdown', () => {
    const groups = {'a|b`c<img>:*': aGroup()};
    const markdown = renderMarkdown(aReport({inspection: anInspection({dataset: datasetOf(groups)})}), {
      maxBytes: 100_000,
    });
    expect(markdown).not.toContain('a|b`c<img>');
  });

  test('nothing is rounded to nothing or to all', () => {
    const few = datasetOf({
      'a:*': aGroup({keys: 1_000_000, expires: 1}),
      'b:*': aGroup({keys: 1_000_000, expires: 999_999}),
    });
    const [a, b] = groupLines({...few, keys: 2_000_000});
    expect([a, b]).toEqual([
      expect.stringContaining('expire: <0.1%'),
      expect.stringContaining('expire: >99.9%'),
    ]);
  });
});

test('when keys expire is told in words, by the dump’s own clock', () => {
  expect(timesLeft({...aDataset(), expiryTimes: {left: {expired: 2, '7d': 1000, more: 1}}})).toBe(
    'already expired 2, within 7 days 1,000, later 1 (when it was written)',
  );
  expect(timesLeft(aDataset())).toBeNull();
});
