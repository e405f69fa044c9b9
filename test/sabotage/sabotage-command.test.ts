/** `restore-drill sabotage`: it must find the drill out where a damaged copy passes, and accuse nobody where none does. */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {copyFileSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, dirname} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {plain} from '../../src/report/text.ts';
import {noChecksum} from '../../src/sabotage/dump-damage.ts';
import {sabotageCommand} from '../../src/sabotage/sabotage-command.ts';
import {type Attempt, sabotageSchema} from '../../src/sabotage/sabotage-report.ts';
import {scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {packedTest} from '../packed-test.ts';
import {KEY_SETTINGS, keysOf, Packer} from '../packers.ts';
import {record} from '../record.ts';
import {SAMPLE, SAMPLE_EXPECTATIONS} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

type Asked = {backup: string; expect?: string; depth?: string; set?: string[]};

async function sabotaged(asked: Asked, deps: Partial<typeof testDeps> = {}) {
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const reportJson = dir.file('report.json');
  const before = createHash('sha256').update(readFileSync(asked.backup)).digest('hex');
  const tempDir = dir.file('temp');
  const io = {deps: {...testDeps, tempDir, ...deps}, paint: plain, out: print, log: print};
  writeFileSync(reportJson, '{"attempts": []}');
  const exitCode = await sabotageCommand({server: 'process', reportJson, ...asked}, io);
  expect(createHash('sha256').update(readFileSync(asked.backup)).digest('hex')).toBe(before);
  expect(readdirSync(tempDir)).toEqual([]);
  const report = JSON.parse(readFileSync(reportJson, 'utf8'));
  return {exitCode, report, attempts: report.attempts as Attempt[], text: printed.join('')};
}

const byResult = (attempts: Attempt[]) => {
  const counts: Partial<Record<Attempt['result'], number>> = {};
  for (const {result} of attempts) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
};

describe('every damaged copy goes red', () => {
  test('a dump against its expectations', async () => {
    const {exitCode, report, attempts, text} = await sabotaged({backup: SAMPLE, expect: SAMPLE_EXPECTATIONS});
    expect(exitCode).toBe(0);
    expect(sabotageSchema.parse(report)).toEqual(report);
    // A dump without a checksum is as good as any to a server; the warning says what it lacks.
    expect(byResult(attempts)).toEqual({red: attempts.length - 1, warned: 1});
    const rules = new Set(attempts.map(({rule}) => rule));
    for (const rule of [
      ...['backup/missing', 'backup/empty-file', 'backup/not-rdb', 'backup/truncated', 'backup/corrupt'],
      ...['backup/checksum-mismatch', 'backup/trailing-bytes', 'backup/checksum-absent'],
      ...['restore/version-unsupported', 'expect/keys-dropped'],
    ])
      expect(rules).toContain(rule);
    const value = attempts.find(({damage}) => damage === 'whole, but with another value in one key');
    // Of the whole dataset, or of the group that the key is in.
    expect(value).toMatchObject({
      result: 'red',
      rule: expect.stringMatching(/^expect\/.*digest|^expect\/group/),
    });
    expect(text).toMatch(/^ {2}green {3}the backup itself\n/);
    expect(text).toMatch(/\nPASSED {2}damage to dump\.rdb is noticed: 28 damaged copies were drilled\n$/);
  });

  test('a dump with nothing expected of it: what would take expectations is said', async () => {
    const {exitCode, attempts, text} = await sabotaged({backup: SAMPLE});
    expect(exitCode).toBe(0);
    const beyond = attempts.filter(({result}) => result === 'beyond');
    expect(beyond.map(({damage}) => damage)).toEqual([
      'whole, but without the second half of its keys',
      'whole, but without any key',
      'whole, but with another value in one key',
    ]);
    expect(beyond.every(({because}) => because?.includes('--expect'))).toBe(true);
    expect(text).toMatch(/3 of them are whole backups of other data, and nothing is expected/);
  });

  test('a quick drill: counts tell, values do not, and that is said', async () => {
    const {exitCode, attempts} = await sabotaged({
      backup: SAMPLE,
      expect: SAMPLE_EXPECTATIONS,
      depth: 'quick',
    });
    expect(exitCode).toBe(0);
    expect(attempts.filter(({result}) => result === 'beyond').map(({damage}) => damage)).toEqual([
      'whole, but with another value in one key',
    ]);
  });

  packedTest('an archive in layers: what it is stored as is damaged, and the dump in it', async () => {
    const packer = new Packer(dir.path);
    try {
      const backup = packer.pack(SAMPLE, 'tar', 'gzip', 'openssl');
      const asked = {backup, expect: SAMPLE_EXPECTATIONS, set: KEY_SETTINGS};
      const {exitCode, attempts} = await sabotaged(asked, {env: keysOf(packer)});
      expect({exitCode, missed: attempts.filter(({result}) => result === 'missed')}).toEqual({
        exitCode: 0,
        missed: [],
      });
      expect(attempts).toContainEqual(
        expect.objectContaining({of: 'backup', damage: 'cut to half of its size', result: 'red'}),
      );
      expect(attempts).toContainEqual({
        of: 'dump',
        damage: 'cut to half of its size',
        result: 'red',
        rule: 'backup/truncated',
      });
    } finally {
      packer.dispose();
    }
  });

  packedTest('a tar: what is cut off is padding, and the very same dump comes out', async () => {
    const backup = dir.file('backup.tar');
    execFileSync('tar', ['-c', '-f', backup, basename(SAMPLE)], {cwd: dirname(SAMPLE)});
    const {exitCode, attempts} = await sabotaged({backup});
    expect(exitCode).toBe(0);
    expect(attempts.filter(({result}) => result === 'same-dump').map(({damage}) => damage)).toContain(
      'cut by its last byte',
    );
  });
});

describe('what goes unnoticed is found out', () => {
  test('a dump without a checksum: flipped bits in values pass, and the reason is named', async () => {
    const backup = dir.file('unsealed.rdb');
    copyFileSync(SAMPLE, backup);
    await noChecksum.inflict(backup);
    const {exitCode, attempts, report, text} = await sabotaged({backup});
    const missed = attempts.filter(({result}) => result === 'missed');
    expect(missed.length).toBeGreaterThan(0);
    expect(missed.every(({because}) => because?.includes('rdbchecksum yes'))).toBe(true);
    expect({exitCode, outcome: report.outcome}).toEqual({exitCode: 4, outcome: 'failed'});
    expect(text).toMatch(/FAILED {2}\d+ of \d+ damaged copies of unsealed\.rdb went unnoticed/);
  });

  test('a policy that tolerates the loss of half of the keys', async () => {
    await using live = await LiveRedis.start();
    for (let n = 0; n < 20; n++) await live.redis.set(`key:${n}`, `value ${n}`);
    const backup = dir.file('tolerant.rdb');
    await live.saveTo(backup);
    await record(backup, dir.file('tolerant.json'));
    const set = ['expect.keys.max-drop=60%'];
    const {exitCode, attempts} = await sabotaged({backup, expect: dir.file('tolerant.json'), set});
    expect(exitCode).toBe(4);
    expect(attempts.filter(({result}) => result === 'missed').map(({damage}) => damage)).toEqual([
      'whole, but without the second half of its keys',
    ]);
    // Whoever tolerates other counts does not ask for the same digest.
    expect(attempts.filter(({result}) => result === 'beyond').map(({damage}) => damage)).toEqual([
      'whole, but with another value in one key',
    ]);
  });
});

describe('nothing is sabotaged', () => {
  test('where the backup itself does not pass', async () => {
    const backup = dir.file('cut.rdb');
    writeFileSync(backup, readFileSync(SAMPLE).subarray(0, 500));
    const {exitCode, text, attempts} = await sabotaged({backup});
    expect({exitCode, attempts}).toEqual({exitCode: 4, attempts: []});
    expect(text).toMatch(/backup\/truncated[\s\S]*the backup itself has to pass first/);
  });

  test('where there is no server: not held, rather than red', async () => {
    const {exitCode, attempts} = await sabotaged({backup: SAMPLE}, {searchPath: '/nowhere'});
    expect({exitCode, attempts}).toEqual({exitCode: 3, attempts: []});
  });

  test('any more after a cancel, and nothing is left behind', async () => {
    const cancel = new AbortController();
    const tempDir = dir.file('cancelled');
    const printed: string[] = [];
    const out = (text: string): void => {
      if (printed.push(text) === 4) cancel.abort();
    };
    const io = {deps: {...testDeps, tempDir, signal: cancel.signal}, paint: plain, out, log: out};
    const running = sabotageCommand({backup: SAMPLE, server: 'process'}, io);
    await expect(running).rejects.toMatchObject({code: 'cancelled', exitCode: 130});
    expect(printed).toHaveLength(4);
    expect(readdirSync(tempDir)).toEqual([]);
  });
});
