/** The command line's contract: results on stdout, errors with a hint on stderr, exit codes, nothing left behind. */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import {inspectionSchema} from '../../src/inspect/inspection.ts';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, ROOT, SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';
import {complaints, drillContainers, privateDirs, run, start} from './cli.ts';

const dir = scratch();
/** Every drill of this file works here, so that what is left behind is seen. */
const temp = scratch();
const env = {TMPDIR: temp.path, RUNNER_TEMP: ''};
/** A file system without any engine's socket: what is asked for by DOCKER_HOST falls back to the usual places. */
const noEngine = {
  env: {...env, DOCKER_HOST: '', HOME: '/nowhere', XDG_RUNTIME_DIR: '/nowhere'},
  program: ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh'],
};

afterEach(() => expect(privateDirs(temp.path)).toEqual([]));
afterAll(() => {
  dir.dispose();
  temp.dispose();
});

const drillJson = (...args: string[]) => ['drill', ...args, '--report-json', dir.file('report.json')];
const report = () => reportSchema.parse(JSON.parse(readFileSync(dir.file('report.json'), 'utf8')));

describe('exit codes', () => {
  containerTest('0: the sample passes, in a container, and the report fits its schema', async () => {
    const {exitCode, stdout, stderr} = await run(drillJson(SAMPLE, '--expect', SAMPLE_EXPECTATIONS), {env});
    expect({exitCode, said: complaints(stderr)}).toEqual({exitCode: 0, said: ''});
    expect(stdout).toMatch(/^PASSED {2}dump\.rdb restores: redis:7\.0 holds 370 keys in 3 databases/);
    expect(report()).toMatchObject({
      outcome: 'passed',
      server: {kind: 'container', line: 'redis:7.0', via: 'socket'},
    });
    expect(await drillContainers()).toEqual([]);
  });

  test('0: the same as a local process', async () => {
    const {exitCode} = await run(drillJson(SAMPLE, '--expect', SAMPLE_EXPECTATIONS, '--server', 'process'), {
      env,
    });
    expect(exitCode).toBe(0);
    expect(report().server).toMatchObject({
      kind: 'process',
      via: 'socket',
      because: 'asked for by --server process',
    });
  });

  test('0: without an engine `auto` takes the local binary, and says so', async () => {
    const {exitCode} = await run(drillJson(SAMPLE), noEngine);
    expect(exitCode).toBe(0);
    expect(report().server).toMatchObject({
      kind: 'process',
      because: 'no container can be had (there is no container engine here); this binary is on the PATH',
    });
  });

  test.each([
    ['an unknown option', ['drill', SAMPLE, '--frobnicate'], /unknown option/],
    ['an unknown command', ['dril', SAMPLE], /unknown command/],
    ['no backup and no config', ['drill'], /no backup named/],
    ['an unknown kind of server', ['drill', SAMPLE, '--server', 'cloud'], /--server: server\.kind/],
    ['a --set that is no assignment', ['drill', SAMPLE, '--set', 'expect.keys.min'], /KEY=VALUE/],
    [
      'a --set of an unknown key',
      ['drill', SAMPLE, '--set', 'expect.kyes.min=1'],
      /expect\.kyes: unknown key/,
    ],
    [
      'an expectations file that is missing',
      ['drill', SAMPLE, '--expect', '/nowhere/expected.json'],
      /cannot be read \(ENOENT\)/,
    ],
    [
      'a source that this version cannot fetch',
      ['drill', 'ftp://example.com/dump.rdb'],
      /source: .*cannot fetch/,
    ],
    [
      'a config that is missing',
      ['drill', '--config', '/nowhere/restore-drill.yml'],
      /cannot be read \(ENOENT\)/,
    ],
  ])('2: %s', async (_what, args, says) => {
    const {exitCode, stdout, stderr} = await run(args, {env, cwd: dir.path});
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test('2: the report says so too, where an older one lay', async () => {
    writeFileSync(dir.file('report.json'), '{"outcome": "passed"}');
    expect((await run(drillJson(SAMPLE, '--expect', '/nowhere/expected.json'), {env})).exitCode).toBe(2);
    expect(report()).toMatchObject({outcome: 'not-run', error: {code: 'config/invalid'}, backup: null});
  });

  test('2: all problems of a config at once, each with its line, and nothing started', async () => {
    const config = dir.file('broken.yml');
    writeFileSync(
      config,
      'version: 1\nbackups:\n  - name: a\n    source: dump.rdb\n    expect:\n      keys: {min: -1}\n      digset: exact\n',
    );
    const {exitCode, stderr} = await run(['drill', '--config', config], {env});
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/broken\.yml:6: .*min/);
    expect(stderr).toMatch(/broken\.yml:7: .*digset: unknown key/);
  });

  test('2: a form that this version cannot unpack, by its bytes and whatever its name', async () => {
    writeFileSync(dir.file('really-7z.rdb'), Buffer.from('377abcaf271c0004', 'hex'));
    const {exitCode, stdout} = await run(drillJson(dir.file('really-7z.rdb')), {env});
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^NOT RUN {2}.*is a 7z archive/);
    expect(report()).toMatchObject({outcome: 'not-run', error: {code: 'unpack/unsupported-form'}});
  });

  test('3: neither an engine nor a local server', async () => {
    const {exitCode, stdout} = await run(drillJson(SAMPLE), {
      ...noEngine,
      program: [...noEngine.program, 'env', 'PATH=/nowhere'],
    });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      /there is no container engine here; neither redis-server nor valkey-server is on the PATH/,
    );
    expect(report()).toMatchObject({outcome: 'not-run', error: {code: 'server/unavailable'}});
  });

  containerTest('3: an image that cannot be had', async () => {
    const {exitCode} = await run(drillJson(SAMPLE, '--image', 'localhost:1/no/such-image:1'), {env});
    expect(exitCode).toBe(3);
    expect(report().error?.code).toBe('server/unavailable');
  });

  test('3: `auto` finds no server that can read so new a file', async () => {
    const bytes = readFileSync(SAMPLE);
    bytes.write('0099', 5, 'latin1');
    // No checksum: nothing but the version speaks against the file.
    writeFileSync(
      dir.file('future.rdb'),
      Buffer.concat([withoutProducer(bytes).subarray(0, -8), Buffer.alloc(8)]),
    );
    const {exitCode} = await run(drillJson(dir.file('future.rdb'), '--server', 'auto'), noEngine);
    expect(exitCode).toBe(3);
    expect(report()).toMatchObject({outcome: 'not-run', error: {code: 'server/none-new-enough'}});
  });

  test('3: a backup that this user may not read', async () => {
    copyFileSync(SAMPLE, dir.file('private.rdb'));
    chmodSync(dir.file('private.rdb'), 0o600);
    chmodSync(dir.path, 0o755);
    const asNobody =
      process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
    if (asNobody.length === 0) chmodSync(dir.file('private.rdb'), 0o000);
    // The clone may lie where nobody else comes.
    cpSync(join(ROOT, 'dist'), dir.file('dist'), {recursive: true});
    const {exitCode, stdout, stderr} = await run(['drill', dir.file('private.rdb'), '--server', 'process'], {
      env: {...env, TMPDIR: '/tmp'},
      cwd: dir.path,
      program: asNobody,
      cli: dir.file('dist/cli.cjs'),
    });
    expect({exitCode, said: complaints(stderr)}).toEqual({exitCode: 3, said: ''});
    expect(stdout).toMatch(/cannot be read \(EACCES\)/);
  });

  test('4: a damaged backup, with the report of it', async () => {
    writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));
    const {exitCode, stdout} = await run(drillJson(dir.file('cut.rdb'), '--server', 'process'), {env});
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(/^FAILED {2}cut\.rdb: .*truncated/i);
    expect(report()).toMatchObject({outcome: 'failed', inspection: {error: {rule: 'backup/truncated'}}});
  });

  test('4: no backup where one is expected', async () => {
    const {exitCode} = await run(drillJson(dir.file('none.rdb')), {env});
    expect(exitCode).toBe(4);
    expect(report().findings[0]).toMatchObject({rule: 'backup/missing', status: 'fail'});
  });
});

