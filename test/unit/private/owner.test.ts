import {describe, expect, test} from '@jest/globals';
import {
  directoryPrefix,
  isDead,
  isDeadByName,
  type Owner,
  ownerSchema,
  thisDrill,
} from '../../../src/private/owner.ts';

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

test('an owner in a container on the same machine is dead when its deadline has passed, not before', () => {
  const container = {host: 'a1b2c3d4e5f6', pidNamespace: 'pid:[1]', pid: NO_SUCH_PID};
  expect(isDead(another(container), me)).toBe(false);
  expect(isDead(another({...container, deadline: Date.now() - 1}), me)).toBe(true);
});

describe('the name of a directory tells whether its owner is dead', () => {
  const named = (overrides: Partial<Owner>, now = me) =>
    isDeadByName(`${directoryPrefix(another(overrides))}abcdef`, now);

  test('its process is gone, or another has its pid, or the machine was booted since', () => {
    expect(named({pid: NO_SUCH_PID})).toBe(true);
    expect(named({processStart: '1'})).toBe(true);
    expect(named({boot: 'an earlier boot'})).toBe(true);
  });

  test('nothing is proved while it runs, of another host or pid namespace, or without /proc', () => {
    expect(named({})).toBe(false);
    expect(named({host: 'elsewhere', pid: NO_SUCH_PID, boot: 'another'})).toBe(false);
    expect(named({pidNamespace: 'pid:[1]', pid: NO_SUCH_PID})).toBe(false);
    expect(named({boot: '', processStart: '', pid: NO_SUCH_PID})).toBe(false);
    expect(named({pid: NO_SUCH_PID}, {...me, boot: ''})).toBe(false);
  });

  test('nothing is proved by another name', () => {
    expect(isDeadByName('restore-drill-demo-abcdef')).toBe(false);
  });

  test('it is short enough for the path of a socket in the temporary directories of runners', () => {
    const longest = {...me, pid: 2 ** 22, processStart: String(2 ** 32)};
    const path = `/home/ubuntu/actions-runner/_work/_temp/${directoryPrefix(longest)}abcdef/redis.sock`;
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
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
