/** Every form that a backup comes in, packed by the programs that people use, alone and in one another: all green, with one and the same dump inside. */
import {createHash} from 'node:crypto';
import {copyFileSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {drillOf, scratch} from '../drills.ts';
import {packedTest} from '../packed-test.ts';
import {KEY_SETTINGS, keysOf, PACKS, PASSPHRASE, Packer, type PackName} from '../packers.ts';
import {SAMPLE} from '../servers.ts';

const dir = scratch();
const sample = readFileSync(SAMPLE);
const PLAIN = createHash('sha256').update(sample).digest('hex');
let packer: Packer;
beforeAll(() => {
  packer = new Packer(dir.path);
});
afterAll(() => {
  packer.dispose();
  dir.dispose();
});

const drillWith = (path: string, set = KEY_SETTINGS) =>
  drillOf(path, {server: 'process', set}, {env: keysOf(packer)});

describe('is drilled like the dump in it', () => {
  packedTest.each((Object.keys(PACKS) as PackName[]).map(name => [name]))('%s', async name => {
    const path = packer.pack(SAMPLE, name);
    const report = await drillWith(path);
    expect({outcome: report.outcome, error: report.error}).toEqual({outcome: 'passed', error: undefined});
    const artifact = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(report.backup!.sha256).toEqual({artifact, plain: PLAIN});
    expect(report.findings).toContainEqual(
      expect.objectContaining({rule: 'backup/unpacked', status: 'pass'}),
    );
  });

  const NESTED: PackName[][] = [
    ['gzip', 'age'],
    ['zstd', 'age in text'],
    ['gzip', 'gpg'],
    ['xz', 'gpg in text, signed'],
    ['gzip', 'openssl'],
    ['bzip2', 'openssl in text'],
    ['tar', 'gzip'],
    ['tar', 'zstd'],
    ['tar', 'xz', 'openssl'],
    ['tar', 'bzip2', 'age'],
    ['tar', 'lz4', 'gpg'],
    ['zip', 'age'],
    ['gzip', 'tar'],
    ['age', 'tar'],
    ['gpg', 'zip'],
    ['xz', 'tar with pax records', 'lz4'],
    ['gzip', 'gzip'],
    ['zstd', 'tar', 'tar', 'gzip'],
    ['tar', 'gzip', 'age', 'zip'],
    ['lz4', 'zip of a pipe', 'bzip2 in two streams', 'gpg with a passphrase'],
    ['gzip', 'tar', 'zstd', 'age', 'tar', 'xz', 'openssl', 'zip'],
  ];
  packedTest.each(NESTED.map(names => [names.join(' in '), names] as const))('%s', async (_title, names) => {
    const report = await drillWith(packer.pack(SAMPLE, ...names));
    expect({outcome: report.outcome, error: report.error}).toEqual({outcome: 'passed', error: undefined});
    expect(report.backup!.sha256!.plain).toBe(PLAIN);
    expect(report.backup!.packing!.length).toBeGreaterThanOrEqual(names.length);
  });

  packedTest('age with a passphrase', async () => {
    const set = ['decrypt.age.passphrase=env:DRILL_PASSPHRASE'];
    expect((await drillWith(packer.agePassphrase(SAMPLE), set)).backup?.sha256?.plain).toBe(PLAIN);
  });

  packedTest(
    'openssl as it was before -pbkdf2, and with another cipher, digest and iteration count',
    async () => {
      const pass = ['-pass', `pass:${PASSPHRASE}`, '-in', SAMPLE];
      const {execFileSync} = await import('node:child_process');
      const old = packer.path('old.enc');
      writeFileSync(
        old,
        execFileSync('openssl', ['enc', '-aes-128-cbc', '-md', 'md5', ...pass], {stdio: 'pipe'}),
      );
      const settings = (...more: string[]) => [
        ...KEY_SETTINGS,
        ...more.map(setting => `decrypt.openssl.${setting}`),
      ];
      const report = await drillWith(old, settings('cipher=aes-128-cbc', 'digest=md5', 'pbkdf2=false'));
      expect(report.backup?.sha256?.plain).toBe(PLAIN);
      const counted = packer.path('counted.enc');
      const args = ['enc', '-aes-256-ctr', '-pbkdf2', '-iter', '250000', '-md', 'sha512', ...pass];
      writeFileSync(counted, execFileSync('openssl', args, {stdio: 'pipe'}));
      const again = await drillWith(counted, settings('cipher=aes-256-ctr', 'digest=sha512', 'iter=250000'));
      expect(again.backup?.sha256?.plain).toBe(PLAIN);
    },
  );
});

describe('stays green', () => {
  test.each([
    ['dump.rdb.sha256', `${PLAIN}  dump.rdb\n`],
    ['dump.rdb.sha256', `${PLAIN.toUpperCase()}`],
    ['dump.rdb.sha256', `${PLAIN}  /var/backups/of-another-name.rdb\n`],
    ['SHA256SUMS', `${'0'.repeat(64)}  other.rdb\n${PLAIN} *dump.rdb\n`],
    ['dump.rdb.md5', `MD5 (dump.rdb) = ${createHash('md5').update(sample).digest('hex')}\n`],
    ['dump.rdb.sha512', `${createHash('sha512').update(sample).digest('hex')}  ./dump.rdb\n`],
  ])('with its checksum beside it, and says so: %s', async (file, text) => {
    const folder = packer.path('beside');
    const path = join(folder, '..', 'dump.rdb');
    copyFileSync(SAMPLE, path);
    writeFileSync(join(folder, '..', file), text);
    const report = await drillOf(path, {server: 'process'});
    expect(report.outcome).toBe('passed');
    expect(report.findings).toContainEqual(
      expect.objectContaining({rule: 'backup/checksum-beside', status: 'pass', origin: file}),
    );
  });

  test('beside checksums of other files; of what is no checksum it says that nothing was compared', async () => {
    const path = join(packer.path('x'), '..', 'dump.rdb');
    copyFileSync(SAMPLE, path);
    writeFileSync(`${path}.sha256`, 'to be done\n');
    writeFileSync(join(path, '..', 'SHA256SUMS'), `${'0'.repeat(64)}  other.rdb\n`);
    const report = await drillOf(path, {server: 'process'});
    expect(report.outcome).toBe('passed');
    const said = report.findings.filter(({rule}) => rule === 'backup/checksum-beside');
    expect(said).toMatchObject([{status: 'skipped', severity: 'warning', origin: 'dump.rdb.sha256'}]);
  });

  packedTest(
    'an archive with links that stay inside, hidden files, and what an interrupted save left',
    async () => {
      const folder = packer.folderWith(SAMPLE);
      const {execFileSync} = await import('node:child_process');
      const data = join(folder, 'backup', 'data');
      execFileSync('ln', ['-s', 'dump.rdb', join(data, 'latest.rdb')]);
      execFileSync('ln', [join(data, 'dump.rdb'), join(data, 'hard.rdb')]);
      writeFileSync(join(data, '._dump.rdb'), 'of a Mac');
      copyFileSync(SAMPLE, join(data, 'temp-4711.rdb'));
      execFileSync('rm', [join(data, 'hard.rdb')]);
      for (const [program, ...args] of [
        ['tar', '-c', '-f'],
        ['zip', '-q', '-r', '-y'],
      ] as const) {
        const path = packer.path('links.zip');
        execFileSync(program, [...args, path, 'backup'], {cwd: folder, stdio: 'pipe'});
        expect((await drillWith(path)).backup?.sha256?.plain).toBe(PLAIN);
      }
    },
  );

  packedTest('and leaves nothing behind', async () => {
    const path = packer.pack(SAMPLE, 'gzip', 'gpg');
    const temp = scratch();
    const deps = {env: keysOf(packer), tempDir: temp.path};
    expect((await drillOf(path, {server: 'process', set: KEY_SETTINGS}, deps)).outcome).toBe('passed');
    expect(readdirSync(temp.path)).toEqual([]);
    temp.dispose();
  });
});
