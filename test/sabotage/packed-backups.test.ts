/**
 * Every way we know to ruin a packed backup, and the finding that it must end with. Each test is titled by what happened
 * to the backup. Packed by the real programs; most damage is found without a server, so none is asked.
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {packedTest} from '../packed-test.ts';
import {ALIKE, bomb, KEY_SETTINGS, keysOf, Packer, type PackName} from '../packers.ts';
import {SAMPLE} from '../servers.ts';

const dir = scratch();
const PLAIN = createHash('sha256').update(readFileSync(SAMPLE)).digest('hex');
let packer: Packer;
beforeAll(() => {
  packer = new Packer(dir.path);
});
afterAll(() => {
  packer.dispose();
  dir.dispose();
});

const quickly = {server: 'process', set: KEY_SETTINGS};
const drillWith = (path: string, set = KEY_SETTINGS, env = keysOf(packer)) =>
  drillOf(path, {...quickly, set}, {env});

function ruined(path: string, ruin: (bytes: Buffer) => Buffer): string {
  const copy = packer.path('ruined.rdb');
  writeFileSync(copy, ruin(Buffer.from(readFileSync(path))));
  return copy;
}

/** An archive of a folder that `fill` has filled. */
function archived(fill: (folder: string) => void, program: 'tar' | 'zip' = 'tar', ...args: string[]): string {
  const folder = packer.path('folder');
  const path = packer.path('archive.zip');
  mkdirSync(folder);
  fill(folder);
  const how = program === 'tar' ? ['-c', '-f'] : ['-q', '-r', '-y'];
  execFileSync(program, [...args, ...how, path, '.'], {cwd: folder, stdio: 'pipe'});
  return path;
}

/** Numbers that look random and are the same in every run. */
function places(count: number, below: number): number[] {
  let state = 1;
  return Array.from({length: count}, () => {
    state = Math.imul(state, 48_271) % 0x7fffffff;
    return Math.abs(state) % below;
  });
}

const seen = ({outcome, error, findings, backup}: DrillReport) => ({
  outcome,
  error: error?.code,
  rule: findings.find(({status}) => status === 'fail')?.rule,
  same: backup?.sha256?.plain === PLAIN,
});

describe('ends red', () => {
  const FORMS: [PackName[], number][] = [
    [['gzip'], 20],
    [['bzip2'], 20],
    [['zstd'], 20],
    [['xz'], 20],
    [['lz4'], 20],
    [['tar'], 20],
    [['zip'], 20],
    [['zip of a pipe'], 20],
    [['age'], 12],
    [['age in text'], 12],
    [['gpg'], 6],
    [['gpg in text, signed'], 6],
    [['openssl'], 8],
    [['openssl in text'], 8],
    [['tar', 'gzip', 'age'], 8],
    [['zip', 'xz', 'openssl'], 8],
  ];

  /** Zeros that an archive is filled up with, the end of the last line. */
  const MAY_BE_MISSING: Partial<Record<PackName, number>> = {
    tar: 8192,
    'age in text': 1,
    'gpg in text, signed': 40,
    'openssl in text': 1,
  };

  packedTest.each(FORMS.map(([names, count]) => [names.join(' in '), names, count] as const))(
    '%s, cut at any place',
    async (_title, names, count) => {
      const whole = packer.pack(SAMPLE, ...names);
      const size = readFileSync(whole).length;
      const end = size - (MAY_BE_MISSING[names.at(-1)!] ?? 0);
      for (const length of [0, 1, end - 1, ...places(count, end)]) {
        const report = seen(await drillWith(ruined(whole, bytes => bytes.subarray(0, length))));
        expect({length, ...report}).toEqual({
          length,
          outcome: 'failed',
          error: undefined,
          same: false,
          rule: expect.stringMatching(
            length < 512
              ? /^backup\/(empty-file|not-rdb|truncated-packing|corrupt-encryption|undecryptable)$/
              : /^backup\/(truncated-packing|corrupt-encryption)$/,
          ),
        });
      }
    },
  );

  packedTest.each(FORMS.map(([names, count]) => [names.join(' in '), names, count] as const))(
    '%s, with a flipped bit at any place, unless the very same dump comes out',
    async (_title, names, count) => {
      const whole = packer.pack(SAMPLE, ...names);
      const size = readFileSync(whole).length;
      for (const [n, at] of places(count, size).entries()) {
        const flipped = ruined(whole, bytes => {
          bytes[at]! ^= 1 << (n & 7);
          return bytes;
        });
        const {outcome, error, rule, same} = seen(await drillWith(flipped));
        const harmless = outcome === 'passed' && same;
        const refused = outcome === 'not-run' && error === 'unpack/unsupported-form';
        const failed = outcome === 'failed' && /^backup\//.test(rule ?? '');
        expect({at, outcome, error, rule, fine: harmless || refused || failed}).toMatchObject({
          at,
          fine: true,
        });
      }
    },
  );

  packedTest.each<[PackName]>([
    ['gzip'],
    ['bzip2'],
    ['zstd'],
    ['xz'],
    ['lz4'],
    ['tar'],
    ['zip'],
    ['age in text'],
  ])('%s, with other bytes after its end', async name => {
    const path = ruined(packer.pack(SAMPLE, name), bytes => Buffer.concat([bytes, Buffer.from('done.\n')]));
    const report = await drillWith(path);
    expect(failures(report)).toEqual(['backup/trailing-garbage']);
    expect(report.findings[0]!.hint).not.toBe('');
  });

  packedTest('cut, and says at which byte of which layer', async () => {
    const whole = packer.pack(SAMPLE, 'tar', 'gzip');
    const report = await drillWith(ruined(whole, bytes => bytes.subarray(0, 5000)));
    expect(report.findings[0]!.message).toMatch(/gzip data ends before its end, at byte 5,000 of the backup/);
    const inner = ruined(packer.pack(SAMPLE, 'tar'), bytes => bytes.subarray(0, 20_000));
    const nested = await drillWith(packer.pack(inner, 'gzip'));
    expect(nested.findings[0]!.message).toMatch(/a tar archive in gzip data ends .* at byte 20,000 of it/);
  });
});

