import {describe, expect, test} from '@jest/globals';
import {judge} from '../../../src/judge/judge.ts';
import {NO_POLICY} from '../../../src/judge/policy.ts';
import {aCensus, aLoad, anInspection, anUnpacked} from '../../builders.ts';

const checksum = {algorithm: 'sha256', hex: 'aa', file: 'dump.rdb.gz.sha256', actual: 'aa'} as const;
const drilled = {inspection: anInspection(), load: aLoad(), census: aCensus()};

describe('a backup that cannot be unpacked', () => {
  const damage = {rule: 'backup/truncated-packing', message: 'cut short', hint: 'Compare its size.'} as const;

  test('has failed, with that and nothing else to say', () => {
    const verdict = judge({unpacked: {dump: null, damage, checksums: []}}, null, NO_POLICY);
    expect(verdict.outcome).toBe('failed');
    expect(verdict.findings).toMatchObject([
      {...damage, status: 'fail', severity: 'error', origin: 'unpack'},
    ]);
  });

  test('is told beside whether it is still what its checksum was taken of', () => {
    const verdict = judge({unpacked: {dump: null, damage, checksums: [checksum]}}, null, NO_POLICY);
    expect(verdict.findings.map(({rule, status}) => [rule, status])).toEqual([
      ['backup/truncated-packing', 'fail'],
      ['backup/checksum-beside', 'pass'],
    ]);
  });
});

describe('a backup that can be unpacked', () => {
  test('passes with its layers named', () => {
    const unpacked = anUnpacked({packing: ['gzip data', 'a tar archive', 'data/dump.rdb']});
    const {outcome, findings} = judge({...drilled, unpacked}, null, NO_POLICY);
    expect(outcome).toBe('passed');
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'backup/unpacked',
        message: 'unpacked: gzip data > a tar archive > data/dump.rdb',
      }),
    );
  });

  test('fails where its checksum is another, though everything else holds', () => {
    const unpacked = anUnpacked({checksums: [{...checksum, actual: 'bb'}]});
    const {outcome, findings} = judge({...drilled, unpacked}, null, NO_POLICY);
    expect(outcome).toBe('failed');
    expect(findings[0]).toMatchObject({rule: 'backup/checksum-beside', expected: 'aa', actual: 'bb'});
  });

  test('passes with a warning where its checksum file holds none', () => {
    const unpacked = anUnpacked({checksums: [{...checksum, hex: null}]});
    const {outcome, findings} = judge({...drilled, unpacked}, null, NO_POLICY);
    expect(outcome).toBe('passed');
    expect(findings).toContainEqual(
      expect.objectContaining({rule: 'backup/checksum-beside', status: 'skipped', severity: 'warning'}),
    );
  });

  test('passes with a warning where its checksum file could not be read, and says why', () => {
    const unpacked = anUnpacked({checksums: [{...checksum, hex: null, unread: 'the connection broke off'}]});
    const {outcome, findings} = judge({...drilled, unpacked}, null, NO_POLICY);
    expect(outcome).toBe('passed');
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'backup/checksum-beside',
        status: 'skipped',
        message: expect.stringContaining(
          'could not be read, and nothing was compared with it: the connection',
        ),
      }),
    );
  });
});
