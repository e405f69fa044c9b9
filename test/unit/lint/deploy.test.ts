/** What cannot be foretold of a deploy, and what still can where a template decides a part. Servers: test/contract/deploys.test.ts. */
import {describe, expect, test} from '@jest/globals';
import {deployChanges, keysKept, predictDeploy} from '../../../src/lint/deploy.ts';
import {findInText} from '../../../src/lint/homes/find.ts';
import {readingOf} from '../../../src/lint/lint.ts';
import {loadsDumpOf} from '../../../src/lint/readable.ts';
import type {Target} from '../../../src/lint/setting.ts';

const COMMON = 'tcp-keepalive 300\nlazyfree-lazy-expire no\n';
const AOF = 'appendonly yes';
const RDB = 'save 60 1\nappendonly no';

const targetOf = (name: string): Target => {
  const [product, line] = name.split(':') as [Target['product'], string];
  return {product, line};
};

async function reading(text: string, server: string | null = 'redis:7.0') {
  const {configurations} = await findInText(COMMON + text, 'redis.conf', '/nowhere');
  const target = server === null ? null : targetOf(server);
  return readingOf(configurations[0]!, {maxLoss: null, writeRate: null, target});
}

async function foretold(
  base: string,
  head: string,
  servers: [string | null, string | null] = ['redis:7.0', 'redis:7.0'],
) {
  return predictDeploy(await reading(base, servers[0]), await reading(head, servers[1]), 'in order');
}

describe('not known here', () => {
  test.each([
    ['a template turns the AOF on', RDB, 'appendonly {{ .Values.aof }}', 'appendonly is not known here'],
    [
      'a template decides the save points',
      'appendonly no\nsave {{ .Values.save }}',
      RDB,
      'save is not known here',
    ],
    [
      'a template gives another directory',
      `${RDB}\ndir /data`,
      `${RDB}\ndir \${DATA}`,
      'dir is not known here',
    ],
    [
      'further settings may come from elsewhere',
      `{{ include "more" . }}`,
      RDB,
      'appendonly is not known here',
    ],
    ['a replica', RDB, `${RDB}\nreplicaof db 6379`, "a replica's keys are its primary's"],
    ['no longer a replica', `${RDB}\nreplicaof db 6379`, RDB, "a replica's keys are its primary's"],
    [
      'a module is gone',
      `${RDB}\nloadmodule /m.so`,
      RDB,
      'a module is no longer loaded, whose data may be refused',
    ],
    [
      'keys may be evicted',
      RDB,
      `${RDB}\nmaxmemory 1gb\nmaxmemory-policy allkeys-lru`,
      'keys may be evicted as soon as they are loaded',
    ],
    [
      'less room before eviction',
      `${RDB}\nmaxmemory 2gb\nmaxmemory-policy allkeys-lru`,
      `${RDB}\nmaxmemory 1gb\nmaxmemory-policy allkeys-lru`,
      'keys may be evicted as soon as they are loaded',
    ],
    ['it did not start before', `${RDB}\nmaxmemory much`, RDB, 'it did not start before'],
    [
      'commands were renamed before',
      `${AOF}\nrename-command SET put`,
      AOF,
      'SET is in the append-only file, and no longer called so',
    ],
  ])('%s', async (_, base, head, because) => {
    expect(await foretold(base, head)).toEqual({kept: null, because});
  });

  test('of versions that may stand on both sides', async () => {
    const because = 'redis 7 may not load a dump of redis 7.2';
    expect(await foretold(RDB, RDB, ['redis:7.2', 'redis:7'])).toEqual({kept: null, because});
    expect((await foretold(RDB, RDB, [null, 'redis:7.0'])).kept).toBeNull();
  });

  test('of a server that tries whatever it is given', async () => {
    const head = `${RDB}\nrdb-version-check relaxed`;
    expect((await foretold(RDB, head, ['redis:8.0', 'valkey:9.1'])).kept).toBeNull();
    expect((await foretold(RDB, RDB, ['redis:8.0', 'valkey:9.1'])).kept).toBe('refused');
  });
});

