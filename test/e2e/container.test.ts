/** Drills in containers, seen from outside: how the server is locked in, how a drill is ended, what stays behind. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, execTest, imageOf, SAMPLE, SAMPLE_EXPECTATIONS, servers} from '../servers.ts';
import {apart, docker, drillContainers, privateDirs, run, start} from './cli.ts';

const needsExec = await execTest();
const dir = scratch();
const HERE = dir.file('here');
const temp = scratch();
const env = {TMPDIR: temp.path, RUNNER_TEMP: ''};
const big = dir.file('big.rdb');
const image = ['--image', servers.engine ? imageOf('redis:7.0') : ''];

beforeAll(async () => {
  await using live = await LiveRedis.start(['--rdbcompression', 'no']);
  // Some seconds of loading: time to look at the server, and to end the drill.
  await live.redis.call('DEBUG', 'POPULATE', '4000000', 'user', '20');
  await live.saveTo(big);
});
afterAll(() => {
  dir.dispose();
  temp.dispose();
});

/** The container of the drill that runs now, once it runs. */
async function runningContainer(): Promise<string> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const running = (await drillContainers()).find(({State}) => State === 'running');
    if (running) return running.Id;
    await sleep(20);
  }
  throw new Error('no drill container came up');
}

const leftBehind = async () => ({
  containers: (await drillContainers()).length,
  directories: privateDirs(temp.path),
});
const NOTHING = {containers: 0, directories: []};

describe('the throwaway server', () => {
  containerTest(
    'has no network, no capabilities, no root, bounded memory and pids, and reads a read-only dump',
    async () => {
      const {ended} = start(['drill', big, ...image, '--set', 'server.memory=2gb'], {env});
      const {Config, HostConfig, Mounts} = (await docker(`/containers/${await runningContainer()}/json`)) as {
        Config: {User: string; Labels: Record<string, string>};
        HostConfig: Record<string, unknown>;
        Mounts: {Destination: string; RW: boolean}[];
      };
      expect(HostConfig).toMatchObject({
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        Memory: 2 * 1024 ** 3,
        PidsLimit: 256,
        Privileged: false,
      });
      expect(Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(Mounts.find(({Destination}) => Destination.endsWith('dump.rdb'))?.RW).toBe(false);
      expect(Object.keys(Config.Labels)).toEqual(
        expect.arrayContaining(
          ['run', 'host', 'boot', 'pidNamespace', 'pid', 'processStart', 'deadline'].map(
            name => `restore-drill.${name}`,
          ),
        ),
      );
      expect((await ended).exitCode).toBe(0);
      expect(await leftBehind()).toEqual(NOTHING);
    },
  );

  for (const {line, image: ref} of servers.images) {
    /** A drill of a dump that this line reads, as the report says it went. */
    const drillOn = async (via: 'socket' | 'exec') => {
      const dump = line === 'redis:6.0' ? writeOldDump(dir.file('old.rdb')) : SAMPLE;
      const json = dir.file('report.json');
      const path = via === 'socket' ? dump : `${HERE}/dump.rdb`;
      const where = via === 'socket' ? {env} : {env: {...env, TMPDIR: HERE}, program: apart(dump, HERE)};
      const ran = await run(['drill', path, '--image', ref, '--report-json', json], where);
      expect({exitCode: ran.exitCode, out: ran.exitCode === 0 ? '' : ran.stdout + ran.stderr}).toEqual({
        exitCode: 0,
        out: '',
      });
      const report = reportSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
      expect(report.server?.via).toBe(via);
      expect(report.ledger.filter(({status}) => status === 'balanced').length).toBeGreaterThanOrEqual(3);
      expect(report.census?.digest?.hex).toMatch(/^[0-9a-f]{40}$/);
      expect(await leftBehind()).toEqual(NOTHING);
    };
    containerTest(`of ${line} answers over a socket in a shared directory`, () => drillOn('socket'));
    needsExec(`of ${line} answers through exec where the engine sees none of our files`, () =>
      drillOn('exec'),
    );
  }

  containerTest('reads a dump that only root may read, without ever running as root', async () => {
    const dump = dir.file('private.rdb');
    copyFileSync(SAMPLE, dump);
    chmodSync(dump, 0o600);
    const json = dir.file('private.json');
    expect((await run(['drill', dump, '--report-json', json], {env})).exitCode).toBe(0);
    expect(JSON.parse(readFileSync(json, 'utf8')).server).toMatchObject({kind: 'container', via: 'socket'});
    expect(await leftBehind()).toEqual(NOTHING);
  });

  needsExec('is never asked about another file that lies at the same path on the engine’s side', async () => {
    // Outside our mount namespace the same path holds a damaged file: a drill that mounted it would end red.
    mkdirSync(HERE, {recursive: true});
    writeFileSync(`${HERE}/dump.rdb`, 'not the backup');
    try {
      const ran = await run(['drill', `${HERE}/dump.rdb`, '--expect', SAMPLE_EXPECTATIONS], {
        env: {...env, TMPDIR: HERE},
        program: apart(SAMPLE, HERE),
      });
      expect({exitCode: ran.exitCode, out: ran.stdout.slice(0, 6)}).toEqual({exitCode: 0, out: 'PASSED'});
    } finally {
      rmSync(HERE, {recursive: true});
    }
  });

  containerTest('too little memory for sure: not-run with figures, and nothing is started', async () => {
    const ran = await run(['drill', big, ...image, '--set', 'server.memory=64mb'], {env});
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toMatch(
      /67\.1 MB of memory \(server\.memory\), and the dump alone has [\d.]+ MB: nothing was/,
    );
  });

  containerTest(
    'too little memory, as it turns out: not-run with capacity/memory, never a verdict on the backup',
    async () => {
      const json = dir.file('oom.json');
      const ran = await run(['drill', big, ...image, '--set', 'server.memory=200mb', '--report-json', json], {
        env,
      });
      expect(ran.exitCode).toBe(3);
      expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
        outcome: 'not-run',
        error: {code: 'capacity/memory'},
      });
      expect(await leftBehind()).toEqual(NOTHING);
    },
  );
});

