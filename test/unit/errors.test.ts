import {describe, expect, test} from '@jest/globals';
import {
  DRILL_CODES,
  DrillError,
  EXIT,
  errorExitCode,
  throwIfAborted,
  toDrillError,
  unlessAborted,
} from '../../src/errors.ts';

test('no error ends with the exit code of a drill that passed or failed', () => {
  for (const code of DRILL_CODES) expect([EXIT.passed, EXIT.failed]).not.toContain(errorExitCode(code));
});

test('bugs are 1, usage is 2, what could not be held is 3, cancelled is 130', () => {
  expect(EXIT).toEqual({passed: 0, bug: 1, usage: 2, notHeld: 3, failed: 4, cancelled: 130});
  expect(errorExitCode('bug/internal')).toBe(1);
  expect(errorExitCode('config/invalid')).toBe(2);
  expect(errorExitCode('capacity/memory')).toBe(3);
  expect(errorExitCode('cancelled')).toBe(130);
});

describe('whatever is thrown becomes an error with a code and a hint', () => {
  const system = (code: string) => Object.assign(new Error(`${code}: no`), {code});

  test('our own stays as it is', () => {
    const error = new DrillError('usage/invalid', 'no', {hint: 'Do.'});
    expect(toDrillError(error)).toBe(error);
  });

  test.each([
    ['ENOSPC', 'capacity/disk'],
    ['EDQUOT', 'capacity/disk'],
    ['EROFS', 'capacity/disk'],
    ['ABORT_ERR', 'cancelled'],
    ['EPIPE', 'bug/internal'],
  ])('%s is %s', (code, expected) => {
    expect(toDrillError(system(code)).code).toBe(expected);
  });

  test.each([
    [new TypeError('x is not a function')],
    ['a text'],
    [null],
    [undefined],
    [7],
  ])('%p is our bug, with its cause', thrown => {
    const error = toDrillError(thrown);
    expect(error).toMatchObject({code: 'bug/internal', exitCode: 1, cause: thrown});
    expect(error.hint).not.toBe('');
  });
});

test('a signal that was not given stops nothing', () => {
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
  expect(() => throwIfAborted(AbortSignal.abort())).toThrow('cancelled');
});

test('work that nobody waits for any more fails unheard', async () => {
  // An unhandled rejection would end the process, and this test with it.
  const failing = Promise.reject(new Error('the connection is closed'));
  await expect(unlessAborted(failing, AbortSignal.abort())).rejects.toMatchObject({code: 'cancelled'});
  await new Promise(resolve => setImmediate(resolve));
});
