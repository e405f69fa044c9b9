/** dist/ drills backups that lie elsewhere: fetched whole, drilled like any other, and nothing left of them. */
import {readFileSync, writeFileSync} from 'node:fs';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {SAMPLE, skippedBecause} from '../servers.ts';
import {PLACES} from '../stores/places.ts';
import {privateDirs, run} from './cli.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const KEBAB = {
  endpoint: 'endpoint',
  basic: 'basic',
  identityFile: 'identity-file',
  knownHosts: 'known-hosts',
  token: 'token',
};

type It = typeof test.skip;

describe.each(PLACES)('$name', ({start, missing}) => {
  const it: It = missing === undefined ? (test as unknown as It) : skippedBecause(missing);

  it('a backup that restores passes, one that was cut fails, one that is not there fails or cannot be had', async () => {
    await using place = await start();
    await place.put('dump.rdb', readFileSync(SAMPLE));
    await place.put('cut.rdb', readFileSync(SAMPLE).subarray(0, 900));
    const drill = async (name: string) => {
      const {spec, access = {}, env = {}} = place.reach(name);
      const store = Object.fromEntries(
        Object.entries(access).map(([key, value]) => [KEBAB[key as keyof typeof KEBAB], value]),
      );
      const config = {version: 1, backups: [{name: 'it', source: spec, store, 'max-age': '9999d'}]};
      writeFileSync(dir.file('restore-drill.yml'), JSON.stringify(config));
      const args = ['drill', '--server', 'process', '--report-json', 'report.json'];
      const temp = scratch();
      const {exitCode, stdout, stderr} = await run(args, {
        cwd: dir.path,
        env: {...(env as Record<string, string>), TMPDIR: temp.path},
      });
      expect(privateDirs(temp.path)).toEqual([]);
      temp.dispose();
      expect(stdout + stderr).not.toMatch(/open.sesame|b3BlbiBzZXNhbWU|S3RVER/);
      const report = JSON.parse(readFileSync(dir.file('report.json'), 'utf8')) as DrillReport;
      return {exitCode, keys: report.census?.keys, bytes: report.backup?.sizeBytes};
    };
    const bytes = readFileSync(SAMPLE).length;
    expect(await drill('dump.rdb')).toEqual({exitCode: 0, keys: 370, bytes});
    expect(await drill('cut.rdb')).toMatchObject({exitCode: 4, bytes: 900});
    // Of a program only its failure is known.
    const known = typeof place.reach('').spec === 'string';
    expect(await drill('none.rdb')).toMatchObject({exitCode: known ? 4 : 3});
  });
});
