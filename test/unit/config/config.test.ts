import {chmod, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {type Flags, readJob} from '../../../src/config/config.ts';
import {DrillError} from '../../../src/errors.ts';
import {LATEST} from '../../../src/source/select.ts';
import {anExpectations} from '../../builders.ts';

const back = process.cwd();
beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'unit-'));
  await chmod(dir, 0o755);
  process.chdir(dir);
});
afterEach(async () => {
  const dir = process.cwd();
  process.chdir(back);
  await rm(dir, {recursive: true, force: true});
});

const write = (name: string, text: string) => writeFile(name, text);
const config = (...lines: string[]) => write('restore-drill.yml', `${lines.join('\n')}\n`);
const ONE = ['version: 1', 'backups:', '  - name: sessions', '    source: /backups/*.rdb'];

async function problem(flags: Flags): Promise<DrillError> {
  const error = await readJob(flags).then(
    () => null,
    thrown => thrown,
  );
  if (!(error instanceof DrillError)) throw new Error(`no DrillError but ${error}`);
  return error;
}

/** Each problem as it is written: `restore-drill.yml:3: backups.0.name: …`. */
const problems = async (flags: Flags = {}): Promise<string[]> => {
  const {message, exitCode} = await problem(flags);
  expect(exitCode).toBe(2);
  const [first, ...lines] = message.split('\n');
  return lines.length === 0 ? [first!] : lines.map(line => line.trim());
};

describe('the command line alone', () => {
  test('names a backup; everything else has its default', async () => {
    const job = await readJob({backup: 'dump.rdb'});
    expect(job).toMatchObject({
      source: {spec: 'dump.rdb', select: LATEST},
      server: {kind: 'auto', image: 'auto', registry: null, memoryBytes: null},
      expectations: null,
    });
    expect(job.policy.keys).toBeUndefined();
  });

  test('without a backup, and without a config here, is a question of usage', async () => {
    expect(await problem({})).toMatchObject({code: 'usage/invalid', exitCode: 2});
  });

  test('chooses server and image', async () => {
    const job = await readJob({backup: 'dump.rdb', server: 'container', image: 'redis:7.2'});
    expect(job.server).toMatchObject({kind: 'container', image: 'redis:7.2'});
  });

  test('of an unknown server names the flag', async () => {
    const [only] = await problems({backup: 'dump.rdb', server: 'podman'});
    expect(only).toMatch(/^--server: server\.kind: /);
  });

  test.each([
    'redis',
    'redis:7.0',
    'valkey/valkey:8.1-alpine',
    'localhost:5000/team_a/redis__x:v1',
    `Mirror.example/redis:7.0@sha256:${'0a'.repeat(32)}`,
    `sha256:${'0a'.repeat(32)}`,
  ])('of the image %s is taken', async image => {
    expect((await readJob({backup: 'dump.rdb', image})).server.image).toBe(image);
  });

  // At the engine's address these lead to another host, or to other things than images.
  test.each([
    'a//b',
    'https://host/x',
    'a/../../containers/x',
    './x',
    'user:password@host/x',
    'redis:',
    'redis@',
  ])('of the image %s is refused before an engine is asked', async image => {
    expect(await problems({backup: 'dump.rdb', image})).toEqual([
      '--image: server.image: not an image reference',
    ]);
  });

  test.each([
    'mirror.example/',
    'a//b',
    'https://mirror.example',
    '../x',
  ])('of the registry %s is refused', async registry => {
    const set = [`server.registry=${registry}`];
    expect((await problems({backup: 'dump.rdb', set})).join()).toContain('not a registry');
  });

  test('of an image for a local process is a contradiction', async () => {
    const found = await problems({backup: 'dump.rdb', server: 'process', image: 'redis:7.2'});
    expect(found).toEqual(['--image: server.image: a local process has no image']);
  });

  test.each([
    'ftp://example.com/dump.rdb',
    'redis://example.com/0',
  ])('%s is refused before anything starts', async backup => {
    const [only] = await problems({backup});
    expect(only).toMatch(/^command line: source: /);
  });
});

