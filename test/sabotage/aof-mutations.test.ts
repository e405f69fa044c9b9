/**
 * Append-only files of every form, plain and packed, cut and flipped at random places: no drill may be green on one that a
 * server digests otherwise. The server's own word is that of a plain restore of the same bytes by a server that tolerates a
 * cut tail, as production does; a drill may be stricter, never laxer. DAMAGE_SEED draws other places.
 */
import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {Redis} from 'ioredis';
import {command, copyData, makeAof} from '../aof-sets.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {type Random, randomOf} from '../fuzz/mutations.ts';
import {packedTest} from '../packed-test.ts';
import {aux, int8, key, rdb, selectDb, str, strings} from '../rdb-builder.ts';

const SEED = Number(process.env.DAMAGE_SEED ?? 4);
/** Of each form; `PLACES=500 npm test -- test/sabotage/aof-mutations` takes minutes. */
const PLACES = Number(process.env.PLACES ?? 100);
const AT_ONCE = 4;
const dir = scratch();
afterAll(dir.dispose);

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

/** Of every type, with a transaction and an expiry, by hand: what a server writes has other bytes each time, and so other places. */
function commands(from: number): string {
  const users = Array.from({length: 30}, (_, n) => command('SET', `user:${from + n}`, `value ${n}`));
  return [
    command('SELECT', '0'),
    ...users,
    command('SET', 'brief', 'x'),
    command('PEXPIREAT', 'brief', '4000000000000'),
    command('MULTI'),
    command('SET', 'in:transaction', '1'),
    command('INCR', 'in:transaction'),
    command('EXEC'),
    command('RPUSH', `list:${from}`, 'a', 'b', 'c'),
    command('ZADD', `scores:${from}`, '1.5', 'a', '2.25', 'b'),
    command('XADD', `stream:${from}`, '1-1', 'field', 'value'),
    command('SELECT', '3'),
    ...Array.from({length: 10}, (_, n) => command('HSET', `hash:${from}:${n}`, 'field', `value ${n}`)),
  ].join('');
}

function base(): Uint8Array {
  const users = Array.from({length: 20}, (_, n) => key(0, `user:${n}`, str(`value ${n}`)));
  const others = [key(1, 'list', strings('a', 'b')), key(2, 'set', strings('x', 'y')), key(0, 'n', int8(7))];
  return rdb('REDIS0010', [
    aux('redis-ver', '7.0.15'),
    aux('aof-base', '1'),
    selectDb(0),
    ...users,
    ...others,
  ]);
}

function commandsOnly(data: string): void {
  mkdirSync(data);
  writeFileSync(join(data, 'appendonly.aof'), commands(0));
}

function dumpFirst(data: string): void {
  mkdirSync(data);
  writeFileSync(join(data, 'appendonly.aof'), Buffer.concat([base(), Buffer.from(commands(100))]));
}

function multiPart(data: string): void {
  const aof = join(data, 'appendonlydir');
  mkdirSync(aof, {recursive: true});
  const files = {
    'appendonly.aof.1.base.rdb': base(),
    'appendonly.aof.1.incr.aof': commands(100),
    'appendonly.aof.manifest':
      'file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n',
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(aof, name), content);
    utimesSync(join(aof, name), LONG_AGO, LONG_AGO);
  }
  for (const path of [aof, data]) utimesSync(path, LONG_AGO, LONG_AGO);
}
const LONG_AGO = new Date('2026-01-01T00:00:00Z');

const FORMS = {
  'a single file of commands': commandsOnly,
  'a single file that begins with a dump': dumpFirst,
  'a base, an incremental file and a manifest': multiPart,
};

type Pack = (data: string) => Buffer;
const ANYBODYS = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX'];
const tar = (data: string, ...flags: string[]) =>
  execFileSync('tar', [...flags, ...ANYBODYS, '-c', '-f', '-', basename(data)], {cwd: dirname(data)});

/** Each with a checksum of its own over all that a server would read, but for tar, which has one over the names only. */
const PACKED: Record<string, Pack> = {
  'a set in a tar': data => tar(data),
  'a set in a tar.gz': data => tar(data, '-z'),
  'a set in a tar.zst': data => tar(data, '--zstd'),
  'a set in a zip': data => execFileSync('zip', ['-qrX', '-', basename(data)], {cwd: dirname(data)}),
};

/** A file or a directory with one change, in a directory of its own. */
type Mutated = {what: string; backup: string};

