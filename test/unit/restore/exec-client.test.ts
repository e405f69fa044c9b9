import {describe, expect, test} from '@jest/globals';
import {connectByExec} from '../../../src/restore/exec-client.ts';

type Answer = {exitCode?: number; stdout?: string; stderr?: string};

/** An image with one CLI in it, that answers every question alike. */
function anImage(program: 'redis-cli' | 'valkey-cli', version: string, answer: Answer = {}) {
  const asked: string[][] = [];
  const exec = async (command: string[]) => {
    asked.push(command);
    const nothing = {exitCode: 0, stdout: '', stderr: ''};
    if (command[0] !== program) {
      return {...nothing, exitCode: 127, stdout: `exec: "${command[0]}": executable file not found in $PATH`};
    }
    if (command[1] === '--version') return {...nothing, stdout: `${program} ${version}\n`};
    // Whether it answers at all is asked first of all.
    if (command.at(-1) === 'INFO') return {...nothing, stdout: 'redis_version:7.0.15\n'};
    return {...nothing, ...answer};
  };
  return {asked, connect: () => connectByExec(exec, '/drill/redis.sock')};
}

const reply = async (stdout: string, version = '7.0.15') =>
  (await anImage('redis-cli', version, {stdout}).connect()).call('ASK', 'something');

describe('from 7.0 on, in JSON', () => {
  test.each([
    ['"OK"\n', 'OK'],
    ['42\n', 42],
    ['null\n', null],
    ['["a",[1,"b"]]\n', ['a', [1, 'b']]],
    ['"# Server\\r\\nredis_version:7.0.15\\r\\n"\n', '# Server\r\nredis_version:7.0.15\r\n'],
    ['"ERR is a value here"\n', 'ERR is a value here'],
  ])('%j is %j', async (stdout, expected) => {
    expect(await reply(stdout)).toEqual(expected);
  });

  test('an error reply throws', async () => {
    await expect(reply('{"error":"ERR unknown command"}\n')).rejects.toThrow('ERR unknown command');
  });

  test('what is no JSON throws, and is not taken for an answer', async () => {
    await expect(reply('Segmentation fault\n')).rejects.toThrow();
    await expect(reply('')).rejects.toThrow();
  });

  test('the question is asked over the socket, as separate arguments', async () => {
    const {asked, connect} = anImage('redis-cli', '7.0.15', {stdout: '[]\n'});
    const client = await connect();
    await client.call('FUNCTION', 'LIST');
    expect(asked.at(-1)).toEqual(['redis-cli', '-s', '/drill/redis.sock', '--json', 'FUNCTION', 'LIST']);
  });
});

test('INFO is text from every version: the CLI never makes JSON of it', async () => {
  const {asked, connect} = anImage('redis-cli', '7.0.15');
  const client = await connect();
  expect(await client.call('INFO')).toBe('redis_version:7.0.15');
  expect(asked.at(-1)).toEqual(['redis-cli', '-s', '/drill/redis.sock', 'INFO']);
});

describe('before 7.0, in plain text', () => {
  test('an answer of many lines is one text', async () => {
    expect(await reply('# Server\r\nredis_version:6.0.16\n\n', '6.0.16')).toBe(
      '# Server\r\nredis_version:6.0.16\n',
    );
  });

  test.each([
    ['ERR unknown command'],
    ['LOADING Redis is loading'],
    ['NOAUTH Authentication required.'],
  ])('%s is an error', async text => {
    await expect(reply(`${text}\n`, '6.0.16')).rejects.toThrow(text);
  });

  test('a digest is no error', async () => {
    expect(await reply(`${'ab'.repeat(20)}\n`, '6.2.6')).toBe('ab'.repeat(20));
  });

  test('no JSON is asked for', async () => {
    const {asked, connect} = anImage('redis-cli', '6.0.16', {stdout: 'PONG\n'});
    const client = await connect();
    await client.call('PING');
    expect(asked.at(-1)).toEqual(['redis-cli', '-s', '/drill/redis.sock', 'PING']);
  });
});

describe('the CLI', () => {
  test('of Valkey is found where there is none of Redis', async () => {
    const {asked, connect} = anImage('valkey-cli', '8.1.3', {stdout: '"PONG"\n'});
    const client = await connect();
    expect(await client.call('PING')).toBe('PONG');
    expect(asked.map(([program]) => program)).toEqual([
      'redis-cli',
      'valkey-cli',
      'valkey-cli',
      'valkey-cli',
    ]);
  });

  test('is looked for once', async () => {
    const {asked, connect} = anImage('redis-cli', '7.0.15', {stdout: '1\n'});
    const client = await connect();
    await client.call('A');
    await client.call('B');
    expect(asked.filter(([, argument]) => argument === '--version')).toHaveLength(1);
  });

  test('that is in none of its forms in the image is said to be missing', async () => {
    const exec = async () => ({exitCode: 126, stdout: '', stderr: 'executable file not found'});
    await expect(connectByExec(exec, '/s')).rejects.toThrow('none of redis-cli, valkey-cli');
  });

  test('that cannot connect yet throws with its own words, so that it is tried again', async () => {
    const exec = async (command: string[]) =>
      command[1] === '--version'
        ? {exitCode: 0, stdout: 'redis-cli 7.0.15', stderr: ''}
        : {
            exitCode: 1,
            stdout: '',
            stderr: 'Could not connect to Redis at /drill/redis.sock: No such file or directory',
          };
    await expect(connectByExec(exec, '/drill/redis.sock')).rejects.toThrow('Could not connect');
  });
});

describe('in a database', () => {
  const asked = async (version: string, ...args: (string | Uint8Array)[]) => {
    const image = anImage('redis-cli', version, {stdout: version.startsWith('6.0') ? 'ab\n' : '["ab"]\n'});
    await (await image.connect()).callIn(3, 'DEBUG', 'DIGEST-VALUE', ...args);
    return image.asked.at(-1)!.slice(3);
  };

  test('a plain key is an argument like any other, for the CLI of 6.0 too', async () => {
    expect(await asked('7.0.15', Buffer.from('drill:canary'))).toEqual([
      '--json',
      '-n',
      '3',
      'DEBUG',
      'DIGEST-VALUE',
      'drill:canary',
    ]);
    expect(await asked('6.0.16', 'drill:canary')).toEqual([
      '-n',
      '3',
      'DEBUG',
      'DIGEST-VALUE',
      'drill:canary',
    ]);
  });

  test('a key of other bytes goes in ASCII, in quotes', async () => {
    expect((await asked('7.0.15', Uint8Array.of(0, 34, 255))).slice(0, 4)).toEqual([
      '--json',
      '-n',
      '3',
      '--quoted-input',
    ]);
    expect((await asked('7.0.15', Uint8Array.of(0, 34, 255))).at(-1)).toBe('"\\x00\\x22\\xff"');
  });
});