describe('--set', () => {
  test('sets any value, in YAML, and says where it came from', async () => {
    const job = await readJob({
      backup: 'dump.rdb',
      set: [
        'expect.keys.min=1000',
        'expect.keys.max-drop=5%',
        'server.memory=4gb',
        'server.registry=mirror.example',
      ],
    });
    expect(job.policy.keys).toEqual({min: 1000, 'max-drop': {percent: 5}});
    expect(job.server).toMatchObject({memoryBytes: 4 * 1024 ** 3, registry: 'mirror.example'});
    expect(job.policy.originOf(['keys', 'min'])).toBe('--set expect.keys.min');
    expect(job.policy.originOf(['keys', 'max'])).toBe('command line');
  });

  test('may set a whole group at once', async () => {
    const job = await readJob({backup: 'dump.rdb', set: ['expect={keys: {min: 7}, digest: any}']});
    expect(job.policy).toMatchObject({keys: {min: 7}, digest: 'any'});
    expect(job.policy.originOf(['keys', 'min'])).toBe('--set expect');
  });

  test('overrides the file, and its origin is the flag', async () => {
    await config(...ONE, '    expect:', '      keys:', '        min: 5', '        max: 100');
    const job = await readJob({set: ['expect.keys.min=6']});
    expect(job.policy.keys).toEqual({min: 6, max: 100});
    expect(job.policy.originOf(['keys', 'min'])).toBe('--set expect.keys.min');
    expect(job.policy.originOf(['keys', 'max'])).toBe('restore-drill.yml:8');
  });

  test('the last of two for one value wins', async () => {
    const job = await readJob({backup: 'x', set: ['expect.keys.min=1', 'expect.keys.min=2']});
    expect(job.policy.keys).toEqual({min: 2});
  });

  test.each([
    ['expect.keys.min', 'is not KEY=VALUE'],
    ['=5', 'is not KEY=VALUE'],
    ['expect..min=5', 'is not KEY=VALUE'],
    ['expect.keys.min=[1', 'no YAML'],
    ['name.first=x', 'name is a value, not a group'],
    ['expect.keys.mni=5', 'expect.keys.mni: unknown key'],
    ['expects.keys.min=5', 'expects: unknown key'],
    ['__proto__.x=5', 'unknown key'],
    ['expect.keys.min=abc', 'expect.keys.min: '],
    ['expect.keys.min=-1', 'expect.keys.min: '],
    ['expect.keys.min=', 'expect.keys.min: '],
    ['expect.keys.max-drop=5', null],
    ['expect.keys.max-drop=5 percent', 'write a percentage such as 5%'],
    ['server.memory=lots', 'write a size of at least 6mb'],
    ['server.memory=0', 'server.memory: '],
  ])('%s: %p', async (set, words) => {
    if (words === null) {
      expect((await readJob({backup: 'x', set: [set]})).policy.keys).toEqual({'max-drop': {keys: 5}});
      return;
    }
    const [only, ...more] = await problems({backup: 'x', set: [set]});
    expect(more).toEqual([]);
    expect(only).toContain(words);
    expect(only).toMatch(/^--set /);
  });
});

