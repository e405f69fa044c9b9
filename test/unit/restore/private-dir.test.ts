import {chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {type Owner, thisDrill} from '../../../src/private/owner.ts';
import {makePrivateDir} from '../../../src/restore/private-dir.ts';

const root = process.getuid!() === 0;
const asRoot = root ? test : test.skip;
const mode = async (path: string) => (await stat(path)).mode & 0o777;
/** Beyond the largest pid that Linux gives out. */
const DEAD: Owner = {...thisDrill(), pid: 2 ** 22 + 1};

let temp: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'unit-'));
  await chmod(temp, 0o755);
});
afterEach(() => rm(temp, {recursive: true, force: true}));

async function aDump(permissions: number, directory = temp): Promise<string> {
  const path = join(directory, 'dump.rdb');
  await writeFile(path, 'REDIS0010');
  await chmod(path, permissions);
  return path;
}

describe('the private directory', () => {
  test('is for its owner alone, who is never root', async () => {
    await using directory = await makePrivateDir(temp, thisDrill(), 'mount');
    expect(directory.path.startsWith(temp)).toBe(true);
    expect(await mode(directory.path)).toBe(0o700);
    expect((await stat(directory.path)).uid).toBe(directory.uid);
    expect(directory.uid).not.toBe(0);
  });

  test('says whose it is', async () => {
    const owner = thisDrill();
    await using directory = await makePrivateDir(temp, owner, 'mount');
    expect(JSON.parse(await readFile(join(directory.path, 'owner.json'), 'utf8'))).toEqual(owner);
  });

  test('is gone afterwards, with everything in it', async () => {
    {
      await using directory = await makePrivateDir(temp, thisDrill(), 'mount');
      await writeFile(directory.socket, '');
      await directory.readableDump(await aDump(0o600));
    }
    expect(await readdir(temp)).toEqual(['dump.rdb']);
  });

  test('moves to /tmp where the path of its socket would be too long for the kernel', async () => {
    const deep = join(temp, 'x'.repeat(60), 'y'.repeat(40));
    await using directory = await makePrivateDir(deep, thisDrill(), 'mount');
    expect(directory.path.startsWith('/tmp/')).toBe(true);
    expect(Buffer.byteLength(directory.socket)).toBeLessThanOrEqual(107);
  });

  asRoot('moves to /tmp where the server’s user could not pass (skipped: needs root)', async () => {
    await chmod(temp, 0o700);
    await using directory = await makePrivateDir(temp, thisDrill(), 'path');
    expect(directory.path.startsWith(`${temp}/`)).toBe(false);
    await using mounted = await makePrivateDir(temp, thisDrill(), 'mount');
    expect(mounted.path.startsWith(`${temp}/`)).toBe(true);
  });

  test('is made together with the temporary directory that is not there yet', async () => {
    const later = join(temp, 'runner', 'temp');
    await using directory = await makePrivateDir(later, thisDrill(), 'mount');
    expect(directory.path.startsWith(later)).toBe(true);
  });
});

describe('a dump', () => {
  test('that everybody may read is used where it lies', async () => {
    const path = await aDump(0o644);
    for (const reach of ['mount', 'path'] as const) {
      await using directory = await makePrivateDir(temp, thisDrill(), reach);
      expect(await directory.readableDump(path)).toBe(path);
    }
  });

  asRoot('that only its owner may read is copied, for the server alone (skipped: needs root)', async () => {
    const path = await aDump(0o600);
    await using directory = await makePrivateDir(temp, thisDrill(), 'mount');
    const copy = await directory.readableDump(path);
    expect(copy.startsWith(directory.path)).toBe(true);
    expect(await mode(copy)).toBe(0o400);
    expect((await stat(copy)).uid).toBe(directory.uid);
    expect(await readFile(copy, 'utf8')).toBe('REDIS0010');
    expect(await mode(path)).toBe(0o600);
  });

  asRoot('behind a closed directory is mounted, but copied for a process (skipped: needs root)', async () => {
    const closed = join(temp, 'closed');
    await mkdir(closed);
    const path = await aDump(0o644, closed);
    await chmod(closed, 0o700);
    await using mounted = await makePrivateDir(temp, thisDrill(), 'mount');
    expect(await mounted.readableDump(path)).toBe(path);
    await using walked = await makePrivateDir(temp, thisDrill(), 'path');
    expect(await walked.readableDump(path)).not.toBe(path);
  });
});

describe('what dead drills left behind', () => {
  async function left(name: string, owner: string): Promise<string> {
    const path = join(temp, name);
    await mkdir(path);
    await writeFile(join(path, 'owner.json'), owner);
    return name;
  }

  test('is removed by the next one', async () => {
    await left('restore-drill-dead01', JSON.stringify(DEAD));
    await using _directory = await makePrivateDir(temp, thisDrill(), 'mount');
    expect(await readdir(temp)).not.toContain('restore-drill-dead01');
  });

  test('is left alone as long as it is not provably dead and ours', async () => {
    const kept = [
      await left('restore-drill-alive1', JSON.stringify(thisDrill())),
      await left('restore-drill-other1', JSON.stringify({...DEAD, host: 'elsewhere'})),
      await left('restore-drill-broken', '{"pid":'),
      await left('restore-drill-false1', '{"pid": 1}'),
      await left('somebody-elses', JSON.stringify(DEAD)),
    ];
    await mkdir(join(temp, 'restore-drill-empty1'));
    await using _directory = await makePrivateDir(temp, thisDrill(), 'mount');
    expect(await readdir(temp)).toEqual(expect.arrayContaining([...kept, 'restore-drill-empty1']));
  });
});
