import {describe, expect, test} from '@jest/globals';
import {takeCensus} from '../../../src/census/take-census.ts';
import type {Reply, ServerClient} from '../../../src/redis/client.ts';

const HEX = 'ab'.repeat(20);

type Answers = Record<string, Reply | Error>;

function aClient(answers: Answers): ServerClient & {asked: string[]} {
  const asked: string[] = [];
  return {
    asked,
    call: async (...command) => {
      asked.push(command.join(' '));
      const answer = answers[command.join(' ')];
      if (answer === undefined) throw new Error(`ERR unknown command '${command[0]}'`);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    callIn: () => Promise.reject(new Error('not asked')),
    close: () => {},
  };
}

const INFO = [
  '# Server',
  'redis_version:7.0.15',
  'used_memory:1048576',
  'evicted_keys:0',
  '# Keyspace',
  'db0:keys=120,expires=3,avg_ttl=0',
  'db9:keys=1,expires=1,avg_ttl=0',
].join('\r\n');

const SEVEN: Answers = {
  INFO,
  'FUNCTION LIST': [
    ['library_name', 'a'],
    ['library_name', 'b'],
  ],
  'DEBUG DIGEST': HEX,
};

const problem = (answers: Answers) =>
  takeCensus(aClient(answers)).then(
    () => undefined,
    error => error.code,
  );

test('keys, expiries, functions and digest are as the server counts them', async () => {
  const before = Date.now();
  const {digestAtMs, ...census} = await takeCensus(aClient(SEVEN));
  expect(digestAtMs).toBeGreaterThanOrEqual(before);
  expect(digestAtMs).toBeLessThanOrEqual(Date.now());
  expect(census).toEqual({
    keys: 121,
    expires: 4,
    databases: {'0': {keys: 120, expires: 3}, '9': {keys: 1, expires: 1}},
    functions: 2,
    digest: {algorithm: 'redis-debug-digest', dialect: '7.0', hex: HEX},
    usedMemoryBytes: 1_048_576,
    evictedKeys: 0,
  });
});

test('a server before 7.0 is not asked for functions, which is not the same as having none', async () => {
  const client = aClient({...SEVEN, INFO: INFO.replace('7.0.15', '6.2.6')});
  expect((await takeCensus(client)).functions).toBeNull();
  expect(client.asked).not.toContain('FUNCTION LIST');
});

test('only questions are asked', async () => {
  const client = aClient(SEVEN);
  await takeCensus(client);
  expect(client.asked).toEqual(['INFO', 'FUNCTION LIST', 'DEBUG DIGEST']);
});

test('a quick census does not ask for the digest, which reads every key, and says so', async () => {
  const client = aClient(SEVEN);
  expect(await takeCensus(client, 'quick')).toMatchObject({
    keys: 121,
    digest: null,
    digestBecause: 'depth quick',
  });
  expect(client.asked).toEqual(['INFO', 'FUNCTION LIST']);
});

describe('a server that does not allow DEBUG', () => {
  test.each([
    ['ERR DEBUG command not allowed. If the enable-debug-command option is set to "local"'],
    ["ERR unknown command 'DEBUG'"],
    ["NOPERM this user has no permissions to run the 'debug' command"],
  ])('gives no digest, and the census says why: %s', async message => {
    expect(await takeCensus(aClient({...SEVEN, 'DEBUG DIGEST': new Error(message)}))).toMatchObject({
      digest: null,
      digestBecause: 'the server does not allow DEBUG',
    });
  });
});

describe('a server that does not answer gives no census', () => {
  test.each(['INFO', 'FUNCTION LIST', 'DEBUG DIGEST'])('%s', async command => {
    expect(await problem({...SEVEN, [command]: new Error('Connection is closed.')})).toBe(
      'server/unreachable',
    );
  });

  test.each<[string, Answers]>([
    ['a digest that is none', {'DEBUG DIGEST': 'OK'}],
    ['functions that are no list', {'FUNCTION LIST': 'none'}],
  ])('%s', async (_what, answer) => {
    expect(await problem({...SEVEN, ...answer})).toBe('server/unreachable');
  });
});
