/** Why servers do not start, in their own words of several versions; of what they repeat nothing is passed on. */
import {expect, test} from '@jest/globals';
import {beganAppendOnly, startTrouble} from '../../../src/redis/start-log.ts';

test.each([
  ['7.0', '*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***'],
  ['6.0', '*** FATAL CONFIG FILE ERROR ***'],
  ['valkey', '*** FATAL CONFIG FILE ERROR (Version 8.1.1) ***'],
])('a refused line: %s', (_version, first) => {
  const log = [
    '1:C 22 Nov 2026 17:00:00.000 # Configuration loaded',
    '',
    first,
    'Reading the configuration file, at line 12',
  ];
  const trouble = startTrouble([
    ...log,
    ">>> 'requirepas hunter2'",
    'Bad directive or wrong number of arguments',
  ]);
  expect(trouble).toEqual({kind: 'line', line: 12, complaint: 'bad directive or wrong number of arguments'});
  const quoting = startTrouble([...log, ">>> 'x hunter2'", "Unknown level 'hunter2'"]);
  expect(quoting).toEqual({kind: 'line', line: 12, complaint: 'it does not say more'});
  const listing = startTrouble([
    ...log,
    ">>> 'x y'",
    'argument(s) must be one of the following: always, everysec, no',
  ]);
  expect(listing).toMatchObject({
    complaint: 'argument(s) must be one of the following: always, everysec, no',
  });
});

test('a module that is not there', () => {
  const log = [
    '1:M 22 Nov 2026 17:00:00.000 # Module /opt/m.so failed to load: /opt/m.so: cannot open shared object file',
    "1:M 22 Nov 2026 17:00:00.000 # Can't load module from /opt/m.so: server aborting",
  ];
  expect(startTrouble(log)).toEqual({kind: 'module', path: '/opt/m.so'});
});

test('an append-only file that a server begins', () => {
  const log = [
    '1:M 22 Nov 2026 17:00:00.000 * Creating AOF base file appendonly.aof.1.base.rdb on server start',
    '1:M 22 Nov 2026 17:00:00.000 * DB loaded from append only file: 0.000 seconds',
    '1:M 22 Nov 2026 17:00:00.000 * Creating AOF base file with a key in its name on server start',
    '1:M 22 Nov 2026 17:00:00.000 * DB loaded from disk: 0.001 seconds',
  ];
  expect(beganAppendOnly(log)).toHaveLength(2);
  expect(startTrouble(log)).toBeNull();
});