describe('restore-drill.yml', () => {
  test('of one backup needs no argument', async () => {
    await config(...ONE, '    server: {kind: process, memory: 512mb}');
    expect(await readJob({})).toMatchObject({
      source: {spec: '/backups/*.rdb'},
      server: {kind: 'process', memoryBytes: 512 * 1024 ** 2},
    });
  });

  test('of several is drilled one by name', async () => {
    await config(...ONE, '  - name: users', '    source: /users');
    expect(await readJob({backup: 'users'})).toMatchObject({source: {spec: '/users'}});
    const error = await problem({});
    expect(error).toMatchObject({code: 'usage/invalid', exitCode: 2});
    expect(error.hint).toContain('sessions, users');
  });

  test('that merely lies here does not apply to a path', async () => {
    await config(...ONE, '    expect: {keys: {min: 5}}');
    const job = await readJob({backup: 'other.rdb'});
    expect(job.source.spec).toBe('other.rdb');
    expect(job.policy.keys).toBeUndefined();
  });

  test('that is named applies to a path, in the place of its one source', async () => {
    await config(...ONE, '    expect: {keys: {min: 5}}');
    const job = await readJob({backup: 'other.rdb', config: 'restore-drill.yml'});
    expect(job).toMatchObject({source: {spec: 'other.rdb'}, policy: {keys: {min: 5}}});
  });

  test('that is named and has several backups does not say which one a path stands for', async () => {
    await config(...ONE, '  - name: users', '    source: /users');
    expect(await problem({backup: 'x.rdb', config: 'restore-drill.yml'})).toMatchObject({exitCode: 2});
  });

  test('that is named and not there is an error, not a default', async () => {
    expect(await problem({config: 'missing.yml'})).toMatchObject({
      code: 'config/invalid',
      message: 'missing.yml cannot be read (ENOENT)',
    });
  });

  test('says all that is wrong at once, each with its line', async () => {
    await config(
      'version: 2',
      'backup-dir: /x',
      'backups:',
      '  - name: sessions',
      '    server:',
      '      kind: podman',
      '      memory: lots',
      '    expect:',
      '      keyz:',
      '        min: 1',
      '      keys:',
      '        min: many',
      '        max-drop: 5',
      '        max-growth: lots',
      '      databases:',
      '        zero: {keys: {min: 1}}',
    );
    const found = await problems({set: ['expect.digest=maybe', 'nonsense']});
    const places = found.map(text => text.split(': ').slice(0, 2).join(' '));
    expect(places.toSorted()).toEqual(
      [
        'restore-drill.yml:1 version',
        'restore-drill.yml:2 backup-dir',
        'restore-drill.yml:4 source',
        'restore-drill.yml:6 server.kind',
        'restore-drill.yml:7 server.memory',
        'restore-drill.yml:9 expect.keyz',
        'restore-drill.yml:12 expect.keys.min',
        'restore-drill.yml:14 expect.keys.max-growth',
        'restore-drill.yml:16 expect.databases.zero',
        '--set expect.digest expect.digest',
        '--set (not shown) is not KEY=VALUE, for example --set expect.keys.min=1000',
      ].toSorted(),
    );
  });

  test('is checked to its end, not only the backup that is drilled', async () => {
    await config(...ONE, '  - name: users', '    source: /users', '    serber: {}');
    expect(await problems({backup: 'sessions'})).toEqual([
      'restore-drill.yml:7: backups.1.serber: unknown key',
    ]);
  });

  test('may be put right by a flag', async () => {
    await config(...ONE, '    server: {kind: podman}');
    expect(await readJob({server: 'container'})).toMatchObject({server: {kind: 'container'}});
  });

  test('names no backup twice', async () => {
    await config(...ONE, '  - name: sessions', '    source: /users');
    expect(await problems({backup: 'sessions'})).toEqual([
      'restore-drill.yml:5: backups.1.name: another backup is named sessions',
    ]);
  });

  test.each<[string, string[], RegExp]>([
    ['of nothing', [''], /restore-drill\.yml:1: /],
    ['of another kind', ['- a', '- b'], /restore-drill\.yml:1: /],
    ['without backups', ['version: 1'], /restore-drill\.yml:1: backups: /],
    ['with no backup in its list', ['version: 1', 'backups: []'], /restore-drill\.yml:2: backups: /],
    [
      'with a list of names',
      ['version: 1', 'backups:', '  - sessions'],
      /restore-drill\.yml:3: backups\.0: /,
    ],
    ['with a tab for a blank', ['version: 1', '\tbackups: []'], /restore-drill\.yml:2: /],
    ['with a key twice', ['version: 1', 'version: 1'], /restore-drill\.yml:2: .*unique/],
    ['with a bracket left open', ['version: 1', 'backups: [', ''], /restore-drill\.yml:\d: /],
    ['with an alias of nothing', [...ONE, '    server: *none'], /restore-drill\.yml: .*alias/i],
  ])('%s is refused with its place', async (_what, lines, words) => {
    await config(...lines);
    expect((await problems()).join('\n')).toMatch(words);
  });

  test.each([
    ['an ordered map', 'expect: {keys: !!omap [{min: 9999}]}', /expect\.keys: .*expected object/],
    ['a date', 'expect: !!timestamp 2001-01-01', /expect: .*expected object/],
    ['a key twice, as number and text', 'expect: {databases: {0: {}, "0": {}}}', /keys must be unique/],
  ])('in which %s would lose settings without a word is refused, in any version of YAML', async (_, line, said) => {
    for (const version of ['', '%YAML 1.1\n---\n']) {
      await config(`${version}${ONE.join('\n')}`, `    ${line}`);
      expect((await problems()).join('\n')).toMatch(said);
    }
    await rm('restore-drill.yml');
    expect((await problems({backup: 'x', set: ['expect.keys=!!omap [{min: 9999}]']})).join()).toMatch(
      /expected object/,
    );
  });

  test('that would fill the memory with aliases is refused', async () => {
    const levels = ['x0: &x0 [a,a,a,a,a,a,a,a,a,a]'];
    for (let n = 1; n < 9; n += 1)
      levels.push(
        `x${n}: &x${n} [${Array(10)
          .fill(`*x${n - 1}`)
          .join(',')}]`,
      );
    await config('version: 1', ...levels);
    expect((await problems()).join('\n')).toMatch(/alias/i);
  });
});

