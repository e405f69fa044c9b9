/**
 * Append-only files of every form, cut and flipped at random places: no drill may be green on one that a server digests
 * otherwise. The server's own word is that of a plain restore of the same bytes by a server that tolerates a cut tail, as
 * production does; a drill may be stricter, never laxer. RANDOM_SEED repeats a run.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {Redis} from 'ioredis';
import {copyData, fill, makeAof, rewrite} from '../aof-sets.ts';
import {drillOf, scratch} from '../drills.ts';

const SEED = Number(process.env.RANDOM_SEED ?? Date.now() % 1_000_000);
/** In a row of tests as short as this one; 500 of each form take some minutes. */
const EACH = Number(process.env.MUTATIONS ?? 25);
const dir = scratch();
afterAll(dir.dispose);

/** mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a server says that starts on a copy; `null` where it does not start. */
async function saidByServer(data: string): Promise<string | null> {
  const copy = mkdtempSync(join(tmpdir(), 'mutated-'));
  copyData(data, copy);
  const socket = join(copy, 's.sock');
  const flags = ['--port', '0', '--unixsocket', socket, '--dir', copy, '--save', '', '--appendonly', 'yes'];
  const frozen = [
    '--replicaof',
    '127.0.0.1',
    '0',
    '--enable-debug-command',
    'local',
    '--aof-load-truncated',
    'yes',
  ];
  const child = spawn('redis-server', [...flags, ...frozen], {stdio: 'ignore'});
  const gone = new Promise<null>(resolve => child.once('exit', () => resolve(null)));
  const redis = new Redis({path: socket, retryStrategy: () => 5, maxRetriesPerRequest: null});
  redis.on('error', () => {});
  try {
    return await Promise.race([gone, digestOf(redis)]);
  } finally {
    redis.disconnect();
    await ended(child, gone);
    rmSync(copy, {recursive: true, force: true});
  }
}

async function digestOf(redis: Redis): Promise<string> {
  for (;;) {
    const digest = await redis.call('DEBUG', 'DIGEST').catch(() => null);
    if (digest !== null) return String(digest);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

async function ended(child: ChildProcess, gone: Promise<null>): Promise<void> {
  child.kill('SIGKILL');
  await gone;
}

const FORMS = {
  'a single file of commands': async (data: string) => {
    await makeAof(dir.file('made'), {flags: ['--aof-use-rdb-preamble', 'no']});
    mkdirSync(data);
    const aof = dir.file('made/appendonlydir');
    const incr = readdirSync(aof).find(name => name.endsWith('incr.aof'))!;
    copyFileSync(join(aof, incr), join(data, 'appendonly.aof'));
  },
  'a single file that begins with a dump': async (data: string) => {
    await makeAof(dir.file('made'), {prepare: later});
    mkdirSync(data);
    const aof = dir.file('made/appendonlydir');
    const parts = readdirSync(aof)
      .filter(name => !name.endsWith('.manifest'))
      .toSorted();
    writeFileSync(
      join(data, 'appendonly.aof'),
      Buffer.concat(parts.map(name => readFileSync(join(aof, name)))),
    );
  },
  'a base, an incremental file and a manifest': async (data: string) => {
    await makeAof(data, {prepare: later});
  },
};

async function later(redis: Redis): Promise<void> {
  await fill(redis, 20);
  await rewrite(redis);
  await redis.select(1);
  await redis.multi().set('a', '1').set('b', '2').exec();
  for (let n = 0; n < 10; n += 1) await redis.hset(`hash:${n}`, 'field', `value ${n}`);
}

describe(`of seed ${SEED}, ${EACH} of each form`, () => {
  test.each(Object.entries(FORMS))('%s', async (title, make) => {
    const data = dir.file(title.replaceAll(' ', '-'));
    await make(data);
    const files = filesIn(data);
    const chance = random(SEED);
    const wrong: unknown[] = [];
    for (let n = 0; n < EACH; n += 1) {
      const mutated = dir.file('mutated');
      copyData(data, mutated);
      const file = files[Math.floor(chance() * files.length)]!;
      const bytes = readFileSync(join(data, file));
      const at = Math.floor(chance() * bytes.length);
      const bit = Math.floor(chance() * 8);
      const cut = chance() < 0.5;
      if (!cut) bytes[at]! ^= 1 << bit;
      writeFileSync(join(mutated, file), cut ? bytes.subarray(0, at) : bytes);
      const what = cut ? `${file} cut at ${at}` : `${file}: bit ${bit} of byte ${at} flipped`;
      const report = await drillOf(mutated, {server: 'process'});
      if (report.outcome === 'failed') continue;
      if (report.outcome === 'not-run') wrong.push({what, error: report.error});
      else if ((await saidByServer(mutated)) !== report.census!.digest!.hex) wrong.push({what, green: true});
    }
    expect(wrong).toEqual([]);
  });
});

function filesIn(data: string): string[] {
  return readdirSync(data, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && /aof|manifest/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(data.length + 1))
    .toSorted();
}
