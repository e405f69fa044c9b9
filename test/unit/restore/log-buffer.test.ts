import {expect, test} from '@jest/globals';
import {LogBuffer} from '../../../src/restore/log-buffer.ts';

function filled(...chunks: string[]): string[] {
  const log = new LogBuffer();
  for (const chunk of chunks) log.append(chunk);
  return log.lines();
}

test('chunks become lines wherever they were cut', () => {
  expect(filled('on', 'e\ntwo\nth', 'ree\n')).toEqual(['one', 'two', 'three']);
});

test('a last line without its end is a line', () => {
  expect(filled('one\ntw')).toEqual(['one', 'tw']);
});

test('a carriage return at the end of a line is dropped', () => {
  expect(filled('one\r\ntwo\r\n')).toEqual(['one', 'two']);
});

test('the first lines and the last lines of a long log are kept, in order', () => {
  const log = new LogBuffer();
  for (let n = 0; n < 100_000; n += 1) log.append(`line ${n}\n`);
  const lines = log.lines();
  expect(lines.slice(0, 200)).toEqual(Array.from({length: 200}, (_, n) => `line ${n}`));
  expect(lines.at(-1)).toBe('line 99999');
  expect(lines.length).toBeLessThanOrEqual(2200);
  const numbers = lines.map(line => Number(line.slice(5)));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('a line is cut at 1000 characters, whole or in chunks', () => {
  expect(filled(`${'x'.repeat(5000)}\n`)).toEqual(['x'.repeat(1000)]);
  expect(filled(...Array<string>(50).fill('x'.repeat(100)), '\n')).toEqual(['x'.repeat(1000)]);
});

test('a log that never ends a line does not grow', () => {
  const log = new LogBuffer();
  for (let n = 0; n < 1000; n += 1) log.append('x'.repeat(1000));
  expect(log.lines().join('').length).toBeLessThanOrEqual(1000);
});
