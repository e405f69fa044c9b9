/** Where Actions run: in a job container, with a remote engine, without one, with one that goes away. The drill comes out right or says why not. */
import {chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {GenericContainer, Wait} from 'testcontainers';
import {reportSchema} from '../../src/report/drill-report.ts';
import {startServer} from '../../src/restore/start-server.ts';
import {scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, execTest, imageOf, ROOT, SAMPLE, SAMPLE_EXPECTATIONS, servers} from '../servers.ts';
import {apart, drillContainers, privateDirs, run, start} from './cli.ts';
import {DEFAULT_SOCKET, lineToEngine} from './engines.ts';

const needsExec = await execTest();
const asRoot = process.getuid!() === 0 ? test : test.skip;
const dir = scratch();
const HERE = dir.file('here');
/** As the runner's own temporary directory, which it mounts into job containers at another path. */
const temp = scratch();
const env = {RUNNER_TEMP: temp.path, DOCKER_HOST: ''};
const image = ['--image', servers.engine ? imageOf('redis:7.0') : ''];
const big = dir.file('big.rdb');

beforeAll(async () => {
  chmodSync(dir.path, 0o755);
  await using live = await LiveRedis.start(['--rdbcompression', 'no']);
  // A second or two of loading: time for an engine to go away.
  await live.redis.call('DEBUG', 'POPULATE', '1500000', 'user', '20');
  await live.saveTo(big);
});
afterAll(() => {
  dir.dispose();
  temp.dispose();
});

const reportIn = (path: string) => reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
const leftBehind = async () => ({
  containers: (await drillContainers()).length,
  directories: privateDirs(temp.path),
});
const NOTHING = {containers: 0, directories: []};

describe('in a job container', () => {
  needsExec('the drill passes through exec, leaves nothing, and harms no drill of the machine', async () => {
    const header = {magic: 'REDIS', rdbVersion: 10, producer: null, highestDatabase: 15} as const;
    const options = {
      kind: 'container',
      image: imageOf('redis:7.0'),
      registry: null,
      memoryBytes: null,
    } as const;
    // A drill of the machine, in the same temporary directory: to the job container its process does not exist.
    await using living = await startServer({kind: 'rdb', path: SAMPLE}, header, options, {
      ...testDeps,
      tempDir: temp.path,
    });
    const theirs = privateDirs(temp.path);
    const args = ['drill', '/backup/dump.rdb', ...image, '--report-json', '/__w/_temp/report.json'];
    const {exitCode, output} = await inJobContainer(args);
    expect({exitCode, output}).toMatchObject({exitCode: 0, output: expect.stringMatching(/^PASSED/)});
    expect(reportIn(`${temp.path}/report.json`).server).toMatchObject({kind: 'container', via: 'exec'});
    expect(privateDirs(temp.path)).toEqual(theirs);
    expect(await living.ended()).toBeNull();
    expect(await living.client.call('DBSIZE')).toBe(329);
  });

  containerTest('without the engine’s socket it is not held, and the reason says what to mount', async () => {
    const {exitCode, output} = await inJobContainer(['drill', '/backup/dump.rdb', '--server', 'container'], {
      socket: false,
    });
    expect({exitCode, output}).toMatchObject({
      exitCode: 3,
      output: expect.stringMatching(
        /there is no container engine here\n.*In a job container mount the socket/,
      ),
    });
  });
});

/** The program inside a container, with the mounts that the runner makes: only the root file system is another's. */
async function inJobContainer(
  args: string[],
  {socket = true} = {},
): Promise<{exitCode: number; output: string}> {
  const backup = dir.file('backup');
  mkdirSync(backup, {recursive: true});
  copyFileSync(SAMPLE, `${backup}/dump.rdb`);
  const mounts: {source: string; target: string; mode: 'ro' | 'rw'}[] = [
    {source: ROOT, target: '/__w/repo', mode: 'ro'},
    {source: dirname(process.execPath), target: '/__e/node/bin', mode: 'ro'},
    {source: temp.path, target: '/__w/_temp', mode: 'rw'},
    {source: backup, target: '/backup', mode: 'ro'},
    ...(socket ? [{source: DEFAULT_SOCKET, target: DEFAULT_SOCKET, mode: 'rw'} as const] : []),
  ];
  let output = '';
  const done = /^exit code (\d+)$/m;
  const program = ['/__e/node/bin/node', '-e', JOB, '/__w/repo/dist/cli.cjs', ...args];
  await using _container = await new GenericContainer(imageOf('redis:7.0'))
    .withNetworkMode('none')
    .withAutoCleanup(false)
    .withUser('0:0')
    .withEnvironment({RUNNER_TEMP: '/__w/_temp', HOME: '/github/home', NO_COLOR: '1', PATH: '/__e/node/bin'})
    .withBindMounts(mounts)
    .withEntrypoint(program)
    .withCommand([])
    .withLogConsumer(stream => stream.on('data', chunk => (output += chunk)))
    .withWaitStrategy(Wait.forLogMessage(done))
    .start();
  for (let tries = 0; tries < 100 && !done.test(output); tries += 1) await sleep(20);
  return {exitCode: Number(done.exec(output)?.[1]), output};
}

/** Runs the program as the container's runner does, and says how it ended. */
const JOB = `
const {status} = require('node:child_process').spawnSync(process.execPath, process.argv.slice(1), {stdio: ['ignore', 1, 1]});
console.log('exit code ' + status);
`;

describe('with a remote engine, which sees none of our files', () => {
  needsExec('the drill passes through exec, over tcp', async () => {
    await using line = await lineToEngine();
    const json = dir.file('remote.json');
    const args = ['drill', `${HERE}/dump.rdb`, '--expect', SAMPLE_EXPECTATIONS, '--report-json', json];
    const ran = await run(args, {
      env: {...env, RUNNER_TEMP: HERE, DOCKER_HOST: line.host},
      program: apart(SAMPLE, HERE),
    });
    expect({exitCode: ran.exitCode, out: ran.stdout.slice(0, 6)}).toEqual({exitCode: 0, out: 'PASSED'});
    expect(reportIn(json).server).toMatchObject({kind: 'container', via: 'exec'});
    expect(await leftBehind()).toEqual(NOTHING);
  });
});

describe('without an engine', () => {
  test('DOCKER_HOST names one that is not there: it is named, and no other is used', async () => {
    for (const host of ['unix:///nowhere/docker.sock', 'tcp://127.0.0.1:1']) {
      const ran = await run(['drill', SAMPLE, '--server', 'container'], {env: {...env, DOCKER_HOST: host}});
      expect(ran.exitCode).toBe(3);
      expect(ran.stdout).toContain(`DOCKER_HOST is ${host}, and no engine answers there`);
    }
  });

  asRoot('its socket is not for this user: the group is named (skipped: needs root)', async () => {
    const user = ['setpriv', '--reuid=54321', '--regid=54321', '--clear-groups'];
    const ran = await run(['drill', SAMPLE, '--server', 'container'], {
      env: {...env, RUNNER_TEMP: '/tmp', HOME: '/nowhere', XDG_RUNTIME_DIR: ''},
      program: [...closedSocket(), ...user],
    });
    expect({exitCode: ran.exitCode, stdout: ran.stdout}).toMatchObject({
      exitCode: 3,
      stdout: expect.stringMatching(
        /this user may not use .*docker\.sock\n.*HINT: Add the user to the group docker/,
      ),
    });
  });
});

/** A socket where the engine's is, for root alone, and nobody behind it: whatever this machine has there. */
function closedSocket(): string[] {
  const make = `require('node:net').createServer().listen('/var/run/docker.sock', () => process.kill(process.pid, 'SIGKILL'))`;
  const script =
    'mount -t tmpfs tmpfs /var/run && { "$0" -e "$1"; chmod 600 /var/run/docker.sock; shift; exec "$@"; }';
  return ['unshare', '--mount', 'sh', '-c', script, process.execPath, make];
}

describe('an engine that goes away', () => {
  /** While it loads: the container is there, and what it holds is not yet known. */
  const loading = async () => {
    for (let tries = 0; tries < 1000; tries += 1) {
      if ((await drillContainers()).some(({State}) => State === 'running')) return;
      await sleep(20);
    }
    throw new Error('no drill container came up');
  };
  /** What such an engine still holds is taken away by the next drill that it is there for. */
  const afterwards = async () => {
    expect((await run(['drill', SAMPLE, ...image], {env})).exitCode).toBe(0);
    expect(await leftBehind()).toEqual(NOTHING);
  };

  for (const via of ['socket', 'exec'] as const) {
    const it = via === 'exec' ? needsExec : containerTest;
    it(`in the middle of a drill through ${via}: not-run, without delay`, async () => {
      await using line = await lineToEngine();
      const where = {env: {...env, DOCKER_HOST: line.host}};
      const json = dir.file(`${via}.json`);
      const {ended} =
        via === 'socket'
          ? start(['drill', big, ...image, '--report-json', json], where)
          : start(['drill', `${HERE}/dump.rdb`, ...image, '--report-json', json], {
              env: {...where.env, RUNNER_TEMP: HERE},
              program: apart(big, HERE),
            });
      await loading();
      line.cut();
      const cutAt = Date.now();
      const {exitCode, stdout} = await ended;
      expect({exitCode, stdout}).toMatchObject({exitCode: 3, stdout: expect.stringMatching(/^NOT RUN/)});
      expect(reportIn(json).error?.code).toBe('server/unreachable');
      expect(Date.now() - cutAt).toBeLessThan(20_000);
      await afterwards();
    });
  }

  containerTest('that hangs: SIGINT ends the drill within 7 s all the same', async () => {
    await using line = await lineToEngine();
    const {child, ended} = start(['drill', big, ...image], {env: {...env, DOCKER_HOST: line.host}});
    await loading();
    line.freeze();
    const sentAt = Date.now();
    child.kill('SIGINT');
    expect((await ended).exitCode).toBe(130);
    expect(Date.now() - sentAt).toBeLessThan(7000);
    await afterwards();
  });
});

test('nothing of all this is left in the temporary directory', () => {
  expect(readdirSync(temp.path).filter(name => name.startsWith('restore-drill'))).toEqual([]);
});
