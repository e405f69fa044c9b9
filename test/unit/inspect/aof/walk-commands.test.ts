import {describe, expect, test} from '@jest/globals';
import {walkCommands} from '../../../../src/inspect/aof/walk-commands.ts';
import {silent} from '../../../../src/progress.ts';
import {command} from '../../../aof-sets.ts';

const walk = (text: string | Buffer, from = 0) => {
  const bytes = Buffer.from(text);
  const source = {
    sizeBytes: bytes.length,
    read: (into: Uint8Array, offset: number) => bytes.copy(into, 0, offset),
  };
  return walkCommands(source, from, {phase: silent.phase('', 0)});
};

const SELECT = command('SELECT', '0');
const SET = command('SET', 'key', 'value');

describe('commands', () => {
  test('are counted by kind, in whatever case a client wrote them, and without a key', async () => {
    const walked = await walk(SELECT + SET + command('set', 'secret', 'x') + command('My.Own', 'secret'));
    expect(walked).toMatchObject({commands: 4, end: {kind: 'whole'}});
    expect(Object.fromEntries(walked.kinds)).toEqual({select: 1, set: 2, other: 1});
  });

  test('tell the highest database', async () => {
    const walked = await walk(
      command('SELECT', '3') + SET + command('select', '12') + command('SELECT', '1'),
    );
    expect(walked.highestDatabase).toBe(12);
  });

  test('tell transactions and times', async () => {
    const body = command('MULTI') + SET + command('EXEC');
    const walked = await walk(`#TS:1700000000\r\n${SELECT}#a remark\r\n${body}#TS:1700000009\r\n${SET}`);
    expect(walked).toMatchObject({transactions: 1, firstSecond: 1_700_000_000, lastSecond: 1_700_000_009});
    expect(walked.end).toEqual({kind: 'whole'});
  });

  test('begin where the dump before them ends', async () => {
    expect(await walk(`REDIS0010 and more${SET}`, 18)).toMatchObject({commands: 1, end: {kind: 'whole'}});
  });

  test('of strings longer than any window are passed over', async () => {
    const walked = await walk(SELECT + command('SET', 'big', 'x'.repeat(3_000_000)) + SET);
    expect(walked).toMatchObject({commands: 3, end: {kind: 'whole'}});
  });

  test('none at all are whole', async () => {
    expect(await walk('')).toMatchObject({commands: 0, end: {kind: 'whole'}});
  });
});

describe('an end', () => {
  test('is cut wherever a file of whole commands is cut, and whole only between two', async () => {
    const whole = new Set([0, SELECT.length, (SELECT + SET).length]);
    const text = SELECT + SET;
    for (let length = 0; length <= text.length; length += 1) {
      const {end} = await walk(text.slice(0, length));
      const at = length < SELECT.length ? 0 : SELECT.length;
      const cut = {kind: 'cut', offset: at, within: 'command'};
      expect({length, end}).toEqual({length, end: whole.has(length) ? {kind: 'whole'} : cut});
    }
  });

  test('in a transaction is before it', async () => {
    const {end} = await walk(SELECT + command('MULTI') + SET);
    expect(end).toEqual({kind: 'cut', offset: SELECT.length, within: 'transaction'});
    const inside = await walk((SELECT + command('multi') + SET).slice(0, -3));
    expect(inside.end).toEqual({kind: 'cut', offset: SELECT.length, within: 'transaction'});
  });

  test('in an annotation is before it', async () => {
    expect((await walk(`${SELECT}#TS:17`)).end).toMatchObject({kind: 'cut', offset: SELECT.length});
  });
});

describe('damage is told with its byte, and nothing of what is there', () => {
  const at = SELECT.length;
  test.each([
    ['garbage', 'garbage', at, /something else instead of '\*'/],
    ['zeros', '\0\0\0\0', at, /a zero byte instead of '\*'/],
    ['a line end', '\r\n', at, /a line end instead of '\*'/],
    ['no string where one is due', '*1\r\nSET\r\n', at + 4, /instead of '\$'/],
    ['a negative count', '*-1\r\n', at, /impossible number/],
    ['a count of zero', '*0\r\n', at, /impossible number/],
    ['a count beyond all bounds', '*99999999999999999999\r\n', at, /impossible number/],
    ['a length that is none', '*1\r\n$x\r\n', at + 4, /impossible number/],
    ['line ends without a carriage return', '*1\n$3\nSET\n', at + 2, /no line end/],
    ['doubled carriage returns', '*1\r\r\n', at + 2, /text mode/],
    ['a string longer than its length', '*1\r\n$2\r\nSET\r\n', at + 10, /no line end/],
    ['an annotation without an end', `#${'x'.repeat(2000)}`, at, /without an end/],
    [
      'MULTI in a transaction',
      command('MULTI') + command('MULTI'),
      at + command('MULTI').length,
      /EXEC should be/,
    ],
    [
      'a single word in a transaction',
      command('MULTI') + command('EXEB'),
      at + command('MULTI').length,
      /EXEC/,
    ],
  ])('%s', async (_, text, offset, says) => {
    const {end} = await walk(SELECT + text);
    expect(end).toMatchObject({kind: 'damaged', offset});
    expect((end as {message: string}).message).toMatch(says);
  });

  test('a length that reaches beyond the end, with commands behind it, is no cut', async () => {
    const {end} = await walk(SELECT + SET.replace('$5', '$500') + SET + SET);
    expect(end).toMatchObject({kind: 'damaged', message: expect.stringMatching(/further commands/)});
  });
});
