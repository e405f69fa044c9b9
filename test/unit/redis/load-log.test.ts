import {describe, expect, test} from '@jest/globals';
import {
  diedOfUnknownDirective,
  diedOfWantOfMemory,
  explainRefusal,
  lastComplaint,
  readEvidence,
} from '../../../src/redis/load-log.ts';

/** As servers print it from 4.0 on: pid, role, time, level. */
const logged = (...messages: string[]) =>
  messages.map(message => `4711:S 22 Nov 2025 10:24:00.123 # ${message}`);

const FINAL_UP_TO_7_0 = 'Fatal error loading the DB: Invalid argument. Exiting.';
const FINAL_FROM_7_2 = 'Fatal error loading the DB, check server logs. Exiting.';
const INTERNAL = 'Internal error in RDB reading offset 0, function at rdb.c:2108 -> ';
const INTERNAL_OLD = 'Internal error in RDB reading function at rdb.c:2108 -> ';

describe('why a server refused', () => {
  test.each<[string, string[], string, string]>([
    [
      'a version that is too new',
      ["Can't handle RDB format version 12"],
      'restore/version-unsupported',
      '12',
    ],
    ['a version below 1', ["Can't handle RDB format version -1"], 'restore/version-unsupported', '-1'],
    [
      'a type of another product (Valkey 9)',
      ["Can't handle foreign type or opcode 30 in RDB with version 12"],
      'restore/version-unsupported',
      'type or opcode 30',
    ],
    [
      'another signature',
      ['Wrong signature trying to load DB from file'],
      'restore/wrong-signature',
      'signature',
    ],
    [
      'another signature, as Valkey 9.1 says it',
      ['Wrong signature trying to load DB from file: REDIS9999'],
      'restore/wrong-signature',
      'signature',
    ],
    [
      'a missing module type',
      [`${INTERNAL}The RDB file contains module data I can't load: no matching module type 'ReJSON-RL'`],
      'restore/module-missing',
      'module type ReJSON-RL',
    ],
    [
      'a missing module with AUX data',
      ["The RDB file contains AUX module data I can't load: no matching module 'graphdata'"],
      'restore/module-missing',
      'module graphdata',
    ],
    [
      'a module that cannot load its own value',
      [
        `${INTERNAL}The RDB file contains module data for the module type 'graphdata', that the responsible module is not able to load. Check for modules log above for additional clues.`,
      ],
      'restore/module-missing',
      'own data',
    ],
    [
      'a function library',
      [
        "Failed loading library, ERR Library 'lib' already exists",
        'Short read or OOM loading DB. Unrecoverable error, aborting now.',
      ],
      'restore/functions-rejected',
      'function library',
    ],
    ['a function', ['Failed creating function, ERR x'], 'restore/functions-rejected', 'function library'],
    [
      'functions of a release candidate',
      [`${INTERNAL}Pre-release function format not supported.`],
      'restore/functions-rejected',
      'function library',
    ],
    [
      'a key that is there twice',
      ["RDB has duplicated key 'k' in DB 0", 'Guru Meditation: Duplicated key found in RDB file #rdb.c:3105'],
      'restore/duplicate-key',
      'twice',
    ],
    [
      'a database beyond the last',
      [
        'FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting',
      ],
      'restore/too-many-databases',
      'beyond the 16',
    ],
    [
      'a checksum',
      ['Wrong RDB checksum expected: (c0ffee) but got (decaf). Aborting now.', `${INTERNAL}RDB CRC error`],
      'restore/checksum-mismatch',
      'checksum',
    ],
    ['a checksum, up to 5', ['Wrong RDB checksum. Aborting now.'], 'restore/checksum-mismatch', 'checksum'],
    [
      'an early end',
      ['Short read or OOM loading DB. Unrecoverable error, aborting now.'],
      'restore/short-read',
      'ends before its end',
    ],
    [
      'an early end, in other words',
      [`${INTERNAL}Unexpected EOF reading RDB file`],
      'restore/short-read',
      'ends',
    ],
    [
      'an early end, in the words of 6.0',
      [`${INTERNAL_OLD}Unexpected EOF reading RDB file`],
      'restore/short-read',
      'ends',
    ],
    [
      'an early end inside a module value',
      [
        "Error loading data from RDB (short read or EOF). Read performed by module 'graph' about type 'graphdata' after reading '12' bytes of a value for key named: 'k'.",
      ],
      'restore/short-read',
      'ends',
    ],
    ['an unknown type', [`${INTERNAL}Unknown RDB encoding type 77`], 'restore/corrupt', 'encoding type 77'],
    [
      'an unknown type, in the words of 6.0',
      [`${INTERNAL_OLD}Unknown RDB encoding type 77`],
      'restore/corrupt',
      'encoding type 77',
    ],
    [
      'a damaged length',
      [`${INTERNAL}Unknown length encoding 3 in rdbLoadLen()`],
      'restore/corrupt',
      'length encoding 3',
    ],
    ['damaged compression', [`${INTERNAL}Invalid LZF compressed string`], 'restore/corrupt', 'LZF'],
    [
      'a damaged listpack',
      [`${INTERNAL}Hash listpack integrity check failed.`],
      'restore/corrupt',
      'Hash listpack integrity',
    ],
    ['a member twice', [`${INTERNAL}Duplicate set members detected`], 'restore/corrupt', 'Duplicate set'],
    ['a score that is no number', [`${INTERNAL}Zset with NAN score detected`], 'restore/corrupt', 'NAN'],
    [
      'a crash',
      [
        '=== REDIS BUG REPORT START: Cut & paste starting from here ===',
        'Redis 7.0.15 crashed by signal: 11',
      ],
      'restore/crashed',
      'crashed',
    ],
    ['a crash of Valkey', ['=== VALKEY BUG REPORT START: Cut & paste'], 'restore/crashed', 'crashed'],
    [
      'a failed assertion',
      ['Guru Meditation: Unknown hash encoding #t_hash.c:12'],
      'restore/crashed',
      'crashed',
    ],
    ['no reason at all, up to 7.0', [], 'restore/refused', 'while loading'],
  ])('%s', (_what, messages, rule, words) => {
    for (const final of [FINAL_UP_TO_7_0, FINAL_FROM_7_2]) {
      const refusal = explainRefusal(logged('Server initialized', ...messages, final));
      expect(refusal?.rule).toBe(rule);
      expect(refusal?.message).toContain(words);
      expect(refusal?.hint).not.toBe('');
    }
  });

  test('lines of the in-process checker, which have no prefix, are understood too', () => {
    const log = [
      ...logged('Server initialized'),
      '[offset 27] Unexpected EOF reading RDB file',
      '[additional info] While doing: read-key',
    ];
    expect(explainRefusal(log)?.rule).toBe('restore/short-read');
  });

  test('words of a program that logs like no server mean nothing', () => {
    expect(explainRefusal(['Unexpected EOF reading RDB file'])).toBeNull();
    expect(explainRefusal(['=== REDIS BUG REPORT START: Cut & paste starting from here ==='])).toBeNull();
  });

  test('a server that somebody stopped has refused nothing', () => {
    const log = logged('Loading RDB produced by version 7.0.15', 'Received SIGTERM scheduling shutdown...');
    expect(explainRefusal(log)).toBeNull();
  });

  test('no body of a Lua script is passed on', () => {
    const log = logged(
      "Internal error in RDB reading offset 0, function at rdb.c:1 -> Can't load Lua script from RDB file! BODY: return SECRET",
    );
    expect(JSON.stringify(explainRefusal(log))).not.toContain('SECRET');
  });

  test('the line that explains best wins, wherever it stands', () => {
    const log = logged(
      'Short read or OOM loading DB. Unrecoverable error, aborting now.',
      `${INTERNAL}Unexpected EOF reading RDB file`,
      "The RDB file contains AUX module data I can't load: no matching module 'graphdata'",
    );
    expect(explainRefusal(log)?.rule).toBe('restore/module-missing');
  });
});

