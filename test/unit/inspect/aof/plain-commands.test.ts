import {describe, expect, test} from '@jest/globals';
import {PlainCommands} from '../../../../src/inspect/aof/plain-commands.ts';
import {command} from '../../../aof-sets.ts';

function pass(text: string, end = text.length) {
  const plain = new PlainCommands();
  const {at, commands} = plain.pass(Buffer.from(text), 0, end);
  return {at, commands, counts: Object.fromEntries(plain.counts.map(({name, count}) => [name, count]))};
}

const SET = command('SeT', 'key', 'value');

describe('the fast lane', () => {
  test('passes whole commands of known names, in whatever case', () => {
    const text = SET + command('PEXPIREAT', 'key', '1') + SET;
    expect(pass(text)).toEqual({at: text.length, commands: 3, counts: {set: 2, pexpireat: 1}});
  });

  test('stops before a command that is not whole, wherever it ends', () => {
    for (let end = SET.length; end < 2 * SET.length; end += 1) {
      expect(pass(SET + SET, end)).toEqual({at: SET.length, commands: 1, counts: {set: 1}});
    }
  });

  test.each([
    ['of an unknown name', command('MY.OWN', 'a')],
    ['that selects a database', command('select', '1')],
    ['that begins a transaction', command('MULTI')],
    ['of one word', command('FLUSHALL')],
    ['with a broken line end', SET.replace('key\r\n', 'key\r\r')],
    ['with a length that is too long', SET.replace('$3\r\nkey', '$4\r\nkey')],
    ['with a number of ten digits', SET.replace('*3', '*1000000000')],
    ['that is none', '#TS:1700000000\r\n'],
  ])('leaves a command %s to the walk', (_, text) => {
    expect(pass(SET + text + SET)).toEqual({at: SET.length, commands: 1, counts: {set: 1}});
  });
});
