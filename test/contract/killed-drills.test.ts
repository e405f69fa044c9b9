/**
 * Drills that are killed outright, at whatever moment: what they leave is taken away by the next drill or by cleanUp,
 * and a drill that lives on the same machine notices nothing.
 */
import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {mkdirSync, readdirSync, readlinkSync, rmdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {directoryPrefix, processStart, thisDrill} from '../../src/private/owner.ts';
import {cleanUp} from '../../src/restore/clean-up.ts';
import {type ServerOptions, startServer} from '../../src/restore/start-server.ts';
import type {Throwaway} from '../../src/restore/throwaway.ts';
import {scratch, testDeps} from '../drills.ts';
import {docker} from '../e2e/cli.ts';
import {imageOf, SAMPLE, servers} from '../servers.ts';

const temp = scratch();
/** Forty times the same program: compiled once. */
const cache = scratch();
const MOMENTS = 20;
/** Some more at once than there are cores: drills that are killed on a busy machine. */
const AT_ONCE = 4;
/** How long a drill of the sample takes here, at that rate, and a little more: some are over before they are killed. */
const LONGEST_MS = 600;
const KINDS = servers.engine ? ['container', 'process'] : ['process'];

const newRun = () => randomBytes(8).toString('hex');

/**
 * Drills that were killed here, as the names of their directories have them: id and start of the process. What others on
 * the machine have is not this test's business, and one of them may get the id of one that is gone.
 */
const killed = new Set<string>();
const asInNames = (pid: number, start: string) => `${pid.toString(36)}-${Number(start).toString(36)}`;

type Started = {who: string; kill(): Promise<void>; ended: Promise<number | null>};

/** A drill in a process of its own, at its beginning. */
async function startOne(kind: string, run: string): Promise<Started> {
  const asked = JSON.stringify({backup: SAMPLE, kind, run, tempDir: temp.path});
  const child = spawn(process.execPath, [join(import.meta.dirname, 'one-drill.ts'), asked], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {...process.env, NODE_COMPILE_CACHE: cache.path},
  });
  const who = asInNames(child.pid!, processStart(child.pid!));
  killed.add(who);
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  await Promise.race([new Promise(resolve => child.stdout.once('data', resolve)), ended]);
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return {who, kill, ended};
}

/** When it has something to leave: how long that takes differs by machine, and other moments may all miss it. */
async function hasDirectory({who, ended}: Started): Promise<void> {
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (!over && !directoriesLeft().some(name => name.includes(`-${who}-`))) await sleep(2);
}

/** An engine that was asked for a container makes it, when the drill that asked is gone and the next is over too. */
const TIMES = 3;

/** Kills drills of every kind at random moments, some at once; `takeAway` is told their runs each time. */
async function killMany(takeAway: (runs: string[]) => Promise<void>): Promise<void> {
  let caught = 0;
  for (let n = 0; n < MOMENTS; n += AT_ONCE) {
    const runs = Array.from({length: AT_ONCE}, newRun);
    const drills = await Promise.all(runs.map((run, index) => startOne(KINDS[index % KINDS.length]!, run)));
    await Promise.all(
      drills.map(async (drill, index) => {
        await (index === 0 ? hasDirectory(drill) : sleep(Math.random() * LONGEST_MS));
        await drill.kill();
      }),
    );
    caught += (await left()).directories.length;
    await takeAway(runs);
    for (let times = 1; times < TIMES && (await left()).containers.length > 0; times += 1)
      await takeAway(runs);
    expect(await left()).toEqual(NOTHING);
  }
  // Else no moment was one with anything to take away, and nothing was proved.
  expect(caught).toBeGreaterThan(0);
}

type Listed = {Id: string; Labels: Record<string, string>};

async function containersLeft(): Promise<string[]> {
  if (!servers.engine) return [];
  const filters = encodeURIComponent(JSON.stringify({label: ['restore-drill.run']}));
  const listed = (await docker(`/containers/json?all=1&filters=${filters}`)) as Listed[];
  const who = (labels: Listed['Labels']) =>
    asInNames(Number(labels['restore-drill.pid']), labels['restore-drill.processStart']!);
  return listed.filter(({Labels}) => killed.has(who(Labels))).map(({Id}) => Id);
}

const directoriesLeft = () =>
  [temp.path, '/tmp'].flatMap(parent =>
    readdirSync(parent).filter(
      name => name.startsWith('restore-drill-') && killed.has(name.split('-').slice(3, 5).join('-')),
    ),
  );

const serversLeft = () =>
  readdirSync('/proc').filter(pid => {
    try {
      const at = readlinkSync(`/proc/${pid}/cwd`);
      return at.includes('restore-drill-') && [...killed].some(who => at.includes(`-${who}-`));
    } catch {
      return false;
    }
  });

const left = async () => ({
  containers: await containersLeft(),
  directories: directoriesLeft(),
  servers: serversLeft(),
});
const NOTHING = {containers: [], directories: [], servers: []};

describe('a drill that is killed', () => {
  const living: Throwaway[] = [];

  beforeAll(async () => {
    const header = {magic: 'REDIS', rdbVersion: 10, producer: null, highestDatabase: 15} as const;
    for (const kind of KINDS as ServerOptions['kind'][]) {
      const image = kind === 'container' ? imageOf('redis:7.0') : 'auto';
      const options: ServerOptions = {kind, image, registry: null, memoryBytes: null};
      living.push(
        await startServer({kind: 'rdb', path: SAMPLE}, header, options, {...testDeps, tempDir: temp.path}),
      );
    }
  });
  afterAll(async () => {
    for (const server of living) await server[Symbol.asyncDispose]();
    expect(readdirSync(temp.path)).toEqual([]);
    temp.dispose();
    cache.dispose();
  });
  beforeEach(() => killed.clear());

  const livingAreWell = async () => {
    for (const server of living) {
      expect(await server.ended()).toBeNull();
      expect(await server.client.call('INFO')).toMatch(/db0:keys=329/);
    }
  };

  test(`at ${MOMENTS} moments: the next drill takes away what they left, and touches none that lives`, async () => {
    await killMany(async () => {
      const next = await startOne(KINDS[0]!, newRun());
      expect(await next.ended).toBe(0);
    });
    await livingAreWell();
  });

  test(`at ${MOMENTS} moments: cleanUp takes away what they left, and touches none that lives`, async () => {
    await killMany(async runs => {
      const results = await Promise.all(runs.map(run => cleanUp({run, tempDir: temp.path})));
      expect(results.flatMap(({problems}) => problems)).toEqual([]);
    });
    await livingAreWell();
  });

  test('before it has written whose its directory is: the name says it', async () => {
    const mine = directoryPrefix(thisDrill());
    const dead = directoryPrefix({...thisDrill(), pid: 2 ** 22 + 1});
    const elsewhere = directoryPrefix({...thisDrill(), pid: 2 ** 22 + 1, host: 'elsewhere'});
    for (const prefix of [mine, dead, elsewhere]) mkdirSync(join(temp.path, `${prefix}abcdef`));
    const {directories, problems} = await cleanUp({run: newRun(), tempDir: temp.path});
    expect({directories, problems}).toEqual({directories: 1, problems: []});
    const kept = readdirSync(temp.path).filter(name => name.endsWith('abcdef'));
    expect(kept.toSorted()).toEqual([`${mine}abcdef`, `${elsewhere}abcdef`].toSorted());
    for (const name of kept) rmdirSync(join(temp.path, name));
  });
});