describe('record and drill', () => {
  test('what is recorded passes, is sorted for diffs, and is written whole or not at all', async () => {
    const expected = dir.file('recorded.json');
    expect((await run(['record', SAMPLE, '--expect', expected, '--server', 'process'], {env})).exitCode).toBe(
      0,
    );
    const text = readFileSync(expected, 'utf8');
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(JSON.parse(text)).toSorted());
    expect((await run(['drill', SAMPLE, '--expect', expected, '--server', 'process'], {env})).exitCode).toBe(
      0,
    );

    writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));
    const refused = await run(['record', dir.file('cut.rdb'), '--expect', expected, '--server', 'process'], {
      env,
    });
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(/Nothing was recorded/);
    expect(readFileSync(expected, 'utf8')).toBe(text);
  });
});

describe('outputs', () => {
  test('are never written over the backup, its expectations or its config', async () => {
    const dump = dir.file('precious.rdb');
    copyFileSync(SAMPLE, dump);
    for (const args of [
      ['record', dump, '--expect', dump],
      ['drill', dump, '--report-json', dump],
      ['drill', dump, '--report-json', dump, '--server', 'cloud'],
    ]) {
      expect((await run(args, {env})).exitCode).toBe(2);
      expect(readFileSync(dump).equals(readFileSync(SAMPLE))).toBe(true);
    }
  });

  test('are not written over what a directory, a pattern or a config leads to either', async () => {
    const cwd = dir.file('led');
    mkdirSync(cwd);
    copyFileSync(SAMPLE, join(cwd, 'dump.rdb'));
    copyFileSync(SAMPLE_EXPECTATIONS, join(cwd, 'expected.json'));
    writeFileSync(
      join(cwd, 'restore-drill.yml'),
      'version: 1\nbackups: [{name: a, source: ., server: {kind: process}, expect: {file: expected.json}}]\n',
    );
    const before = readdirSync(cwd).map(name => readFileSync(join(cwd, name), 'latin1'));
    for (const args of [
      ['drill', '.', '--report-json', 'dump.rdb'],
      ['drill', '*.rdb', '--report-json', 'dump.rdb'],
      ['drill', '--report-json', 'expected.json'],
      ['drill', '--report-json', 'restore-drill.yml'],
      ['record', '.', '--expect', 'dump.rdb'],
      ['record', 'a', '--expect', 'restore-drill.yml'],
    ]) {
      const {exitCode, stderr} = await run([...args, '--server', 'process'], {env, cwd});
      expect({args, exitCode, said: stderr.includes('written over')}).toEqual({
        args,
        exitCode: 2,
        said: true,
      });
      expect(readdirSync(cwd).map(name => readFileSync(join(cwd, name), 'latin1'))).toEqual(before);
    }
  });

  test('go into a device, and do not take its place', async () => {
    const {exitCode} = await run(['drill', SAMPLE, '--server', 'process', '--report-json', '/dev/null'], {
      env,
    });
    expect(exitCode).toBe(0);
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('that cannot be written take no verdict away', async () => {
    writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));
    const args = ['--server', 'process', '--report-json', '/nowhere/report.json'];
    const failed = await run(['drill', dir.file('cut.rdb'), ...args], {env});
    expect(failed.exitCode).toBe(4);
    expect(failed.stdout).toMatch(/^FAILED/);
    const passed = await run(['drill', SAMPLE, ...args], {env});
    expect(passed.exitCode).toBe(3);
    expect(passed.stdout).toMatch(/^PASSED/);
  });

  test('that nobody reads any more change no exit code', async () => {
    writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));
    const {child, ended} = start(['drill', dir.file('cut.rdb'), '--server', 'process'], {env});
    child.stdout!.destroy();
    expect((await ended).exitCode).toBe(4);
  });
});

