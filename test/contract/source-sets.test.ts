/** An append-only file that lies as loose files in a store: every store that lists brings it as one backup, or none. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {readJob} from '../../src/config/config.ts';
import {type Deps, drill} from '../../src/drill.ts';
import {toDrillError} from '../../src/errors.ts';
import {silent} from '../../src/progress.ts';
import {type Artifact, fetchBackup} from '../../src/source/fetch-backup.ts';
import {type Located, locate} from '../../src/source/locate.ts';
import {LATEST} from '../../src/source/select.ts';
import {AofDirectory, makeAof} from '../aof-sets.ts';
import {scratch, testDeps} from '../drills.ts';
import {skippedBecause} from '../servers.ts';
import {patient, storeOf} from '../store-of.ts';
import {PLACES, type RunningPlace} from '../stores/places.ts';

const temp = scratch();
const made = scratch();
let files: Record<string, Buffer> = {};
beforeAll(async () => {
  await makeAof(made.file('data'));
  const {path} = new AofDirectory(made.file('data'));
  files = Object.fromEntries(readdirSync(path).map(name => [name, readFileSync(join(path, name))]));
});
afterAll(() => {
  temp.dispose();
  made.dispose();
});

type It = typeof test.skip;
const LISTING = PLACES.filter(({lists, neighbours}) => lists && neighbours);
const size = () => Object.values(files).reduce((sum, {length}) => sum + length, 0);
const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));

describe.each(LISTING)('$name', ({start, missing, versions}) => {
  const it: It = missing === undefined ? (test as unknown as It) : skippedBecause(missing);
  const changing: It = versions ? it : skippedBecause('it is read where it lies');
  let place: RunningPlace;
  let folder = 0;
  const at = (name: string): string => `d${folder}/${name}`;
  beforeAll(async () => {
    if (missing === undefined) place = await start();
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    folder += 1;
  });
  afterEach(() => expect(readdirSync(temp.path)).toEqual([]));

  async function putSet(directory: string, modified = day(2)): Promise<void> {
    for (const [name, bytes] of Object.entries(files)) await place.put(at(directory + name), bytes, modified);
  }

  type Brought = {
    located: Extract<Located, {found: true}>;
    files: Record<string, Buffer>;
    beside: string | null;
  };

  async function brought(path: string, meanwhile = async () => {}): Promise<Brought> {
    const {spec, access, env} = place.reach(path);
    await using store = await storeOf(spec, access, env);
    const patience = patient();
    const located = await locate(store, LATEST, {patience, now: new Date(), random: 0});
    if (!located.found) throw new Error(located.reason.message);
    await meanwhile();
    await using artifact: Artifact = await fetchBackup(store, located.entry, {
      ...{patience, tempDir: temp.path, progress: silent},
    });
    const {path: directory, dumpBeside} = artifact;
    const read = readdirSync(directory).map(name => [name, readFileSync(join(directory, name))]);
    const beside = dumpBeside === null ? null : readFileSync(dumpBeside, 'utf8');
    return {located, files: Object.fromEntries(read), beside};
  }

  const failure = (path: string, meanwhile: () => Promise<void>): Promise<string> =>
    brought(path, meanwhile).then(
      () => 'whole',
      error => toDrillError(error).code,
    );

  it('brings manifest, base and increment as one, with the dump beside them', async () => {
    await place.put(at('dump.rdb'), Buffer.from('beside'), day(3));
    await putSet('appendonlydir/');
    const got = await brought(at(''));
    expect(got.files).toEqual(files);
    expect(got.beside).toBe('beside');
    expect(got.located.backup).toMatchObject({
      name: 'appendonlydir',
      location: expect.stringMatching(/appendonlydir\/?$/),
      sizeBytes: size(),
    });
  });

  it('finds what is expected of it beside it', async () => {
    await putSet('appendonlydir/');
    await place.put(at('appendonlydir.expect.json'), Buffer.from('{}'));
    expect((await brought(at(''))).located.beside.expectations).toMatchObject({text: '{}'});
  });

  it('brings it from the directory itself, and by its manifest', async () => {
    await putSet('saved-aof/');
    expect((await brought(at('saved-aof/'))).files).toEqual(files);
    const manifest = Object.keys(files).find(name => name.endsWith('.manifest'))!;
    const {located, files: got} = await brought(at(`saved-aof/${manifest}`));
    expect(got).toEqual(files);
    expect(located.backup.name).toBe('saved-aof');
  });

  changing('says so where a part is replaced, comes or goes meanwhile', async () => {
    const incr = Object.keys(files).find(name => name.includes('.incr.'))!;
    const replaced = Buffer.from(files[incr]!.toString('latin1').replace('user:1', 'user:X'), 'latin1');
    await putSet('appendonlydir/');
    const put = (name: string, bytes: Buffer) => () => place.put(at(`appendonlydir/${name}`), bytes, day(4));
    expect(await failure(at(''), put(incr, replaced))).toBe('source/changed');
    const next = incr.replace(/\d+(?=\.incr)/, number => String(Number(number) + 1));
    expect(await failure(at(''), put(next, Buffer.from('more')))).toBe('source/changed');
    expect(await failure(at(''), () => place.remove(at(`appendonlydir/${next}`)))).toBe('source/changed');
  });

  it('is drilled like one of this machine: all keys, freshness of the whole', async () => {
    await putSet('appendonlydir/', new Date(Date.now() - 60 * 60_000));
    const {spec, access = {}, env = {}} = place.reach(at(''));
    const job = await readJob({backup: made.file('data'), server: 'process', set: ['max-age=26h']});
    const deps: Deps = {
      ...testDeps,
      tempDir: temp.path,
      env: name => env[name] ?? process.env[name],
      environment: {...process.env, ...env} as Record<string, string>,
    };
    const report = await drill({...job, source: {...job.source, spec, access}}, deps);
    expect(report).toMatchObject({
      outcome: 'passed',
      backup: {name: 'appendonlydir', sizeBytes: size()},
      census: {keys: 56},
    });
    const age = report.findings.filter(({rule}) => rule === 'policy/backup-age');
    expect(age.map(({message}) => message)).toContainEqual(expect.stringContaining('by the store’s time'));
  });
});
