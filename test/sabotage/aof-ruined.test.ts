/**
 * Every way we know to ruin an append-only file, and the finding that it must end with. Servers pass over half of them in
 * silence: empty, ready, and sometimes writing over what was left.
 */
import {execFileSync} from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {AofDirectory, command, copyData, fill, makeAof, rewrite} from '../aof-sets.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {containerTest, imageOf, SAMPLE} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());
/** A local server starts in a tenth of the time that a container takes. */
const quickly = {server: 'process'};

beforeAll(async () => {
  await makeAof(dir.file('healthy'), {
    prepare: async redis => {
      await fill(redis);
      await rewrite(redis);
      await redis.set('after:rewrite', '1');
      await redis.multi().set('a', '1').set('b', '2').exec();
      await redis.set('last', 'one');
    },
  });
});

async function ruined(ruin: (aof: AofDirectory) => void, asked = {}) {
  copyData(dir.file('healthy'), dir.file('ruined'));
  ruin(new AofDirectory(dir.file('ruined')));
  return await drillOf(dir.file('ruined'), {...quickly, ...asked});
}

test('not ruined, it passes', async () => {
  const report = await ruined(() => {});
  expect(failures(report)).toEqual([]);
  expect(report.outcome).toBe('passed');
});

describe('servers start on it without a word', () => {
  test('the manifest is missing', async () => {
    expect(failures(await ruined(aof => aof.remove('manifest')))).toEqual(['aof/manifest-missing']);
  });

  test('only the base was copied', async () => {
    copyData(dir.file('healthy'), dir.file('whole'));
    mkdirSync(dir.file('alone'), {recursive: true});
    const base = new AofDirectory(dir.file('whole')).file('base');
    for (const name of ['dump.rdb', 'appendonly.aof.1.base.rdb', 'appendonly.aof']) {
      const path = join(dir.file('alone'), name);
      copyFileSync(base, path);
      expect([name, failures(await drillOf(path, quickly))]).toEqual([name, ['aof/manifest-missing']]);
    }
  });

  test('only the incremental file was copied', async () => {
    copyData(dir.file('healthy'), dir.file('whole'));
    const incr = new AofDirectory(dir.file('whole')).file('incr');
    expect(failures(await drillOf(incr, quickly))).toEqual(['aof/manifest-missing']);
  });

  test('every part has zero bytes', async () => {
    const report = await ruined(aof => {
      truncateSync(aof.file('base'), 0);
      truncateSync(aof.file('incr'), 0);
    });
    expect(failures(report)).toEqual(['aof/empty']);
  });

  test('the base has zero bytes', async () => {
    expect(failures(await ruined(aof => truncateSync(aof.file('base'), 0)))).toEqual(['aof/empty-part']);
  });

  test('a single file has zero bytes', async () => {
    writeFileSync(dir.file('appendonly.aof'), '');
    expect(failures(await drillOf(dir.file('appendonly.aof'), quickly))).toEqual(['aof/empty']);
  });

  test('the manifest lists no base', async () => {
    const report = await ruined(aof =>
      aof.change('manifest', text => text.toString().replace(/.*type b\n/, '')),
    );
    expect(failures(report)).toEqual(['aof/base-missing']);
  });

  test('the manifest lists only history', async () => {
    const report = await ruined(aof =>
      aof.change('manifest', text => text.toString().replace(/type [bi]/g, 'type h')),
    );
    expect(failures(report)).toContain('aof/base-missing');
  });

  test('an incremental file that is newer than the manifest', async () => {
    const report = await ruined(aof =>
      writeFileSync(
        join(aof.path, 'appendonly.aof.99.incr.aof'),
        command('SELECT', '0') + command('SET', 'lost', '1'),
      ),
    );
    expect(failures(report)).toEqual(['aof/file-not-listed']);
  });

  test('a flipped bit in the manifest, which turns the incremental file into history', async () => {
    const report = await ruined(aof =>
      aof.change('manifest', text => text.toString().replace('type i', 'type h')),
    );
    expect(failures(report)).toEqual(['aof/file-not-listed']);
  });

  test('the manifest lists the incremental file a second time', async () => {
    const report = await ruined(aof =>
      aof.change(
        'manifest',
        text =>
          `${text}${String(text)
            .split('\n')
            .at(-2)!
            .replace(/seq \d+/, 'seq 99')}\n`,
      ),
    );
    expect(failures(report)).toEqual(['aof/manifest-invalid']);
    expect(report.findings[0]!.message).toMatch(/listed twice/);
  });

  test('the manifest lacks one of three incremental files, which lies there or does not', async () => {
    for (const there of ['', 'x']) {
      const report = await ruined(aof => {
        const write = (seq: number) =>
          writeFileSync(join(aof.path, `a.${seq}.incr.aof`), command('SET', 'k', '1'));
        if (there) write(3);
        write(4);
        aof.append('manifest', 'file a.4.incr.aof seq 4 type i\n');
      });
      const rules = report.findings.flatMap(({rule, status}) => (status === 'fail' ? rule : []));
      expect(rules).toEqual([...(there && ['aof/file-not-listed']), 'aof/manifest-invalid']);
    }
  });

  test('a flipped bit in the line end behind a value', async () => {
    const report = await ruined(aof =>
      aof.change('incr', bytes =>
        Buffer.from(bytes.toString('latin1').replace('one\r\n', 'one\r\x0b'), 'latin1'),
      ),
    );
    expect(failures(report)).toEqual(['aof/corrupt']);
  });

  test('a command that fails when it is carried out: a warning, as old servers wrote such too', async () => {
    const report = await ruined(aof =>
      aof.append('incr', command('SELECT', '0') + command('LPUSH', 'last', 'x')),
    );
    expect(report.outcome).toBe('passed');
    expect(report.findings[0]).toMatchObject({
      rule: 'restore/commands-failed',
      severity: 'warning',
      actual: 1,
    });
  });
});

