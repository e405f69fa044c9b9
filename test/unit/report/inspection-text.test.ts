import {expect, test} from '@jest/globals';
import {renderInspection} from '../../../src/report/inspection-text.ts';
import {plain} from '../../../src/report/text.ts';
import {aDamage, aDataset, aDigest, anInspection} from '../../builders.ts';

test('a dump is described in a few lines', () => {
  const databases = {'0': {keys: 1234, expires: 5}, '3': {keys: 1, expires: 0}};
  const hex = 'ab'.repeat(20);
  const digest = aDigest(hex, '7.2');
  const dataset = aDataset({databases, types: {string: 1200, hash: 35}, functions: 2, digest});
  const text = renderInspection(anInspection({dataset, modules: {'ReJSON-RL': 3}}), plain);
  expect(text).toBe(
    [
      'Format     REDIS RDB version 10',
      'Written    2025-01-02T03:04:05.000Z by redis 7.0.15',
      'Checksum   valid',
      'Keys       1,235, 5 of them with an expiry',
      '  db 0     1,234, 5 of them with an expiry',
      '  db 3     1, 0 of them with an expiry',
      'Types      string 1,200, hash 35',
      'Functions  2',
      'Modules    ReJSON-RL 3',
      `Digest     ${hex} (redis-debug-digest, dialect 7.2)`,
      '',
    ].join('\n'),
  );
});

test('damage comes last, with rule, byte and what was being read', () => {
  const error = aDamage('backup/truncated', {offset: 1204331, message: 'The dump is truncated.'});
  const text = renderInspection(anInspection({checksum: null, error}), plain);
  expect(text).toContain('Checksum   not reached');
  expect(text).toMatch(
    /DAMAGED {2}The dump is truncated\. \[backup\/truncated\]\n {9}byte 1,204,331, while doing: read-key\n$/,
  );
});

test('why there is no digest is told in its place', () => {
  const text = renderInspection(anInspection({digestBecause: 'depth quick'}), plain);
  expect(text).toContain('Digest     none: depth quick');
});

test('a file that is no dump at all has no format to show', () => {
  const error = aDamage('backup/not-rdb');
  const inspection = anInspection({magic: null, rdbVersion: null, createdAt: null, checksum: null, error});
  expect(renderInspection(inspection, plain)).toContain('Format     no RDB header');
});
