import {chmod, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {DEFAULT_KEEP} from '../../../src/history/keep.ts';
import {recall} from '../../../src/history/memory.ts';
import {NO_TREND_POLICY} from '../../../src/history/trends/trend-policy.ts';
import {aReport} from '../../builders.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'memory-'));
});
afterEach(async () => {
  await chmod(root, 0o700);
  await rm(root, {recursive: true});
});

const deps = {env: () => undefined, tempDir: tmpdir()};
const asked = (at: string) => ({
  name: 'sessions',
  history: {at, keep: DEFAULT_KEEP},
  trend: NO_TREND_POLICY,
});

describe('the history around a drill', () => {
  test('knows earlier drills before it, and this one after it', async () => {
    const at = join(root, 'history');
    const first = await recall(asked(at), deps);
    expect(first.earlier).toEqual({records: [], unreadable: []});
    expect(await first.keep(aReport())).toBeNull();
    const second = await recall(asked(at), deps);
    expect(second.earlier?.records).toMatchObject([{backup: 'sessions', outcome: 'passed'}]);
    const other = await recall({...asked(at), name: 'users'}, deps);
    expect(other.earlier?.records).toEqual([]);
  });

  test('where no directory can be made, that is told, and not tried for ever', async () => {
    const memory = await recall(asked('/proc/history'), deps);
    expect(await memory.keep(aReport())).toMatchObject({
      code: 'history/unavailable',
      message: 'the history /proc/history cannot be written (ENOENT)',
    });
    const deep = await recall(asked(join(root, 'new', 'deep')), deps);
    expect(await deep.keep(aReport())).toBeNull();
  });

  test('a trend that is to be ignored is shown as ignored, until the day is over', async () => {
    await recall(asked(root), deps);
    await mkdir(join(root, 'sessions'));
    await writeFile(join(root, 'sessions', '2025-01-01T00-00-00-000Z-0123456789abcdef.json'), '{');
    const told = async (until: string) => {
      const ignores = [
        {rule: 'trend/unreadable-records', reason: 'a full disk', until, origin: 'restore-drill.yml:9'},
      ];
      const {judge} = await recall({...asked(root), policy: {ignores}}, deps);
      const {findings} = judge(aReport({startedAt: '2025-01-03T00:00:00.000Z'}));
      return findings.flatMap(({rule, status}) =>
        rule === 'restore/loaded' || rule === 'trend/steady' ? [] : [`${status} ${rule}`],
      );
    };
    expect(await told('2025-01-03')).toEqual(['ignored trend/unreadable-records']);
    expect((await told('2025-01-02')).toSorted()).toEqual([
      'fail policy/ignore-expired',
      'fail trend/unreadable-records',
    ]);
  });

  test('is nothing where none was asked for', async () => {
    const none = await recall({...asked(''), history: null}, deps);
    expect(none.earlier).toBeNull();
    expect(await none.keep(aReport())).toBeNull();
  });

  test('leaves no record of a drill that was cancelled', async () => {
    const {keep} = await recall(asked(root), deps);
    const error = {code: 'cancelled', message: 'the drill was cancelled', hint: ''} as const;
    expect(await keep(aReport({outcome: 'not-run', error}))).toBeNull();
    expect(await readdir(root)).toEqual([]);
  });

  test('that cannot be written is told, not thrown: the verdict is out', async () => {
    // Where a directory of the backup should be lies a file.
    await writeFile(join(root, 'sessions'), '');
    const {keep} = await recall({...asked(root), name: 'users'}, deps);
    await rm(join(root, 'sessions'));
    await writeFile(join(root, 'users'), '');
    expect(await keep(aReport())).toMatchObject({code: 'history/unavailable', exitCode: 3});
  });

  test('in a file is refused before anything is started', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(recall(asked(join(root, 'file')), deps)).rejects.toMatchObject({code: 'usage/invalid'});
  });

  test('of a scheme that this version has no place for is refused likewise', async () => {
    await expect(recall(asked('ftp://host/history'), deps)).rejects.toMatchObject({code: 'usage/invalid'});
  });
});
