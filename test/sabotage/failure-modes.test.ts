/**
 * Every way in which backups are known to break, by the numbers of the catalogue that this project was designed with, and
 * the tests that break one like that. A test that goes away, or gets another title, is missed here.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {ROOT} from '../servers.ts';
import {readSyntax} from '../syntax.ts';

type Row = {
  what: string;
  /** File below test/, and titles in it. */
  tests?: Record<string, string[]>;
  /** Why there is none, or not for all of it. */
  later?: string;
};

const RUINED = 'sabotage/ruined-backups';
const REFUSED = 'sabotage/refused-dumps';
const PACKED = 'sabotage/packed-backups';
const HEALTHY = 'sabotage/healthy-backups';
const AOF = 'sabotage/aof-ruined';
const PRODUCTION = 'sabotage/production';
const PRODUCTION_AOF = 'sabotage/production-aof';
const CHECKERS = 'sabotage/checkers';
const LOADING = 'unit/restore/loading';

const ROWS: Record<string, Row> = {
  '1': {
    what: 'not an RDB at all: compressed, encrypted, an error page, zeros, the other product’s magic',
    tests: {
      [RUINED]: ['%s instead of a dump', 'nothing but zero bytes', 'an HTML error page'],
      [PACKED]: ['an HTML error page in gzip'],
      [REFUSED]: ['of Valkey 9, for a Redis'],
    },
  },
  '2': {
    what: 'newer than the server',
    tests: {
      [RUINED]: ['an RDB newer than the server that was asked for'],
      [REFUSED]: ['of Valkey 9, for an older Valkey'],
    },
  },
  '2b': {
    what: 'a type of the other product',
    tests: {[REFUSED]: ['of Redis 8, for Valkey 9, with a type that only Redis has']},
  },
  '3': {
    what: 'cut short',
    tests: {
      [RUINED]: ['cut at any of 60 places, from the first byte to the last but one'],
      'sabotage/random-damage': ['a plain dump'],
      [PACKED]: ['a ruined dump in a whole archive'],
    },
  },
  '4': {
    what: 'the checksum is of other bytes',
    tests: {[RUINED]: ['checksum wrong', 'one flipped bit, at 80 places spread over the file']},
  },
  '4b': {
    what: 'saved without a checksum',
    tests: {[HEALTHY]: ['a dump without a checksum: green, with a warning that integrity is unproven']},
  },
  '5': {
    what: 'values that are broken though the checksum fits',
    tests: {
      [REFUSED]: [
        'LZF that refers back behind its start',
        'a listpack that says another length',
        'a set with one member twice',
        'a string in an unknown encoding',
        'a value of an unknown type',
        'a score that is no number',
        'the same key twice',
        'a value that the server loads and crashes on when it is read',
      ],
    },
  },
  '6': {
    what: 'a module is missing',
    tests: {
      [REFUSED]: [
        'values of a module that the server lacks: the server ends with 0',
        'data beside the keys of a module that the server lacks',
      ],
      'sabotage/modules': ['a dump, though the server ends with 0 of its checker'],
      [PRODUCTION]: ['loads a module that the image does not have, or includes what cannot be had'],
    },
  },
  '7': {
    what: 'too few databases',
    tests: {
      [REFUSED]: ['a database beyond those that any drill’s server has'],
      [PRODUCTION]: ['has too few databases'],
      [HEALTHY]: ['a key in database 1023 and a dump that needs more databases than Redis has by default'],
    },
  },
  '8': {
    what: 'functions that do not load',
    tests: {
      [REFUSED]: ['that is no Lua', 'as release candidates of 7.0 wrote it'],
      [RUINED]: ['a function library is gone'],
    },
  },
  '9': {
    what: 'no permission to read it',
    tests: {
      'e2e/cli': ['3: a backup that this user may not read'],
      'e2e/container': ['reads a dump that only root may read, without ever running as root'],
    },
  },
  '10': {
    what: 'no dump: the server starts empty, without a word',
    tests: {
      [RUINED]: ['the file is missing', 'a glob that matches nothing'],
      [LOADING]: ['is silent and empty, however ready'],
      [PRODUCTION]: ['gives the dump a name under which no file can lie'],
    },
  },
  '11': {
    what: 'the dump is ignored because the AOF is on',
    tests: {
      [PRODUCTION]: ['turns the AOF on: the dump is passed over, and the server comes up empty'],
      [AOF]: ['that is ignored by servers is told, with how they differ'],
    },
  },
  '12': {
    what: 'garbage in an AOF',
    tests: {[AOF]: ['were overwritten in the middle', 'have a length that swallows those behind it']},
  },
  '13': {
    what: 'an AOF that is cut, and a server that minds',
    tests: {
      [AOF]: [
        'that costs more than 64 kB is no honest cut',
        'end in zeros that were reserved and never written',
      ],
      [PRODUCTION_AOF]: ['refuses a tail that was cut, as the frozen restore does not'],
    },
  },
  '14': {
    what: 'an AOF that is cut, and a server that drops its tail',
    tests: {
      [AOF]: [
        'in the last command: a warning with the bytes that it costs, and the rest restores',
        'in a transaction: all of it is lost, as on a server',
      ],
    },
  },
  '14b': {
    what: 'a corrupt tail that Redis 8.4 cuts off by itself',
    tests: {[AOF]: ['end in zeros that were reserved and never written']},
    later: 'the lint of redis.conf will name aof-load-corrupt-tail-max-size',
  },
  '15': {
    what: 'an AOF that is cut in the middle of its files',
    tests: {[AOF]: ['are cut in a file that is not the last']},
  },
  '16': {
    what: 'the manifest names a file that is not there',
    tests: {[AOF]: ['names a base that is not there', 'names an incremental file that is not there']},
  },
  '17': {
    what: 'a manifest that no server accepts',
    tests: {
      [AOF]: [
        'is empty',
        'was cut in a line',
        'lists the base twice',
        'lists a number that does not rise',
        'names an unknown type',
        'names a path',
        'has a line that is too long',
      ],
    },
  },
  '18': {
    what: 'AOF files of zero bytes',
    tests: {[AOF]: ['every part has zero bytes', 'a single file has zero bytes']},
  },
  '19': {
    what: 'the manifest was not backed up',
    tests: {[AOF]: ['the manifest is missing', 'only the incremental file was copied']},
  },
  '20': {what: 'commands that the server does not know', tests: {[AOF]: ['are unknown to the server']}},
  '21': {
    what: 'the base of an AOF is broken',
    tests: {[AOF]: ['was cut', 'has a flipped bit', 'is newer than the server that was asked for']},
  },
  '22': {
    what: 'keys that expired between backup and drill are no loss',
    tests: {
      [HEALTHY]: [
        'a backup whose every key has expired since, drilled against what was recorded before',
        'the sample against its expectations: most keys with an expiry, some long past',
      ],
      [RUINED]: ['one key fewer than recorded'],
      [PRODUCTION]: ['has keys that have expired since: that is today’s view, and no loss'],
    },
  },
  '23': {
    what: 'keys are evicted right after the load',
    tests: {
      [PRODUCTION]: [
        'allows less memory than the dataset takes, and evicts: keys are gone right after the load',
        'allows less memory than the dataset takes, and evicts nothing: writes are refused',
      ],
    },
  },
  '24': {
    what: 'killed for want of memory',
    tests: {
      'e2e/container': [
        'too little memory, as it turns out: not-run with capacity/memory, never a verdict on the backup',
      ],
    },
  },
  '25': {
    what: 'a cluster’s node',
    tests: {[PRODUCTION]: ['makes it a node of a cluster, where only database 0 may hold keys']},
    later: 'slots of the shards of a cluster are drilled together in a later version',
  },
  '26': {
    what: 'still loading',
    tests: {
      [LOADING]: ['is waited for while it loads, and its progress is passed on'],
    },
  },
  '27': {
    what: 'files that no dump holds: users, configuration, nodes',
    tests: {[PRODUCTION]: ['names the dump otherwise, or files that are not beside it']},
  },
  '28': {
    what: 'what DUMP gives is no dump',
    tests: {[REFUSED]: ['what DUMP gives for one key, or what a script piped into a file']},
  },
  '29': {
    what: 'a source that does not save',
    later: 'a live server is judged by `health`, in a later version',
  },
};

