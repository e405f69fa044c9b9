import {expect, test} from '@jest/globals';
import {frozenFlags} from '../../../src/restore/frozen.ts';

const DUMP = {kind: 'rdb', path: '/backups/dump.rdb'} as const;
const PLACES = {directory: '/drill-dump', socket: '/drill/redis.sock'};

function flags(options: Partial<Parameters<typeof frozenFlags>[1]> = {}): string {
  return frozenFlags(PLACES, {highestDatabase: 0, debugCommand: true, payload: DUMP, ...options}).join(' ');
}

test.each([
  ['believes itself a replica of a port where nobody can listen', '--replicaof 127.0.0.1 0 '],
  ['listens on no port', '--port 0 '],
  ['rewrites no dump at its end', '--save  --'],
  ['does not prefer an append-only file', '--appendonly no '],
  ['evicts nothing', '--maxmemory 0 '],
  ['checks the checksum, whatever the image’s own configuration says', '--rdbchecksum yes '],
  ['answers DEBUG on its socket', '--enable-debug-command local'],
])('the server %s', (_what, words) => {
  expect(flags()).toContain(words);
});

test('a server that does not know the directive for DEBUG is not given it', () => {
  expect(flags({debugCommand: false})).not.toContain('debug');
});

test.each([
  [0, 1024],
  [1023, 1024],
  [1024, 1025],
  [4_000_000_000, 65_536],
])('for the highest database %i the server has %i', (highestDatabase, databases) => {
  expect(flags({highestDatabase})).toContain(`--databases ${databases} `);
});