describe('inspect', () => {
  test('--json is the documented object, on a healthy and on a damaged file', async () => {
    const healthy = await run(['inspect', SAMPLE, '--json'], noEngine);
    expect(healthy.exitCode).toBe(0);
    expect(inspectionSchema.parse(JSON.parse(healthy.stdout))).toMatchObject({
      kind: 'rdb',
      rdbVersion: 10,
      producer: {product: 'redis', version: '7.0.15'},
      checksum: 'valid',
      dataset: {keys: 370, expires: 160, functions: 1, databases: {0: {keys: 329, expires: 120}}},
    });
    writeFileSync(dir.file('cut.rdb'), readFileSync(SAMPLE).subarray(0, 20_000));
    const damaged = await run(['inspect', dir.file('cut.rdb'), '--json'], noEngine);
    expect(damaged.exitCode).toBe(4);
    expect(inspectionSchema.parse(JSON.parse(damaged.stdout)).error).toMatchObject({
      rule: 'backup/truncated',
    });
  });
});

describe('demo', () => {
  containerTest('green on the sample, red on the damaged copy, exit 0', async () => {
    const {exitCode, stdout} = await run(['demo'], {env});
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/PASSED[\s\S]*FAILED[\s\S]*backup\/checksum-mismatch/);
  });

  test('works from any directory, without an engine', async () => {
    const {exitCode} = await run(['demo'], {...noEngine, cwd: dir.path});
    expect(exitCode).toBe(0);
  });
});