/** Found by loading real files in servers, after the catalogue was numbered. */
const FOUND_SINCE: Record<string, Row> = {
  'A failed load can exit with status 0': {
    what: 'only evidence of a load counts',
    tests: {
      [REFUSED]: ['values of a module that the server lacks: the server ends with 0'],
      [LOADING]: ['is silent and empty, even where INFO counts loaded keys'],
    },
  },
  'Ready line with only a unix socket': {
    what: 'readiness is asked for, not read',
    tests: {
      'contract/throwaway': [
        'loads the dump with its time frozen, takes no write, and is gone when it is let go',
      ],
    },
  },
  'Loading alters the files it loads': {
    what: 'a backup is the same before and after',
    tests: {
      [REFUSED]: ['the backup is the same before and after, whether it passes or fails: bytes, time, mode'],
    },
  },
  'A replica of an address where something answers': {
    what: 'a frozen server follows nobody',
    tests: {'unit/restore/frozen': ['believes itself a replica of a port where nobody can listen']},
  },
  'Trailing bytes after the checksum': {
    what: 'neither server nor checker notices',
    tests: {[RUINED]: ['bytes after the end, as redis-cli --rdb leaves them over a longer file']},
  },
  '`redis-check-rdb` misses': {
    what: 'checkers are evidence, never the verdict',
    tests: {[CHECKERS]: ['of damage that a server loads over, the checker says that nothing is wrong']},
  },
  'CRLF damage': {
    what: 'sent as text',
    tests: {
      [AOF]: ['went through a transfer in text mode', 'lost their carriage returns'],
      'sabotage/sabotage-command': ['a dump against its expectations'],
    },
  },
  'Valkey 9.1 drops expired hash fields': {
    what: 'expired fields are held against the server that leaves them out',
    tests: {
      'contract/digest': ['fields that have expired and fields that will (skipped: no field expiries here)'],
    },
  },
};

