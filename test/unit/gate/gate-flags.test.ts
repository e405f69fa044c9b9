import {writeFileSync} from 'node:fs';
import {chdir, cwd} from 'node:process';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {flagsOf, type GateFlags, readGateJob} from '../../../src/gate/gate-flags.ts';
import {parseWantedServer} from '../../../src/gate/wanted-server.ts';
import {scratch} from '../../drills.ts';

const before = cwd();
let dir: ReturnType<typeof scratch>;
beforeEach(() => {
  dir = scratch();
  chdir(dir.path);
});
afterEach(() => {
  chdir(before);
  dir.dispose();
});

const CONFIG = `version: 1
history: records
backups:
  - {name: sessions, source: a.rdb}
  - {name: orders, source: b.rdb, history: {at: others}}
`;
const job = (flags: GateFlags, env: Record<string, string> = {}) => readGateJob(flags, name => env[name]);
const OWN = {GITHUB_REPOSITORY: 'acme/shop'};

test('flags become demands', async () => {
  const flags = {
    history: 'records',
    maxAge: '26h',
    maxBackupAge: '2d',
    require: 'a, b',
    server: ['redis:8.0'],
  };
  expect(await job(flags)).toEqual({
    maxAgeMs: 26 * 3_600_000,
    maxBackupAgeMs: 2 * 86_400_000,
    servers: [{name: 'redis:8.0', product: 'redis', version: ['8', '0']}],
    depth: 'full',
    trust: null,
    required: {names: ['a', 'b'], by: '--require'},
    histories: [{at: 'records'}],
  });
});

test('inputs are flags, with lists on lines or with commas', async () => {
  const inputs = {
    history: 'records',
    config: '',
    'max-age': '26h',
    server: 'redis:8.0, redis:7.4\n\nredis:8.0\n',
  };
  const {servers} = await job(flagsOf(inputs));
  expect(servers.map(({name}) => name)).toEqual(['redis:8.0', 'redis:7.4']);
});

test('every problem is told at once', async () => {
  const flags = {server: ['redis'], depth: 'deep', maxBackupAge: 'soon', require: ' , ', branch: 'main'};
  const problems = (await job(flags).catch(error => error)).problems as {origin: string}[];
  expect(problems.map(({origin}) => origin).toSorted()).toEqual([
    '--branch',
    '--depth',
    '--history',
    '--max-age',
    '--max-backup-age',
    '--require',
    '--server',
  ]);
});

describe('the workflow that is trusted', () => {
  test('is of this repository and its main branch, and its runs are read', async () => {
    const {trust, histories} = await job({workflow: '.github/workflows/nightly.yml', maxAge: '1d'}, OWN);
    expect(trust).toEqual({repository: 'acme/shop', workflow: 'nightly.yml', branch: 'main'});
    expect(histories).toEqual([]);
  });

  test.each([
    [{workflow: 'nightly'}, '--workflow'],
    [{workflow: '../x y.yml'}, '--workflow'],
    [{workflow: 'n.yml', repository: 'acme'}, '--repository'],
    [{workflow: 'n.yml', repository: 'acme/shop/../other'}, '--repository'],
    [{workflow: 'n.yml', branch: 'a b'}, '--branch'],
  ])('%j is refused', async (flags, origin) => {
    await expect(job({...flags, maxAge: '1d'}, OWN)).rejects.toMatchObject({problems: [{origin}]});
  });
});

describe('what is required', () => {
  test('is what the config here lists, and its histories are read', async () => {
    writeFileSync('restore-drill.yml', CONFIG);
    expect(await job({maxAge: '1d'})).toMatchObject({
      required: {names: ['sessions', 'orders'], by: 'restore-drill.yml'},
      histories: [{at: 'records'}, {at: 'others'}],
    });
  });

  test('lies in a bucket that is reached as the config says, also where a flag names the place', async () => {
    const endpoint = 'https://minio.example';
    const history = {at: 's3://drills/records', endpoint, region: 'eu-1'};
    writeFileSync(
      'restore-drill.yml',
      JSON.stringify({version: 1, history, backups: [{name: 'a'}, {name: 'b'}]}),
    );
    const access = {endpoint, region: 'eu-1'};
    expect((await job({maxAge: '1d'})).histories).toEqual([{at: 's3://drills/records', access}]);
    const flags = {maxAge: '1d', history: 's3://drills/others', require: 'a'};
    expect((await job(flags)).histories).toEqual([{at: 's3://drills/others', access}]);
    const strange = {...flags, untrusted: 'this run is for a pull request from a fork'};
    expect((await job(strange)).histories).toEqual([{at: 's3://drills/others'}]);
    writeFileSync(
      'restore-drill.yml',
      JSON.stringify({version: 1, history: {at: ''}, backups: [{name: 'a'}]}),
    );
    await expect(job({maxAge: '1d'})).rejects.toMatchObject({code: 'config/invalid'});
  });

  test('is what a flag names, whatever the config lists', async () => {
    writeFileSync('restore-drill.yml', CONFIG);
    expect((await job({maxAge: '1d', require: 'orders'})).required).toEqual({
      names: ['orders'],
      by: '--require',
    });
  });

  test('is not known yet where there is neither', async () => {
    expect((await job({maxAge: '1d', history: 'records'})).required).toBeNull();
  });

  test('is not taken from a config that a stranger may have written', async () => {
    writeFileSync('restore-drill.yml', CONFIG);
    const strange = {maxAge: '1d', untrusted: 'this run is for a pull request from a fork'};
    await expect(job(strange)).rejects.toMatchObject({code: 'config/untrusted'});
    await expect(job({...strange, history: 'records'})).rejects.toMatchObject({code: 'config/untrusted'});
    const named = {...strange, history: 'records', require: 'sessions'};
    expect((await job(named)).required).toEqual({names: ['sessions'], by: '--require'});
  });

  test.each([
    ['no YAML', 'backups: [', /restore-drill.yml/],
    ['no backups', 'version: 1\n', /backups/],
    ['a backup without a name', 'backups: [{source: x}]\n', /name/],
  ])('a config with %s is refused', async (_what, text, says) => {
    writeFileSync('restore-drill.yml', text);
    await expect(job({maxAge: '1d'})).rejects.toThrow(says);
  });

  test('a config that is named and not there is refused', async () => {
    await expect(job({maxAge: '1d', config: 'other.yml'})).rejects.toThrow(/other.yml cannot be read/);
  });
});

test.each([
  'redis:8.0',
  'redis:8',
  'redis:7.2.4-bookworm',
  'valkey/valkey:9.1',
  'mirror.example:5000/a/redis:8.0',
])('%s names a server', text => expect(parseWantedServer(text)).toMatchObject({name: text}));
test.each([
  'redis',
  'redis:latest',
  '8.0',
  'memcached:1.6',
  'redis:8.0.1.2',
  'redis-stack:7.2',
  'xredis:8',
])('%s names none', text => expect(parseWantedServer(text)).toBeNull());