describe('known all the same', () => {
  test.each([
    [
      'the same template on both sides',
      `${RDB}\ndir {{ .Values.dir }}`,
      `${RDB}\ndir {{ .Values.dir }}`,
      'all',
    ],
    [
      'as many databases as the same template says',
      `${RDB}\ndatabases {{ n }}`,
      `${RDB}\ndatabases {{ n }}`,
      'all',
    ],
    ['a template that nobody asks', `${AOF}\nsave {{ .Values.save }}`, AOF, 'all'],
    [
      'a directory moved, the limit by a template on both sides',
      `${AOF}\ndir /a\nmaxmemory {{ m }}\nmaxmemory-policy allkeys-lru`,
      `${AOF}\ndir /b\nmaxmemory {{ m }}\nmaxmemory-policy allkeys-lru`,
      'none',
    ],
    [
      'more room before eviction',
      `${RDB}\nmaxmemory 1gb\nmaxmemory-policy allkeys-lru`,
      `${RDB}\nmaxmemory 2gb\nmaxmemory-policy allkeys-lru`,
      'all',
    ],
    ['a module that stays', `${RDB}\nloadmodule /m.so`, `${RDB}\nloadmodule /m.so\nrdbchecksum no`, 'all'],
    ['renamed on both sides', `${AOF}\nrename-command SET put`, `${AOF}\nrename-command SET put`, 'all'],
  ])('%s', async (_, base, head, kept) => {
    expect((await foretold(base, head)).kept).toBe(kept);
  });

  test('what CONFIG GET said, as far as it was kept', async () => {
    const live = async (text: string) => {
      const {configurations} = await findInText(`appendfsync\neverysec\n${text}`, 'live.txt', '/nowhere');
      return readingOf(configurations[0]!, {maxLoss: null, writeRate: null, target: null});
    };
    const [rdb, aof] = ['save\n60 1\nappendonly\nno\n', 'save\n60 1\nappendonly\nyes\n'];
    const left = async (base: string, head: string) =>
      predictDeploy(await live(base), await live(head), 'in order');
    expect((await left(aof, rdb)).kept).toBe('all');
    expect((await left(rdb, aof)).kept).toBe('none');
    expect(await left(aof, `${aof}dir\n/data\n`)).toEqual({kept: null, because: 'dir is not known here'});
    const unsaved = 'appendonly\nno\n';
    expect(await left(unsaved, unsaved)).toEqual({kept: null, because: 'save is not known here'});
  });

  test('the version of neither side', async () => {
    expect((await foretold(RDB, AOF, [null, null])).kept).toBe('none');
    expect((await foretold(RDB, RDB, [null, null])).kept).toBe('all');
  });

  test('a major version that is newer, whichever it is', async () => {
    expect((await foretold(RDB, RDB, ['redis:6', 'redis:7'])).kept).toBe('all');
    expect((await foretold(RDB, RDB, ['redis:7', 'redis:6'])).kept).toBe('refused');
  });
});

test('how many keys that are', () => {
  const keys = {saved: 10, since: 6};
  const because = '';
  expect(keysKept({kept: 'all', because}, keys)).toBe(16);
  expect(keysKept({kept: 'saved', because}, keys)).toBe(10);
  expect(keysKept({kept: 'none', because}, keys)).toBe(0);
  expect(keysKept({kept: 'refused', because}, keys)).toBeNull();
  expect(keysKept({kept: null, because}, keys)).toBeNull();
});

test('against a restart without the change: what is less is worse, what is the same is nothing', async () => {
  const changes = async (base: string, head: string) =>
    deployChanges(await reading(base), await reading(head)).map(
      ({stop, before, after, worse}) => `${stop}: ${before.kept} to ${after.kept}${worse ? ', worse' : ''}`,
    );
  expect(await changes(AOF, RDB)).toEqual(['killed: all to saved, worse']);
  expect(await changes(RDB, AOF)).toEqual(['in order: all to none, worse', 'killed: saved to none, worse']);
  expect(await changes(AOF, `${AOF}\ndatabases 1`)).toEqual([
    'in order: all to all, worse',
    'killed: all to all, worse',
  ]);
  expect(await changes(RDB, 'save ""')).toEqual([]);
  expect(await changes(RDB, `${RDB}\nreplicaof db 6379`)).toEqual([]);
});

test('dumps between versions: no older one is refused, and of unknown ones nothing is said', () => {
  const loads = (base: string, head: string) => loadsDumpOf(targetOf(base), targetOf(head));
  expect(loads('redis:5.0', 'redis:9.0')).toBe(true);
  expect(loads('redis:9.0', 'redis:8.0')).toBeNull();
  expect(loads('redis:8', 'redis:7')).toBeNull();
  expect(loads('redis:7', 'valkey:8.1')).toBeNull();
  expect(loads('valkey:8', 'redis:8')).toBe(true);
  expect(loads('valkey:9', 'redis:8')).toBe(false);
  expect(loadsDumpOf(null, null)).toBe(true);
});