describe('what says nothing about the backup is no refusal', () => {
  test.each([
    [['Fatal error loading the DB: Permission denied. Exiting.']],
    [["Fatal error: can't open the RDB file dump.rdb for reading: Permission denied", FINAL_FROM_7_2]],
    [["Fatal error: can't open the RDB file dump.rdb for reading: No such file or directory"]],
    [['Fatal error loading the DB: Input/output error. Exiting.']],
    [["Fatal error, can't open config file '/etc/redis.conf': No such file or directory"]],
    [['*** FATAL CONFIG FILE ERROR (Redis 6.0.16) ***', 'Bad directive or wrong number of arguments']],
    [["Can't chdir to '/drill': No such file or directory"]],
    [['Failed opening Unix socket: bind: Permission denied']],
    [['Module /m.so failed to load: It does not export RedisModule_OnLoad() symbol.']],
    [['Received SIGTERM scheduling shutdown...', 'Redis is now ready to exit, bye bye...']],
    [['exec: "redis-server": executable file not found in $PATH']],
    [[]],
  ])('%j', messages => {
    expect(explainRefusal(logged(...messages))).toBeNull();
    expect(explainRefusal(messages)).toBeNull();
  });
});

describe('want of memory', () => {
  test.each([
    ['Out Of Memory allocating 1073741824 bytes!'],
    ['Guru Meditation: Redis aborting for OUT OF MEMORY. Allocating 1073741824 bytes! #server.c:6600'],
    ['Guru Meditation: Valkey aborting for OUT OF MEMORY. Allocating 12 bytes! #server.c:6600'],
  ])('%s', message => {
    expect(diedOfWantOfMemory(logged(message))).toBe(true);
  });

  test('is not what every short read claims it might be', () => {
    const log = logged('Short read or OOM loading DB. Unrecoverable error, aborting now.');
    expect(diedOfWantOfMemory(log)).toBe(false);
  });
});

test('a directive that the server does not know is told from other ends', () => {
  expect(
    diedOfUnknownDirective([
      '>>> enable-debug-command "local"',
      'Bad directive or wrong number of arguments',
    ]),
  ).toBe(true);
  expect(diedOfUnknownDirective(logged(FINAL_FROM_7_2))).toBe(false);
});

