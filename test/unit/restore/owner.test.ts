import {describe, expect, test} from '@jest/globals';
import {isDead, type Owner, ownerSchema, thisDrill} from '../../../src/restore/owner.ts';

const me = thisDrill();
const another = (overrides: Partial<Owner>): Owner => ({...me, run: 'another', ...overrides});
/** The largest pid that Linux gives out, and a little more. */
const NO_SUCH_PID = 2 ** 22 + 1;

describe('an owner is dead', () => {
  test('when its process is gone', () => {
    expect(isDead(another({pid: NO_SUCH_PID}), me)).toBe(true);
  });

  test('when another process has its pid', () => {
    expect(isDead(another({processStart: '1'}), me)).toBe(true);
  });

  test('when the machine was booted since', () => {
    expect(isDead(another({boot: 'an earlier boot'}), me)).toBe(true);
  });

  test('when its deadline has passed, on whatever boot', () => {
    expect(isDead(another({deadline: Date.now() - 1}), me)).toBe(true);
    expect(isDead(another({boot: '', deadline: Date.now() - 1}), me)).toBe(true);
  });
});

describe('an owner is not provably dead', () => {
  test('while its process runs', () => {
    expect(isDead(another({}), me)).toBe(false);
    expect(isDead(me)).toBe(false);
  });

  test('on another host, whatever its process id or deadline', () => {
    const elsewhere = {host: 'elsewhere', pid: NO_SUCH_PID, deadline: 0, boot: 'another'};
    expect(isDead(another(elsewhere), me)).toBe(false);
  });

  test('in another pid namespace, where its process id means another process', () => {
    const container = {pidNamespace: 'pid:[1]', pid: NO_SUCH_PID};
    expect(isDead(another(container), me)).toBe(false);
    expect(isDead(another({...container, boot: 'an earlier boot'}), me)).toBe(true);
  });

  test('where there is no /proc to ask, before its deadline', () => {
    expect(isDead(another({boot: '', pid: NO_SUCH_PID}), me)).toBe(false);
    expect(isDead(another({pid: NO_SUCH_PID}), {...me, boot: ''})).toBe(false);
  });
});

test('two drills of one process are two runs', () => {
  expect(thisDrill().run).not.toBe(thisDrill().run);
});

test('an owner survives a trip through labels, where everything is text', () => {
  const labels = Object.fromEntries(Object.entries(me).map(([name, value]) => [name, String(value)]));
  expect(ownerSchema.parse(labels)).toEqual(me);
});

test.each([[{}], [{...me, pid: 'none'}], [{...me, host: undefined}]])('%j is no owner', value => {
  expect(ownerSchema.safeParse(value).success).toBe(false);
});