const known = new Map<string, Set<string>>();
/** Strings of a test file: its titles are among them. */
function titles(file: string): Set<string> {
  if (!known.has(file)) known.set(file, new Set(readSyntax(join(ROOT, 'test', `${file}.test.ts`)).strings));
  return known.get(file)!;
}

test.each(Object.entries({...ROWS, ...FOUND_SINCE}))('row %s has its tests', (_number, {
  tests = {},
  later,
}) => {
  const wanted = Object.entries(tests).flatMap(([file, names]) => names.map(name => ({file, name})));
  expect(wanted.filter(({file, name}) => !titles(file).has(name))).toEqual([]);
  expect(wanted.length > 0 || later !== undefined).toBe(true);
});

const CATALOGUE = join(ROOT, '..', 'shared', 'failure-modes.md');
(existsSync(CATALOGUE) ? test : test.skip)(
  'no row of the catalogue is left out (skipped: it lies beside the corpus, which is absent)',
  () => {
    const text = readFileSync(CATALOGUE, 'utf8');
    const numbers = [...text.matchAll(/^\| (\d+b?) \|/gm)].map(([, number]) => number!);
    expect(numbers.toSorted()).toEqual(Object.keys(ROWS).toSorted());
    const found = text
      .split('## Found since')[1]!
      .split('\n')
      .filter(line => line.startsWith('- '));
    const bare = (line: string): string => line.replaceAll('**', '').slice(2);
    const names = Object.keys(FOUND_SINCE);
    expect(found.map(bare).filter(line => !names.some(name => line.startsWith(name)))).toEqual([]);
    expect(names).toHaveLength(found.length);
  },
);
