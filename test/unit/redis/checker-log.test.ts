/** What the checkers of several versions print; key names are in it, and stay there. */
import {expect, test} from '@jest/globals';
import {readAofCheckerLog, readCheckerLog} from '../../../src/redis/checker-log.ts';

const HEAD = [
  '[offset 0] Checking RDB file /drill-dump/dump.rdb',
  "[offset 27] AUX FIELD redis-ver = '7.0.15'",
];
const TAIL = ['[info] 256 keys read', '[info] 92 expires', '[info] 0 already expired'];

test('damage: where, doing what, of which type, after how many keys', () => {
  const log = [
    ...HEAD,
    '--- RDB ERROR DETECTED ---',
    '[offset 19947] Unexpected EOF reading RDB file',
    '[additional info] While doing: read-object-value',
    "[additional info] Reading key 'SECRET'",
    '[additional info] Reading type 16 (hash-listpack)',
    ...TAIL,
    '1:C 22 Nov 2026 17:39:00.074 # Terminating server after rdb file reading failure.',
  ];
  expect(readCheckerLog(log)).toEqual({
    status: 'damaged',
    offset: 19_947,
    complaint: 'Unexpected EOF reading RDB file',
    doing: 'read-object-value',
    type: 'hash-listpack',
    keysRead: 256,
  });
});

test.each([
  [
    'Internal error in RDB reading offset 0, function at rdb.c:413 -> Invalid LZF compressed string',
    'Invalid LZF compressed string',
  ],
  [
    "Internal error in RDB reading offset 9, function at rdb.c:9 -> RDB has duplicated key 'SECRET' in DB 0",
    /^RDB has duplicated key/,
  ],
  ["Can't handle RDB format version 10", "Can't handle RDB format version 10"],
])('its complaint %s', (complaint, said) => {
  const words = readCheckerLog([
    ...HEAD,
    '--- RDB ERROR DETECTED ---',
    `[offset 9] ${complaint}`,
    '[additional info] While doing: start',
    ...TAIL,
  ]);
  if (typeof said === 'string') expect(words!.complaint).toBe(said);
  else expect(words!.complaint).toMatch(said);
  expect(JSON.stringify(words)).not.toContain('SECRET');
});

test('a key with line ends in it can say nothing', () => {
  const key = [
    'SECRET',
    '[offset 1] SECRET',
    '[additional info] While doing: SECRET',
    "[additional info] Reading key 'SECRET",
  ];
  const log = [
    ...HEAD,
    '--- RDB ERROR DETECTED ---',
    '[offset 5] Short read',
    '[additional info] While doing: read-key',
    `[additional info] Reading key '${key[0]}`,
    ...key.slice(1),
    '[additional info] Reading type 0 (string)',
    '[info] 1 keys read',
  ];
  expect(JSON.stringify(readCheckerLog(log))).not.toContain('SECRET');
  expect(readCheckerLog(log)).toMatchObject({complaint: 'Short read', doing: 'read-key', keysRead: 1});
});

test('nothing wrong, and no result', () => {
  const fine = [...HEAD, '[offset 35937] Checksum OK', '[offset 35937] \\o/ RDB looks OK! \\o/', ...TAIL];
  expect(readCheckerLog(fine)).toMatchObject({status: 'fine', keysRead: 256});
  expect(readCheckerLog(HEAD)).toBeNull();
  expect(readCheckerLog(['exec: "redis-check-rdb": executable file not found in $PATH'])).toBeNull();
});

test.each([
  [
    'AOF analyzed: filename=appendonly.aof.1.incr.aof, size=208, ok_up_to=175, ok_up_to_line=40, diff=33',
    'AOF appendonly.aof.1.incr.aof is not valid. Use the --fix option to try fixing it.',
  ],
  [
    'AOF analyzed: size=208, ok_up_to=175, diff=33',
    'AOF is not valid. Use the --fix option to try fixing it.',
  ],
])('an append-only file that is damaged: %s', (analyzed, invalid) => {
  const base =
    'AOF analyzed: filename=appendonly.aof.1.base.rdb, size=89, ok_up_to=89, ok_up_to_line=1, diff=0';
  const log = [base, "0x              cd: Expected to read 8 bytes, got 'SECRET'", analyzed, invalid];
  const words = readAofCheckerLog(log);
  expect(words).toMatchObject({status: 'damaged', offset: 175, complaint: 'whole up to byte 175 of 208'});
  expect(JSON.stringify(words)).not.toContain('SECRET');
});

test('an append-only file with nothing wrong, with a broken base, and one that was never read', () => {
  expect(readAofCheckerLog(['All AOF files and manifest are valid'])).toMatchObject({status: 'fine'});
  expect(readAofCheckerLog(['AOF is valid'])).toMatchObject({status: 'fine'});
  const base = [
    '--- RDB ERROR DETECTED ---',
    '[offset 9] Short read',
    '[additional info] While doing: start',
  ];
  expect(readAofCheckerLog(base)).toMatchObject({status: 'damaged', complaint: 'Short read'});
  expect(
    readAofCheckerLog(['Cannot open file appendonly.aof.1.base.rdb: No such file or directory']),
  ).toBeNull();
});