describe('the manifest', () => {
  test.each([
    ['is empty', () => ''],
    ['was cut in a line', (text: string) => text.slice(0, -5)],
    ['has a blank line', (text: string) => text.replace('\n', '\n\n')],
    ['has a word too few', (text: string) => text.replace(' type b', '')],
    ['names an unknown type', (text: string) => text.replace('type i', 'type x')],
    ['names a path', (text: string) => text.replace('file appendonly', 'file ../appendonly')],
    ['lists the base twice', (text: string) => `${text}${text.split('\n')[0]}\n`],
    ['lists a number that does not rise', (text: string) => `${text}${text.split('\n').at(-2)}\n`],
    ['has a line that is too long', (text: string) => `${text}file x${'x'.repeat(2000)} seq 9 type i\n`],
  ])('%s', async (_, change: (text: string) => string) => {
    const report = await ruined(aof => aof.change('manifest', bytes => change(bytes.toString())));
    expect(failures(report)[0]).toBe('aof/manifest-invalid');
    expect(report.aof!.error!.line).toBeGreaterThan(0);
    // The server refuses it as well, where there was a part to start it with.
    expect([undefined, 'restore/aof-manifest']).toContain(failures(report)[1]);
  });

  test('names a base that is not there', async () => {
    expect(failures(await ruined(aof => aof.remove('base')))).toEqual([
      'aof/file-missing',
      'restore/aof-file-missing',
    ]);
  });

  test.each(['mkfifo', 'ln -s /dev/zero', 'ln -s nowhere'])('names what is no file: %s', async how => {
    const report = await ruined(aof => {
      const [program = '', ...args] = [...how.split(' '), aof.file('incr')];
      rmSync(args.at(-1)!);
      execFileSync(program, args);
    });
    expect(failures(report)).toEqual(['aof/file-missing', 'restore/aof-file-missing']);
  });

  test('names an incremental file that is not there', async () => {
    expect(failures(await ruined(aof => aof.remove('incr')))).toEqual([
      'aof/file-missing',
      'restore/aof-file-missing',
    ]);
  });

  test('went through a transfer in text mode: a warning, servers do not mind', async () => {
    const report = await ruined(aof =>
      aof.change('manifest', text => text.toString().replaceAll('\n', '\r\n')),
    );
    expect(report.outcome).toBe('passed');
    expect(report.findings[0]).toMatchObject({rule: 'aof/manifest-invalid', severity: 'warning'});
  });
});

