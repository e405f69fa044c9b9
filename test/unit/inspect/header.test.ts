import {describe, expect, test} from '@jest/globals';
import {bytes, key, rdb, str} from '../../rdb-builder.ts';
import {inspectBytes} from './dumps.ts';

const plainKey = key(0, 'secret:k', str('v'));
const errorOf = async (dump: Uint8Array) => (await inspectBytes(dump)).error;

describe('the header', () => {
  test('a file of 0 bytes is empty', async () => {
    expect(await inspectBytes(new Uint8Array(0))).toMatchObject({
      magic: null,
      rdbVersion: null,
      checksum: null,
      error: {rule: 'backup/empty-file', offset: 0, doing: 'start', certain: true},
    });
  });

  test.each([
    ['<html><body>403 Forbidden', 'an HTML page'],
    ['\x1f\x8b\x08\x00\x00\x00\x00\x00\x00', 'gzip data'],
    ['redis0011', 'text'],
    ['\x01\x00XEDIS0011', 'unknown binary data'],
    ['<', 'text'],
  ])('%j is no dump, and looks like %s', async (content, form) => {
    const inspection = await inspectBytes(bytes(content));
    expect(inspection).toMatchObject({
      magic: null,
      error: {rule: 'backup/not-rdb', offset: 0, certain: true},
    });
    expect(inspection.error!.message).toContain(form);
  });

  test.each([
    ['REDIS 011', 11],
    ['REDIS  9x', 9],
    ['REDIS+012', 12],
    ['REDIS9999', 9999],
    ['REDIS0099', 99],
    ['VALKEY080', 80],
    ['VALKEY081', 81],
  ])('%j is read as servers read it: version %i', async (header, version) => {
    const inspection = await inspectBytes(rdb(header, [plainKey]));
    expect(inspection.rdbVersion).toBe(version);
    expect(inspection.dataset.keys).toBe(1);
  });

  test.each([
    'REDIS0000',
    'REDIS000p',
    'REDIS-011',
    'REDIS\x03\x00\x00\x00',
    'REDISabcd',
    'VALKEY000',
  ])('%j has a version that no server loads', async header => {
    expect(await errorOf(rdb(header, [plainKey]))).toMatchObject({
      rule: 'backup/corrupt',
      doing: 'start',
      certain: true,
    });
  });

  test('only versions that were tried on files of real servers are verified', async () => {
    const unverified = async (header: string) => (await inspectBytes(rdb(header, []))).unverified;
    for (const header of ['REDIS0001', 'REDIS0013', 'VALKEY080'])
      expect([header, await unverified(header)]).toEqual([header, false]);
    for (const header of ['REDIS0014', 'REDIS0080', 'VALKEY011', 'VALKEY081'])
      expect([header, await unverified(header)]).toEqual([header, true]);
  });
});