/** Cut, or a bit flipped. */
function changed(whole: Buffer, {below}: Random): {bytes: Buffer; how: string} {
  const at = below(whole.length);
  if (below(2) === 0) return {bytes: whole.subarray(0, at), how: `cut at ${at}`};
  const bit = below(8);
  const bytes = Buffer.from(whole);
  bytes[at]! ^= 1 << bit;
  return {bytes, how: `bit ${bit} of byte ${at} flipped`};
}

/** `said`: the digest of a server that got the same by hand; `null` where it did not start. */
async function expectNoFalseGreen(
  mutate: (place: number, worker: string) => Mutated,
  said: (mutated: Mutated) => Promise<string | null>,
): Promise<void> {
  const wrong: unknown[] = [];
  let next = 0;
  const worker = async (_: unknown, number: number) => {
    for (let place = next++; place < PLACES; place = next++) {
      const mutated = mutate(place, dir.file(`worker-${number}`));
      const {outcome, error, census} = await drillOf(mutated.backup, {server: 'process'});
      if (outcome === 'failed') continue;
      const {what} = mutated;
      // Bytes may make another form of it, which is refused by name.
      if (outcome === 'not-run' && error?.code === 'unpack/unsupported-form') continue;
      if (outcome === 'not-run') wrong.push({place, what, error});
      else if ((await said(mutated)) !== census!.digest!.hex) wrong.push({place, what, green: true});
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, worker));
  expect(wrong).toEqual([]);
}

describe(`${PLACES} places of seed ${SEED}`, () => {
  test.each(Object.entries(FORMS))('%s', async (title, make) => {
    const data = dir.file(title.replaceAll(' ', '-'));
    make(data);
    const files = filesIn(data);
    const mutate = (place: number, backup: string) => {
      const random = randomOf(SEED, place);
      const file = random.pick(files);
      const {bytes, how} = changed(readFileSync(join(data, file)), random);
      copyData(data, backup);
      writeFileSync(join(backup, file), bytes);
      return {what: `${file}: ${how}`, backup};
    };
    await expectNoFalseGreen(mutate, ({backup}) => saidByServer(backup));
  });

  packedTest.each(Object.entries(PACKED))('%s', async (title, pack) => {
    const data = join(dir.file(title.replaceAll(' ', '-')), 'data');
    mkdirSync(dirname(data));
    multiPart(data);
    const whole = pack(data);
    const healthy = await saidByServer(data);
    const mutate = (place: number, worker: string) => {
      const backup = `${worker}.packed`;
      const {bytes, how} = changed(whole, randomOf(SEED, place));
      writeFileSync(backup, bytes);
      return {what: how, backup};
    };
    const sealed = title !== 'a set in a tar';
    await expectNoFalseGreen(mutate, async ({backup}) => (sealed ? healthy : await saidOfTar(backup)));
  });
});

/** What whoever restores it by hand gets of it. */
async function saidOfTar(archive: string): Promise<string | null> {
  const out = mkdtempSync(join(dir.path, 'by-hand-'));
  try {
    execFileSync('tar', ['-x', '-f', archive, '-C', out], {stdio: 'ignore'});
  } catch {
    // What comes before the end of a cut archive is there.
  }
  const data = join(out, 'data');
  return existsSync(data) ? await saidByServer(data) : null;
}

function filesIn(data: string): string[] {
  return readdirSync(data, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && /aof|manifest/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(data.length + 1))
    .toSorted();
}

test('a value that changed on the way is told by a checksum beside the file, and by nothing else', async () => {
  const data = dir.file('changed');
  await makeAof(data, {prepare: redis => redis.set('k', 'before').then(() => {})});
  const set = join(data, 'appendonlydir');
  const [incr] = readdirSync(set).filter(name => name.endsWith('.incr.aof')) as [string];
  const list = execFileSync('sha256sum', [incr], {cwd: set});
  writeFileSync(
    join(set, incr),
    readFileSync(join(set, incr), 'latin1').replace('before', 'behind'),
    'latin1',
  );
  expect(failures(await drillOf(data, {server: 'process'}))).toEqual([]);
  for (const [name, text] of [
    [join(set, 'SHA256SUMS'), list],
    [join(data, 'SHA256SUMS'), String(list).replace('  ', '  appendonlydir/')],
  ] as const) {
    writeFileSync(name, text);
    expect(failures(await drillOf(data, {server: 'process'}))).toEqual(['backup/checksum-beside']);
    rmSync(name);
  }
});