describe('the commands', () => {
  test('went through a transfer in text mode', async () => {
    const report = await ruined(aof =>
      aof.change('incr', bytes => bytes.toString().replaceAll('\r\n', '\r\r\n')),
    );
    expect(failures(report)).toEqual(['aof/corrupt', 'restore/corrupt']);
    expect(report.findings[0]!.message).toMatch(/text mode/);
  });

  test('lost their carriage returns', async () => {
    const report = await ruined(aof =>
      aof.change('incr', bytes => bytes.toString().replaceAll('\r\n', '\n')),
    );
    expect(failures(report)).toEqual(['aof/corrupt', 'restore/corrupt']);
  });

  test('were overwritten in the middle', async () => {
    const report = await ruined(aof => aof.change('incr', bytes => bytes.fill('garbage ', 40, 72)));
    expect(failures(report)[0]).toBe('aof/corrupt');
  });

  test('hold a length below zero, on which Redis 7.0 crashes and hangs in its crash report', async () => {
    const report = await ruined(aof => aof.append('incr', '*3\r\n$-1\r\n\r\n'));
    expect(failures(report)).toEqual(['aof/corrupt', 'restore/crashed']);
  });

  test('end in zeros that were reserved and never written', async () => {
    const report = await ruined(aof =>
      aof.change('incr', bytes => Buffer.concat([bytes, Buffer.alloc(512)])),
    );
    expect(failures(report)).toEqual(['aof/corrupt', 'restore/corrupt']);
    expect(report.findings[0]!.message).toMatch(/a zero byte instead of '\*' at byte \d+/);
  });

  test('are cut in a file that is not the last', async () => {
    const report = await ruined(aof => {
      const name = 'appendonly.aof.77.incr.aof';
      writeFileSync(join(aof.path, name), command('SELECT', '0'));
      aof.change('manifest', text => `${text}file ${name} seq 77 type i\n`);
      const cut = join(aof.path, 'appendonly.aof.2.incr.aof');
      writeFileSync(cut, readFileSync(cut).subarray(0, -3));
    });
    expect(failures(report)).toEqual(['aof/truncated', 'restore/short-read']);
  });

  test('are unknown to the server', async () => {
    const report = await ruined(aof =>
      aof.append('incr', command('SELECT', '0') + command('FUTURE.SET', 'k', 'v')),
    );
    expect(failures(report)).toEqual(['restore/unknown-command']);
    expect(JSON.stringify(report)).not.toMatch(/future/i);
  });

  test('have a length that swallows those behind it', async () => {
    const report = await ruined(aof =>
      aof.change('incr', bytes =>
        bytes.toString().replace('$13\r\nafter:rewrite', '$91013\r\nafter:rewrite'),
      ),
    );
    expect(failures(report)[0]).toBe('aof/corrupt');
  });

  test('have an EXEC that is none any more: what follows would be taken for the rest of a transaction', async () => {
    const report = await ruined(aof =>
      aof.change('incr', bytes => bytes.toString().replace(/exec/i, 'eXeb')),
    );
    expect(failures(report)[0]).toBe('aof/corrupt');
  });
});