describe('ending a drill', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    containerTest(`${signal} while loading: cleaned up within 7 s, exit 130`, async () => {
      const {child, ended} = start(['drill', big, ...image], {env});
      await runningContainer();
      const sentAt = Date.now();
      child.kill(signal);
      const {exitCode, stdout} = await ended;
      expect(exitCode).toBe(130);
      expect(stdout).toMatch(/^NOT RUN {2}the drill was cancelled/);
      expect(Date.now() - sentAt).toBeLessThan(7000);
      expect(await leftBehind()).toEqual(NOTHING);
    });
  }

  containerTest('SIGINT while the server computes its digest, which nobody can ask it to stop', async () => {
    const {child, ended} = start(['drill', big, ...image], {env});
    await new Promise<void>(resolve => {
      child.stderr!.on('data', chunk => {
        if (/digest, \d+ s so far/.test(String(chunk))) resolve();
      });
    });
    const sentAt = Date.now();
    child.kill('SIGINT');
    expect((await ended).exitCode).toBe(130);
    expect(Date.now() - sentAt).toBeLessThan(7000);
    expect(await leftBehind()).toEqual(NOTHING);
  });

  containerTest('SIGINT while an image is pulled from a registry that never answers', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer(socket => sockets.add(socket.on('error', () => {})));
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
    try {
      const {port} = silent.address() as AddressInfo;
      const asked = new Promise(resolve => silent.once('connection', resolve));
      const {child, ended} = start(['drill', SAMPLE, '--image', `127.0.0.1:${port}/redis:7.0`], {env});
      await asked;
      const sentAt = Date.now();
      child.kill('SIGINT');
      expect((await ended).exitCode).toBe(130);
      expect(Date.now() - sentAt).toBeLessThan(7000);
      expect(await leftBehind()).toEqual(NOTHING);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  containerTest(
    'killed outright: the next drill sweeps what is left, and touches no drill that lives',
    async () => {
      const living = start(['drill', big, ...image], {env});
      const itsContainer = await runningContainer();
      const killed = start(['drill', big, ...image], {env});
      while ((await drillContainers()).length < 2) await sleep(20);
      killed.child.kill('SIGKILL');
      await killed.ended;
      expect((await drillContainers()).length).toBe(2);
      expect((await run(['drill', SAMPLE, '--expect', SAMPLE_EXPECTATIONS], {env})).exitCode).toBe(0);
      const left = (await drillContainers()).map(({Id}) => Id);
      expect(left.filter(id => id !== itsContainer)).toEqual([]);
      expect((await living.ended).exitCode).toBe(0);
      expect(await leftBehind()).toEqual(NOTHING);
    },
  );

  test('killed outright with a local server: the next drill ends the server too', async () => {
    const killed = start(['drill', big, '--server', 'process'], {env});
    const serversPid = async () => {
      for (let tries = 0; tries < 1000; tries += 1) {
        for (const name of privateDirs(temp.path)) {
          const inside = readdirSync('/proc').filter(pid => workingDirectory(pid).includes(`/${name}/`));
          if (inside[0]) return Number(inside[0]);
        }
        await sleep(10);
      }
      throw new Error('no local server came up');
    };
    const pid = await serversPid();
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(`/proc/${pid}/exe`)).toBe(true);
    expect((await run(['drill', SAMPLE, '--server', 'process'], {env})).exitCode).toBe(0);
    // Its memory is freed after it was told to end.
    for (let tries = 0; tries < 500 && existsSync(`/proc/${pid}/exe`); tries += 1) await sleep(20);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    expect(privateDirs(temp.path)).toEqual([]);
  });

  containerTest('four drills at once do not disturb each other', async () => {
    const drills = await Promise.all(
      Array.from({length: 4}, () => run(['drill', SAMPLE, '--expect', SAMPLE_EXPECTATIONS], {env})),
    );
    expect(drills.map(({exitCode}) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(await leftBehind()).toEqual(NOTHING);
  });
});

function workingDirectory(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** A dump that Redis 6.0 reads too: RDB version 9, one string key, and no checksum. */
function writeOldDump(path: string): string {
  const key = Buffer.from([0x00, 0x01, 0x6b, 0x01, 0x76]);
  const db = Buffer.from([0xfe, 0x00, 0xfb, 0x01, 0x00]);
  writeFileSync(
    path,
    Buffer.concat([Buffer.from('REDIS0009'), db, key, Buffer.from([0xff]), Buffer.alloc(8)]),
  );
  return path;
}
