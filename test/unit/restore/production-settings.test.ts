/** What of a user's redis.conf reaches the throwaway server, and what never leaves the file. */
import {describe, expect, test} from '@jest/globals';
import {parseConf} from '../../../src/redis/conf.ts';
import {
  productionSettings,
  settingOf,
  without,
  writtenOut,
} from '../../../src/restore/production-settings.ts';

const PLACES = {dir: '/drill/production', socket: '/drill/redis.sock'};

function settingsOf(...lines: string[]) {
  const {directives} = parseConf(lines.join('\n'), 'redis.conf');
  return productionSettings({path: 'redis.conf', directives, problems: [], notFollowed: [], files: []});
}
const written = (...lines: string[]) => writtenOut(settingsOf(...lines), PLACES).split('\n');

test('what decides over the data is kept as it is, in its order', () => {
  const lines = [
    'maxmemory 100mb',
    'maxmemory-policy allkeys-lru',
    'databases 4',
    'appendonly yes',
    'appenddirname aof',
    'dbfilename "my dump.rdb"',
    'loadmodule /opt/m.so arg',
    'cluster-enabled no',
    'hash-max-listpack-entries 5',
    'something-new 1',
  ];
  expect(written(...lines).slice(0, lines.length)).toEqual([
    'maxmemory "100mb"',
    'maxmemory-policy "allkeys-lru"',
    'databases "4"',
    'appendonly "yes"',
    'appenddirname "aof"',
    'dbfilename "my dump.rdb"',
    'loadmodule "/opt/m.so" "arg"',
    'cluster-enabled "no"',
    'hash-max-listpack-entries "5"',
    'something-new "1"',
  ]);
  expect(settingsOf(...lines).changed).toEqual([]);
});

describe('taken out', () => {
  test.each([
    'port 6379',
    'BIND 0.0.0.0',
    'tls-port 6380',
    'tls-key-file-pass SECRET',
    'unixsocket /run/r.sock',
    'rdma-port 1',
    'cluster-announce-ip 10.0.0.1',
    'replicaof 10.0.0.1 6379',
    'slaveof 10.0.0.1 6379',
    'masterauth SECRET',
    'primaryuser SECRET',
    'requirepass SECRET',
    'user alice on >SECRET',
    'aclfile /etc/redis/users.acl',
    'daemonize yes',
    'supervised systemd',
    'pidfile /run/r.pid',
    'logfile /var/log/r.log',
    'loglevel warning',
    'syslog-ident r',
    'save 900 1',
    'dir /data',
    'oom-score-adj yes',
    'server_cpulist 0-7',
    'rename-command INFO SECRET',
  ])('%s', line => {
    const {kept, changed} = settingsOf('hz 10', line);
    expect(kept.map(({name}) => name)).toEqual(['hz']);
    expect(changed).toEqual([
      expect.objectContaining({directive: line.split(' ')[0]!.toLowerCase(), origin: 'redis.conf:2'}),
    ]);
    const text = written('hz 10', line).join('\n');
    expect(text + JSON.stringify(changed)).not.toContain('SECRET');
    expect(text).not.toMatch(/10\.0\.0\.1|6379|\/var\/log|\/run\//);
  });
});

test('the drill has the last word on where it runs', () => {
  const lines = written('dir /data', 'save 1 1', 'daemonize yes');
  expect(lines).toEqual(
    expect.arrayContaining([
      'dir "/drill/production"',
      'save ""',
      'daemonize "no"',
      'port "0"',
      'logfile ""',
    ]),
  );
});

test('a node of a cluster gets a port on its loopback', () => {
  const lines = written('cluster-enabled yes', 'port 7000', 'cluster-config-file /x/nodes-7000.conf');
  expect(lines).toEqual(
    expect.arrayContaining(['port "6379"', 'bind "127.0.0.1"', 'cluster-config-file "nodes.conf"']),
  );
  expect(lines).not.toContain('port "0"');
});

test('a line that is left out is told by its place', () => {
  const settings = settingsOf('hz 10', 'hunter2 x', 'hz 20');
  const {kept, changed} = without(settings, [settings.kept[1]!], '(not shown)', 'the server refuses it');
  expect(kept).toHaveLength(2);
  expect(changed).toEqual([
    {directive: '(not shown)', origin: 'redis.conf:2', because: 'the server refuses it'},
  ]);
  expect(settingOf(kept, 'hz')).toEqual({value: '20', origin: 'redis.conf:3'});
});