describe('a tail that was cut', () => {
  const cut = (bytes: number) => (aof: AofDirectory) => aof.change('incr', all => all.subarray(0, -bytes));

  test('in the last command: a warning with the bytes that it costs, and the rest restores', async () => {
    const report = await ruined(cut(4));
    expect(report.outcome).toBe('passed');
    const [finding] = report.findings;
    expect(finding).toMatchObject({
      rule: 'aof/cut-tail',
      severity: 'warning',
      actual: command('set', 'last', 'one').length - 4,
    });
  });

  test('in a transaction: all of it is lost, as on a server', async () => {
    const last = command('set', 'last', 'one').length;
    const report = await ruined(cut(last + 5));
    expect(report.outcome).toBe('passed');
    expect(report.findings[0]!.message).toMatch(/in the middle of a transaction/);
  });

  test.each([
    ['fail', 'failed'],
    ['warn', 'passed'],
    ['{max-bytes: 3}', 'failed'],
    ['{max-bytes: 4000}', 'passed'],
  ])('under expect.cut-tail=%s: %s', async (policy, outcome) => {
    const report = await ruined(cut(4), {set: [`expect.cut-tail=${policy}`]});
    expect(report.outcome).toBe(outcome);
    if (outcome === 'failed') expect(report.findings[0]!.origin).toBe('--set expect.cut-tail');
  });

  test('that costs more than 64 kB is no honest cut', async () => {
    const report = await ruined(aof =>
      aof.append('incr', `*3\r\n$3\r\nset\r\n$3\r\nbig\r\n$999999\r\n${'x'.repeat(70_000)}`),
    );
    expect(failures(report)).toEqual(['aof/cut-tail']);
  });

  test('and of a single file nothing is left', async () => {
    writeFileSync(dir.file('cut.aof'), '*2\r\n$6\r\nSELECT\r\n$1');
    expect(failures(await drillOf(dir.file('cut.aof'), quickly))[0]).toBe('aof/truncated');
  });
});

describe('the base', () => {
  test('was cut', async () => {
    const report = await ruined(aof => aof.change('base', bytes => bytes.subarray(0, -20)));
    expect(failures(report)[0]).toBe('backup/truncated');
    expect(report.findings[0]!.message).toMatch(/base\.rdb/);
  });

  test('has a flipped bit', async () => {
    const report = await ruined(aof =>
      aof.change('base', bytes => {
        bytes[bytes.length - 1]! ^= 1;
        return bytes;
      }),
    );
    expect(failures(report)).toEqual(['backup/checksum-mismatch', 'restore/checksum-mismatch']);
  });

  containerTest('is newer than the server that was asked for', async () => {
    const report = await ruined(
      aof =>
        aof.change('base', bytes =>
          Buffer.concat([Buffer.from('REDIS0012'), bytes.subarray(9, -8), Buffer.alloc(8)]),
        ),
      {server: 'container', image: imageOf('redis:7.0')},
    );
    expect(failures(report)).toEqual(['restore/version-unsupported']);
  });
});

describe('a dump beside the AOF', () => {
  test('that is ignored by servers is told, with how they differ', async () => {
    copyData(dir.file('healthy'), dir.file('both'));
    copyFileSync(SAMPLE, dir.file('both/dump.rdb'));
    const report = await drillOf(dir.file('both'), quickly);
    expect(report.outcome).toBe('passed');
    const finding = report.findings.find(({rule}) => rule === 'aof/dump-ignored')!;
    expect(finding).toMatchObject({
      status: 'fail',
      severity: 'note',
      actual: expect.stringMatching(/^370 keys, digest/),
    });
  });

  test('that does not restore fails the drill, unless `load: aof` says that it is no part of the backup', async () => {
    copyData(dir.file('healthy'), dir.file('both'));
    writeFileSync(dir.file('both/dump.rdb'), readFileSync(SAMPLE).subarray(0, 500));
    expect(failures(await drillOf(dir.file('both'), quickly))).toEqual(['aof/dump-ignored']);
    expect((await drillOf(dir.file('both'), {...quickly, set: ['load=aof']})).outcome).toBe('passed');
  });

  test('is the backup under `load: rdb`, whatever became of the AOF', async () => {
    copyData(dir.file('healthy'), dir.file('both'));
    copyFileSync(SAMPLE, dir.file('both/dump.rdb'));
    renameSync(dir.file('both/appendonlydir'), dir.file('both/elsewhere'));
    mkdirSync(dir.file('both/appendonlydir'));
    const report = await drillOf(dir.file('both'), {...quickly, set: ['load=rdb']});
    expect(report).toMatchObject({outcome: 'passed', backup: {name: 'dump.rdb'}});
  });
});
