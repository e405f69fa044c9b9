import {describe, expect, test} from '@jest/globals';
import {infoNumber, parseInfo, parseKeyspace, serverIdentity} from '../../../src/redis/info.ts';

const info = (...lines: string[]) => parseInfo(lines.join('\r\n'));

describe('fields', () => {
  test('are split at the first colon; headings and blank lines are no fields', () => {
    const fields = info('# Server', 'redis_version:7.0.15', '', 'executable:/usr/bin/redis:server', '# a:b');
    expect([...fields]).toEqual([
      ['redis_version', '7.0.15'],
      ['executable', '/usr/bin/redis:server'],
    ]);
  });

  test('may end in a newline alone', () => {
    expect(parseInfo('loading:0\nasync_loading:0\n').get('loading')).toBe('0');
  });
});

describe('numbers', () => {
  test('are read', () => {
    expect(infoNumber(info('loading:0', 'perc:12.50'), 'loading')).toBe(0);
    expect(infoNumber(info('loading:0', 'perc:12.50'), 'perc')).toBe(12.5);
  });

  test('that this server does not have are null, not 0', () => {
    expect(infoNumber(info('loading:0'), 'rdb_last_load_keys_loaded')).toBeNull();
  });

  test.each([['keys:'], ['keys:many'], ['keys:1e999']])('%s is no number', line => {
    expect(() => infoNumber(info(line), 'keys')).toThrow('not a number');
  });
});

describe('keyspace', () => {
  test('is read by database number', () => {
    const fields = info(
      '# Keyspace',
      'db0:keys=120,expires=3,avg_ttl=0',
      'db1023:keys=1,expires=0,avg_ttl=0,subexpiry=0',
    );
    expect(parseKeyspace(fields)).toEqual({'0': {keys: 120, expires: 3}, '1023': {keys: 1, expires: 0}});
  });

  test('of an empty server is empty', () => {
    expect(parseKeyspace(info('# Keyspace', 'db_size:3', 'dbx:1'))).toEqual({});
  });

  test('in another form is refused, not taken for empty', () => {
    expect(() => parseKeyspace(info('db0:120'))).toThrow('unknown form');
  });
});

describe('who the server is', () => {
  test('Redis', () => {
    expect(serverIdentity(info('redis_version:7.0.15'))).toEqual({
      line: {product: 'redis', major: 7, minor: 0},
      version: '7.0.15',
    });
  });

  test('Valkey, which also gives a Redis version for compatibility', () => {
    const fields = info('redis_version:7.2.4', 'server_name:valkey', 'valkey_version:8.1.3');
    expect(serverIdentity(fields)).toMatchObject({line: {product: 'valkey', major: 8, minor: 1}});
  });

  test('Redict, likewise', () => {
    const fields = info('redis_version:7.2.4', 'redict_version:7.3.2');
    expect(serverIdentity(fields)).toMatchObject({line: {product: 'redict', major: 7, minor: 3}});
  });

  test('nobody, when it does not say', () => {
    expect(() => serverIdentity(info('loading:0'))).toThrow('names no version');
  });
});