describe('the evidence of a load', () => {
  const SUCCESS = logged(
    'Server initialized',
    'Loading RDB produced by version 7.0.15',
    'RDB age 42 seconds',
    'RDB memory usage when created 0.98 Mb',
    'Done loading RDB, keys loaded: 120, keys expired: 3.',
    'DB loaded from disk: 0.012 seconds',
    'The server is now ready to accept connections at /drill/redis.sock',
  );

  test('is counted', () => {
    expect(readEvidence(SUCCESS)).toMatchObject({
      keysLoaded: 120,
      keysExpired: 3,
      emptyKeysSkipped: 0,
      loadedFromDisk: true,
      loadMs: 12,
    });
  });

  test('is quoted line by line, without prefix and without lines that prove nothing', () => {
    expect(readEvidence(SUCCESS).lines).toEqual([
      'Loading RDB produced by version 7.0.15',
      'RDB age 42 seconds',
      'RDB memory usage when created 0.98 Mb',
      'Done loading RDB, keys loaded: 120, keys expired: 3.',
      'DB loaded from disk: 0.012 seconds',
      'The server is now ready to accept connections at /drill/redis.sock',
    ]);
  });

  test.each([
    ['Loading RDB produced by Redis version 8.0.2'],
    ['Loading RDB produced by valkey version 7.2.5'],
    ['Loading RDB produced by Valkey version 9.1.0'],
    ['RDB file was saved with checksum disabled: no check performed.'],
    ['Ready to accept connections unix'],
    ['Ready to accept connections tcp'],
  ])('"%s" is part of it', line => {
    expect(readEvidence(logged(line)).lines).toEqual([line]);
  });

  test('skipped empty keys are counted', () => {
    const log = logged('Done loading RDB, keys loaded: 7, keys expired: 0, empty keys skipped: 2.');
    expect(readEvidence(log)).toMatchObject({keysLoaded: 7, emptyKeysSkipped: 2});
  });

  test('a line that Valkey 9.1 makes longer is still understood', () => {
    const log = logged('Done loading RDB, keys loaded: 7, keys expired: 1, all fields expired hashes: 4.');
    expect(readEvidence(log)).toMatchObject({keysLoaded: 7, keysExpired: 1});
  });

  test('of a server before 6.2 has no counts, and is evidence all the same', () => {
    expect(readEvidence(logged('DB loaded from disk: 1.500 seconds'))).toMatchObject({
      keysLoaded: null,
      keysExpired: null,
      loadedFromDisk: true,
      loadMs: 1500,
    });
  });

  test('is absent from a server that is ready without having loaded anything', () => {
    const log = logged('Server initialized', 'Ready to accept connections unix');
    expect(readEvidence(log)).toMatchObject({loadedFromDisk: false, keysLoaded: null});
  });

  test('is absent from a server that loaded an append-only file instead', () => {
    const log = logged(
      'Creating AOF base file appendonly.aof.1.base.rdb on server start',
      'DB loaded from append only file: 0.000 seconds',
      'Ready to accept connections unix',
    );
    expect(readEvidence(log).loadedFromDisk).toBe(false);
  });

  test('is not what a key name pretends to be', () => {
    const log = logged('rdbLoadObject skipping empty key: DB loaded from disk: 0.000 seconds');
    expect(readEvidence(log).loadedFromDisk).toBe(false);
  });
});

describe('no key name leaves the log', () => {
  const NAMES = [
    'secret',
    "it's:secret",
    "se'cret:'quoted'",
    'secret failed error',
    "secret' in DB 0",
    'a "secret" b',
  ];
  const lines = (key: string): string[] => [
    `RDB has duplicated key '${key}' in DB 0`,
    `Internal error in RDB reading offset 0, function at rdb.c:3105 -> RDB has duplicated key '${key}' in DB 0`,
    `rdbLoadObject skipping empty key: ${key}`,
    `Error loading data from RDB (short read or EOF). Read performed by module 'm' about type 't' after reading '1' bytes of a value for key named: '${key}'.`,
    `[additional info] Reading key '${key}'`,
    `Failed loading key '${key}' from the RDB`,
    `Failed loading library, ERR Error compiling function: ${key}`,
    `${INTERNAL}Something nobody foresaw at key ${key}`,
    `${INTERNAL_OLD}Something nobody foresaw at '${key}'`,
    `Error: unable to restore Key: ${key} in the RDB`,
  ];

  test.each(NAMES)('%s', key => {
    for (const line of lines(key)) {
      for (const log of [logged(line), logged(line, FINAL_UP_TO_7_0), [line], [line, FINAL_FROM_7_2]]) {
        const said = [explainRefusal(log)?.message, lastComplaint(log), ...readEvidence(log).lines];
        expect(said.filter(text => /se'?cret/.test(text ?? ''))).toEqual([]);
      }
    }
  });
});

test('the last complaint is the last line that complains, not the last line', () => {
  const log = logged('Warning: one', 'Fatal error: two', 'bye bye');
  expect(lastComplaint(log)).toBe('Fatal error: two');
  expect(lastComplaint(logged('bye bye'))).toBeNull();
});
