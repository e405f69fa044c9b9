import {describe, expect, test} from '@jest/globals';
import {
  canRead,
  compareLines,
  digestDialect,
  formatLine,
  KNOWN_LINES,
  lineOf,
  parseLine,
  type ServerLine,
} from '../../../src/redis/server-line.ts';

const line = (text: string): ServerLine => parseLine(text)!;
const reads = (server: string, magic: 'REDIS' | 'VALKEY', rdbVersion: number) =>
  canRead(line(server), {magic, rdbVersion});

describe('which dumps a server reads', () => {
  /** Newest REDIS version that loads, newest VALKEY version that loads (0: none). */
  test.each<[string, number, number]>([
    ['redis:6.0', 9, 0],
    ['redis:6.2', 9, 0],
    ['redis:7.0', 10, 0],
    ['redis:7.2', 11, 0],
    ['redis:7.4', 12, 0],
    ['redis:8.0', 12, 0],
    ['redis:8.4', 12, 0],
    ['redis:8.6', 13, 0],
    ['redis:8.8', 14, 0],
    ['redis:8.10', 15, 0],
    ['valkey:7.2', 11, 0],
    ['valkey:8.0', 11, 0],
    ['valkey:8.1', 11, 0],
    ['valkey:9.0', 11, 80],
    ['valkey:9.1', 11, 80],
    ['redict:7.3', 12, 0],
  ])('%s reads REDIS up to %i and VALKEY up to %i', (server, redis, valkey) => {
    for (const version of [1, 6, 9, 10, 11, 12, 13, 14, 15, 16, 79, 80, 81]) {
      expect([version, reads(server, 'REDIS', version)]).toEqual([version, version <= redis]);
      if (version >= 80) expect(reads(server, 'VALKEY', version)).toBe(version <= valkey);
    }
  });

  test('every known line reads what it writes itself, and is in this table', () => {
    expect(KNOWN_LINES.map(formatLine)).toHaveLength(16);
    for (const known of KNOWN_LINES) {
      const rdb = (known as ServerLine & {rdb: number}).rdb;
      expect(canRead(known, {magic: rdb >= 80 ? 'VALKEY' : 'REDIS', rdbVersion: rdb})).toBe(true);
    }
  });

  test('a line between two known ones reads what the older of them reads', () => {
    expect(reads('redis:8.7', 'REDIS', 13)).toBe(true);
    expect(reads('redis:8.7', 'REDIS', 14)).toBe(false);
  });

  test('a line newer than all reads at least what the newest reads', () => {
    expect(reads('redis:9.0', 'REDIS', 15)).toBe(true);
    expect(reads('valkey:10.0', 'VALKEY', 80)).toBe(true);
  });

  test('a line older than all is trusted with nothing', () => {
    expect(reads('redis:5.0', 'REDIS', 9)).toBe(false);
  });
});

describe('digest dialects', () => {
  test.each([
    ['redis:6.0', '6.0'],
    ['redis:6.2', '6.0'],
    ['redis:7.0', '7.0'],
    ['redis:7.2', '7.2'],
    ['redis:7.4', '7.4'],
    ['redis:8.10', '7.4'],
    ['valkey:7.2', '7.2'],
    ['valkey:8.1', '7.2'],
    ['valkey:9.0', 'valkey-9.0'],
    ['valkey:9.1', 'valkey-9.0'],
    ['redict:7.3', '7.2'],
  ])('%s speaks %s', (server, dialect) => {
    expect(digestDialect(line(server))).toBe(dialect);
  });
});

describe('names of lines', () => {
  test.each([['redis:7.0'], ['valkey:9.1'], ['redict:7.3'], ['redis:8.10']])('%s and back', text => {
    expect(formatLine(line(text))).toBe(text);
  });

  test('a patch version is dropped', () => {
    expect(lineOf('redis', '7.0.15')).toEqual({product: 'redis', major: 7, minor: 0});
    expect(line('redis:7.0.15')).toEqual({product: 'redis', major: 7, minor: 0});
  });

  test.each([[''], ['redis'], ['redis:7'], ['keydb:6.3'], ['docker.io/redis:7.0']])('%p is none', text => {
    expect(parseLine(text)).toBeNull();
  });

  test('a version without a minor number is refused', () => {
    expect(() => lineOf('redis', 'unstable')).toThrow('not a server version');
  });

  test('are ordered as numbers, not as text', () => {
    expect(compareLines(line('redis:8.10'), line('redis:8.8'))).toBeGreaterThan(0);
    expect(compareLines(line('redis:7.4'), line('redis:8.0'))).toBeLessThan(0);
    expect(compareLines(line('redis:7.0'), line('redis:7.0'))).toBe(0);
  });
});