describe('expectations', () => {
  test('are read and checked', async () => {
    const expectations = anExpectations();
    await write('expected.json', JSON.stringify(expectations));
    expect((await readJob({backup: 'x', expect: 'expected.json'})).expectations).toEqual(expectations);
  });

  test('that are not there are an error, never no expectations', async () => {
    const [only] = await problems({backup: 'x', expect: 'missing.json'});
    expect(only).toMatch(/^--expect: the expectations missing\.json cannot be read \(ENOENT\); record them/);
  });

  test('that the file names have its line', async () => {
    await config(...ONE, '    expect:', '      file: missing.json');
    expect((await problems())[0]).toMatch(/^restore-drill\.yml:6: the expectations missing\.json/);
  });

  test('that are no JSON are an error', async () => {
    await write('expected.json', '{"schemaVersion": 1');
    expect((await problems({backup: 'x', expect: 'expected.json'}))[0]).toContain(
      'expected.json is not JSON',
    );
  });

  test('that were edited into another form say everything that is wrong', async () => {
    const {recordedAt, ...rest} = anExpectations();
    const edited = {...rest, comment: 'me', dataset: {...rest.dataset, functions: -1}};
    await write('expected.json', JSON.stringify(edited));
    const found = await problems({backup: 'x', expect: 'expected.json'});
    expect(found.map(text => text.split(': ').slice(0, 2).join(' ')).toSorted()).toEqual([
      'expected.json comment',
      'expected.json dataset.functions',
      'expected.json recordedAt',
    ]);
  });

  test('whose sums were edited away from their databases are not believed', async () => {
    const edited = anExpectations();
    edited.dataset = {...edited.dataset, keys: edited.dataset.keys + 1};
    await write('expected.json', JSON.stringify(edited));
    const [only] = await problems({backup: 'x', expect: 'expected.json'});
    expect(only).toContain('the sums do not agree with the databases');
  });

  test('that are missing are reported together with what else is wrong', async () => {
    const flags = {
      backup: 'x',
      expect: 'missing.json',
      server: 'process',
      image: 'redis:7.0',
      set: ['nonsense'],
    };
    expect(await problems(flags)).toHaveLength(3);
  });
});
