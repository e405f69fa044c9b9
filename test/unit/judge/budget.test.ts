import {expect, test} from '@jest/globals';
import {bytes, judgeBudget} from '../../../src/judge/budget.ts';
import {aCensus} from '../../builders.ts';

const backup = (sizeBytes: number | null) => ({name: 'x', location: '/x', sizeBytes, modifiedAt: null});
const MIB = 1024 ** 2;

test.each<[string, number, Parameters<typeof judgeBudget>[0], string[]]>([
  ['restore', 600_000, {restoreMs: 600_000}, ['pass policy/restore-duration']],
  ['restore', 600_000, {restoreMs: 600_001}, ['fail policy/restore-duration']],
  // What did not load has failed by that; it has taken no time to restore.
  ['restore', 600_000, {}, []],
  ['memory', MIB, {census: aCensus({usedMemoryBytes: MIB})}, ['pass policy/memory']],
  ['memory', MIB, {census: aCensus({usedMemoryBytes: MIB + 1})}, ['fail policy/memory']],
  ['memory', MIB, {census: aCensus({usedMemoryBytes: null})}, ['skipped policy/memory']],
  ['memory', MIB, {}, []],
  ['size', 100, {backup: backup(100)}, ['pass policy/file-size']],
  ['size', 100, {backup: backup(101)}, ['fail policy/file-size']],
  ['size', 100, {backup: backup(null)}, []],
])('a budget for %s of %i, spent %j: %j', (key, most, spent, expected) => {
  const findings = judgeBudget(spent, {[key]: {most, origin: 'restore-drill.yml:7'}});
  expect(findings.map(({status, rule}) => `${status} ${rule}`)).toEqual(expected);
  expect(
    findings.every(({origin, severity}) => origin === 'restore-drill.yml:7' && severity === 'error'),
  ).toBe(true);
});

test('a failure tells both numbers, as people read them', () => {
  const [finding] = judgeBudget({restoreMs: 750_000}, {restore: {most: 600_000, origin: 'x'}});
  expect(finding).toMatchObject({
    message: 'the restore took 12 min; the budget is 10 min',
    expected: 'at most 10 min',
    actual: '12 min',
  });
});

test('one that is only just above its budget is told exactly', () => {
  const [finding] = judgeBudget({backup: backup(35_611)}, {size: {most: 35_610, origin: 'x'}});
  expect(finding?.message).toBe('the backup has 35,611 bytes; the budget is 35,610 bytes');
});

test.each([
  [1, '1 bytes'],
  [1023, '1023 bytes'],
  [1024, '1.0 kB'],
  [4 * 1024 ** 3, '4.0 GB'],
  [2 ** 60, '1048576.0 TB'],
])('%i bytes are %s', (n, text) => {
  expect(bytes(n)).toBe(text);
});