describe('production data stays inside', () => {
  let live: LiveRedis;
  beforeAll(async () => {
    live = await LiveRedis.start();
    await live.redis.set('customer:secret-name', 'secret-value');
    await live.redis.hset('secret-hash', 'secret-field', 'secret-value');
    await live.saveTo(dir.file('secret.rdb'));
  });
  afterAll(() => live[Symbol.asyncDispose]());

  test('no key, field or value in any output: healthy, damaged, duplicated', async () => {
    const bytes = readFileSync(dir.file('secret.rdb'));
    const key = bytes.indexOf('customer:secret-name') - 2;
    const entry = bytes.subarray(key, key + 2 + 20 + 1 + 12);
    const variants = {
      healthy: bytes,
      cut: bytes.subarray(0, key + 10),
      'same key twice': Buffer.concat([
        bytes.subarray(0, key),
        entry,
        bytes.subarray(key, -8),
        Buffer.alloc(8),
      ]),
    };
    for (const [name, content] of Object.entries(variants)) {
      writeFileSync(dir.file('variant.rdb'), content);
      const {stdout, stderr, exitCode} = await run(
        drillJson(dir.file('variant.rdb'), '--server', 'process'),
        {env},
      );
      expect({name, exitCode}).toEqual({name, exitCode: name === 'healthy' ? 0 : 4});
      if (name === 'same key twice') expect(stdout).toMatch(/restore\/duplicate-key/);
      expect(stdout + stderr + readFileSync(dir.file('report.json'), 'utf8')).not.toMatch(
        /secret-(name|value|field|hash)/,
      );
    }
  });
});

test('--version is that of package.json', async () => {
  const {version} = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {version: string};
  expect((await run(['--version'])).stdout.trim()).toBe(version);
});

/** The AUX fields `redis-ver` would send `auto` to an image of that very line. */
function withoutProducer(bytes: Buffer): Buffer {
  const at = bytes.indexOf('redis-ver');
  const copy = Buffer.from(bytes);
  copy.write('other-ver', at, 'latin1');
  return copy;
}