describe('ends red though the packing is whole', () => {
  packedTest.each([
    ['an HTML error page in gzip', '<html><body>502 Bad Gateway</body></html>', 'backup/not-rdb', /HTML/],
    ['nothing in gzip', '', 'backup/empty-file', /./],
    ['an error reply in gzip', '-NOAUTH Authentication required.\r\n', 'backup/not-rdb', /error reply/],
  ])('%s', async (_what, content, rule, says) => {
    const path = packer.path('page');
    writeFileSync(path, content);
    const report = await drillWith(packer.pack(path, 'gzip'));
    expect(failures(report)).toEqual([rule]);
    expect(report.findings[0]!.message).toMatch(says);
  });

  packedTest('a ruined dump in a whole archive', async () => {
    const cut = ruined(SAMPLE, bytes => bytes.subarray(0, -500));
    expect(failures(await drillWith(packer.pack(cut, 'tar', 'zstd')))[0]).toBe('backup/truncated');
  });

  packedTest.each(['tar', 'zip'] as const)('an empty member in a %s', async program => {
    const path = archived(folder => writeFileSync(join(folder, 'dump.rdb'), ''), program);
    expect(failures(await drillWith(path))).toEqual(['backup/empty-file']);
  });

  packedTest.each(['tar', 'zip'] as const)('a %s with no dump in it', async program => {
    const path = archived(folder => writeFileSync(join(folder, 'redis.conf'), 'appendonly no\n'), program);
    const report = await drillWith(path);
    expect(failures(report)).toEqual(['backup/no-dump-inside']);
    expect(report.findings[0]!.message).toMatch(/redis\.conf" \(text\)/);
  });

  packedTest('the checksum beside it is of other bytes', async () => {
    const path = packer.pack(SAMPLE, 'gzip');
    writeFileSync(`${path}.sha256`, `${'0'.repeat(64)}  backup.rdb\n`);
    const report = await drillWith(path);
    expect(report.outcome).toBe('failed');
    expect(failures(report)).toEqual(['backup/checksum-beside']);
    expect(report.findings[0]).toMatchObject({expected: '0'.repeat(64), origin: 'backup.rdb.sha256'});
  });

  packedTest('damaged since its checksum was taken: both are told', async () => {
    const whole = packer.pack(SAMPLE, 'xz');
    const hex = createHash('md5').update(readFileSync(whole)).digest('hex');
    const path = ruined(whole, bytes => bytes.subarray(0, -100));
    writeFileSync(join(path, '..', 'MD5SUMS'), `${hex}  ruined.rdb\n`);
    expect(failures(await drillWith(path))).toEqual(['backup/truncated-packing', 'backup/checksum-beside']);
  });
});

describe('is refused', () => {
  const limited = (...settings: string[]) => [...KEY_SETTINGS, ...settings];

  packedTest.each(['gzip', 'zstd'] as const)('a bomb of %s: a gigabyte of zeros', async program => {
    const path = packer.path('bomb.rdb');
    bomb(program, 1, path);
    const report = await drillWith(path);
    expect(failures(report)).toEqual(['backup/expands-too-far']);
    expect(report.findings[0]!.hint).toMatch(/max-ratio/);
  });

  packedTest('more bytes or entries than the config allows', async () => {
    const path = packer.path('zeros.rdb');
    writeFileSync(path, Buffer.alloc(8 * 1024 * 1024));
    const large = await drillWith(packer.pack(path, 'gzip'), limited('unpack.max-size=6mb'));
    expect(failures(large)).toEqual(['backup/expands-too-far']);
    const many = await drillWith(packer.pack(SAMPLE, 'tar'), limited('unpack.max-entries=3'));
    expect(failures(many)).toEqual(['backup/expands-too-far']);
  });

  packedTest('packed nine times over', async () => {
    const nine = Array.from({length: 9}, () => 'gzip' as const);
    expect(failures(await drillWith(packer.pack(SAMPLE, ...nine)))).toEqual(['backup/nested-too-deep']);
  });

  packedTest.each([
    ['leads upwards', '../dump.rdb'],
    ['is absolute', '/var/lib/redis/dump.rdb'],
    ['leads upwards on the way', 'backup/../../dump.rdb'],
  ])('a tar with a name that %s', async (_what, name) => {
    const transform = ['-P', `--transform=s,.*dump.rdb,${name},`];
    const path = archived(folder => copyFileSync(SAMPLE, join(folder, 'dump.rdb')), 'tar', ...transform);
    expect(failures(await drillWith(path))).toEqual(['backup/unsafe-path']);
  });

  packedTest('a zip with a name that leads upwards', async () => {
    const path = archived(folder => copyFileSync(SAMPLE, join(folder, 'aa_dump.rdb')), 'zip');
    const evil = ruined(path, bytes =>
      Buffer.from(bytes.toString('latin1').replaceAll('aa_dump.rdb', '../dump.rdb'), 'latin1'),
    );
    expect(failures(await drillWith(evil))).toEqual(['backup/unsafe-path']);
  });

  packedTest.each([
    ['tar', '/etc/passwd'],
    ['tar', '../../dump.rdb'],
    ['zip', '/etc/passwd'],
  ] as const)('a %s with a link to %s', async (program, target) => {
    const path = archived(folder => symlinkSync(target, join(folder, 'dump.rdb')), program);
    expect(failures(await drillWith(path))).toEqual(['backup/unsafe-link']);
  });

  packedTest('a zip whose directory says something else than its entries', async () => {
    const path = archived(folder => copyFileSync(SAMPLE, join(folder, 'dump.rdb')), 'zip');
    const twoFaced = ruined(path, bytes => {
      bytes.write('evil', bytes.lastIndexOf('dump.rdb'));
      return bytes;
    });
    expect(failures(await drillWith(twoFaced))).toEqual(['backup/corrupt-archive']);
  });
});

describe('cannot be decrypted', () => {
  const otherKeys = () => {
    const other = packer.path('other');
    mkdirSync(other);
    return keysOf(new Packer(other));
  };

  function packedAlike(name: PackName): string {
    const alike = ALIKE[name];
    if (!alike) return packer.pack(SAMPLE, name);
    const path = packer.path('backup.rdb');
    writeFileSync(path, alike(SAMPLE));
    return path;
  }

  packedTest.each<[PackName]>([
    ['age'],
    ['age in text'],
    ['gpg'],
    ['gpg with a passphrase'],
    ['openssl'],
    ['openssl in text'],
  ])('%s, with the wrong key: failed', async name => {
    const right = otherKeys();
    const env = (secret: string) => (secret === 'DRILL_PASSPHRASE' ? 'wrong horse' : right(secret));
    const report = await drillWith(packedAlike(name), KEY_SETTINGS, env);
    expect(failures(report)).toEqual(['backup/undecryptable']);
    expect(report.outcome).toBe('failed');
    const told = JSON.stringify(report);
    for (const secret of ['wrong horse', right('DRILL_AGE')!.split('\n')[2]!])
      expect(told).not.toContain(secret);
  });

  packedTest('openssl: it is said that a wrong passphrase and damage cannot be told apart', async () => {
    const report = await drillWith(packedAlike('openssl'), KEY_SETTINGS, () => 'wrong horse');
    expect(report.findings[0]!.message).toMatch(/authenticates nothing.* cannot be told apart/);
  });

  packedTest.each<[PackName, string]>([
    ['age', 'age'],
    ['gpg', 'gpg'],
    ['openssl', 'openssl'],
    ['openssl in text', 'openssl'],
  ])('%s, and no key is configured: not-run', async (name, kind) => {
    const report = await drillWith(packer.pack(SAMPLE, name), []);
    expect(report).toMatchObject({outcome: 'not-run', error: {code: 'unpack/no-key'}});
    expect(report.error!.hint).toContain(`decrypt: {${kind}:`);
  });

  packedTest.each<[PackName]>([['age'], ['gpg'], ['openssl']])(
    '%s, and the environment does not have the key: not-run',
    async name => {
      const report = await drillWith(packer.pack(SAMPLE, name), KEY_SETTINGS, () => undefined);
      expect(report).toMatchObject({outcome: 'not-run', error: {code: 'unpack/no-key'}});
      expect(report.error!.message).toMatch(/DRILL_/);
    },
  );

  packedTest.each<[PackName]>([['age'], ['gpg']])(
    '%s, and what is configured is no key: not-run',
    async name => {
      const report = await drillWith(packer.pack(SAMPLE, name), KEY_SETTINGS, () => 'no key at all');
      expect(report).toMatchObject({outcome: 'not-run', error: {code: 'unpack/unusable-key'}});
      expect(JSON.stringify(report)).not.toContain('no key at all');
    },
  );

  packedTest.each<[PackName]>([['gpg'], ['openssl']])(
    '%s, and the program is missing: not-run',
    async name => {
      const report = await drillOf(packer.pack(SAMPLE, name), quickly, {
        env: keysOf(packer),
        searchPath: '/nowhere',
      });
      expect(report).toMatchObject({outcome: 'not-run', error: {code: 'unpack/program-missing'}});
    },
  );
});

describe('is not-run, because it is no fault of the backup', () => {
  packedTest.each(['tar', 'zip'] as const)('a %s with two dumps: both are named', async program => {
    const path = archived(folder => {
      for (const name of ['users.rdb', 'sessions.rdb']) cpSync(SAMPLE, join(folder, name));
    }, program);
    const report = await drillWith(path);
    expect(report).toMatchObject({outcome: 'not-run', error: {code: 'unpack/several-dumps'}});
    expect(report.error!.message).toMatch(/users\.rdb/);
    expect(report.error!.message).toMatch(/sessions\.rdb/);
  });

  packedTest('an archive with an append-only file beside the dump: a server would load that', async () => {
    const path = archived(folder => {
      cpSync(SAMPLE, join(folder, 'dump.rdb'));
      mkdirSync(join(folder, 'appendonlydir'));
      writeFileSync(
        join(folder, 'appendonlydir', 'appendonly.aof.manifest'),
        'file appendonly.aof.1.base.rdb seq 1 type b\n',
      );
    });
    expect(failures(await drillWith(path))).toContain('aof/file-missing');
  });

  test('a disk that has no room for it', async () => {
    const {unpack} = await import('../../src/unpack/unpack.ts');
    const {testDeps} = await import('../drills.ts');
    const path = packer.pack(SAMPLE, 'gzip');
    const freeBytes = async () => 4711;
    await expect(unpack(path, {...testDeps, freeBytes})).rejects.toMatchObject({code: 'capacity/disk'});
  });
});
