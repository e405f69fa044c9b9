/** Append-only files that are sound and redis.conf files that are not: what production would make of the restore. Real servers, in containers. */
import {execFileSync} from 'node:child_process';
import {cpSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {AOF_ON, AofDirectory, copyData, dirOf, fill, makeAof, rewrite} from '../aof-sets.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {missing} from '../packers.ts';
import {containerTest, imageOf, SAMPLE, servers, skippedBecause} from '../servers.ts';
import {unpackedServer} from '../unpacked-server.ts';

/** Archives are made by other programs. */
const packedContainerTest =
  missing.length === 0 ? containerTest : skippedBecause(`${missing.join(', ')} not installed`);
const dir = scratch();
afterAll(() => dir.dispose());

/** What `fill` makes, and one more. */
const KEYS = 57;
const ON = 'appendonly yes';

/** A set of Redis 7.0, the same for all tests: what ruins it works on a copy. */
beforeAll(async () => {
  const prepare = async (redis: LiveRedis['redis']) => {
    await fill(redis);
    await redis.persist('brief');
    await rewrite(redis);
    await redis.set('after', '1');
  };
  await makeAof(dir.file('whole'), {prepare});
});

let made = 0;

/** A copy that may be ruined. */
function copy(): string {
  made += 1;
  copyData(dir.file('whole'), dir.file(`copy-${made}`));
  return dir.file(`copy-${made}`);
}

async function drillWith(conf: string[], backup = copy(), image = imageOf('redis:7.0')) {
  made += 1;
  const file = dir.file(`redis-${made}.conf`);
  writeFileSync(file, `${conf.join('\n')}\n`);
  return await drillOf(backup, {image, set: [`server.config=${file}`]});
}

const finding = (report: DrillReport, rule: string) => report.findings.find(one => one.rule === rule)!;
const lineOf = (report: DrillReport, rule: string) => finding(report, rule).origin.replace(/.*:/, '');

function expectGreen(report: DrillReport): void {
  expect({failed: failures(report), outcome: report.outcome}).toEqual({failed: [], outcome: 'passed'});
  const {load, census, aof} = report.production!;
  expect({status: load!.status, ignored: aof!.ignored}).toEqual({status: 'loaded', ignored: null});
  expect(census!.databases).toEqual(report.census!.databases);
}

describe('a sound append-only file fails where production’s own redis.conf', () => {
  containerTest.each([
    ['says appendonly no', ['maxmemory 0', 'appendonly no'], '2'],
    ['says nothing of appendonly', ['maxmemory 0'], /redis-\d+\.conf$/],
  ])('%s: it is passed over, and the server comes up empty', async (_title, conf, line) => {
    const report = await drillWith(conf);
    expect(failures(report)).toEqual(['production/aof-off']);
    expect(finding(report, 'production/aof-off')).toMatchObject({expected: KEYS, actual: 0});
    expect(finding(report, 'production/aof-off').message).toMatch(/^DATA LOSS: .* empty$/);
    expect(lineOf(report, 'production/aof-off')).toEqual(
      typeof line === 'string' ? line : expect.stringMatching(line),
    );
    // What else there is to say of the file is said at once.
    expect(report.production!.census!.keys).toBe(KEYS);
  });

  containerTest('says appendonly no, and an old dump lies beside it: that is what comes up', async () => {
    const backup = copy();
    cpSync(SAMPLE, join(backup, 'dump.rdb'));
    const report = await drillWith(['databases 16', 'appendonly no'], backup);
    expect(failures(report)).toEqual(['production/aof-off']);
    const {actual, message} = finding(report, 'production/aof-off');
    expect(actual).toBeGreaterThan(200);
    expect(message).toContain('of the dump beside it');
    expectGreen(await drillWith([ON], backup));
  });

  containerTest.each([
    ['appendfilename', 'appendfilename "sessions.aof"'],
    ['appenddirname', 'appenddirname aof'],
  ])('has another %s than the set: the server begins a new, empty one', async (directive, line) => {
    const report = await drillWith([ON, line]);
    expect(failures(report)).toEqual(['production/aof-names']);
    const found = report.findings.filter(({rule, status}) => rule.endsWith('aof-names') && status === 'fail');
    expect(found.map(({message}) => message).join()).toMatch(
      new RegExp(`${KEYS} keys are gone.*${directive}`),
    );
    expect(lineOf(report, 'production/aof-names')).toBe('2');
    expect(report.production!.aof!.ignored!.began.join()).toContain('Creating AOF base file');
    expect(report.production!.census!.keys).toBe(KEYS);
  });

  containerTest('leaves the names at their defaults, and the set has others', async () => {
    const backup = dir.file('other-names');
    await makeAof(backup, {flags: ['--appendfilename', 'sessions.aof']});
    expect(failures(await drillWith([ON], backup))).toEqual(['production/aof-names']);
    expectGreen(await drillWith([ON, 'appendfilename sessions.aof'], backup));
  });

  containerTest('refuses a tail that was cut, as the frozen restore does not', async () => {
    const backup = copy();
    new AofDirectory(backup).change('incr', bytes => bytes.subarray(0, -5));
    const report = await drillWith([ON, 'aof-load-truncated no'], backup);
    expect(failures(report)).toEqual(['production/aof-truncated']);
    expect(lineOf(report, 'production/aof-truncated')).toBe('2');
    // The same with production's default: the cut command is lost, which aof/cut-tail has said.
    expectGreen(await drillWith([ON], backup));
  });

  containerTest('has too few databases: keys go astray, and the server is ready', async () => {
    await makeAof(dir.file('wide'), {flags: ['--aof-use-rdb-preamble', 'no']});
    const report = await drillWith([ON, 'databases 2'], dir.file('wide'));
    expect(failures(report)).toContain('production/too-few-databases');
    expect(lineOf(report, 'production/too-few-databases')).toBe('2');
    expect(report.production!.load!.status).toBe('loaded');
    expect(failures(await drillWith([ON, 'databases 2']))).toEqual(['production/too-few-databases']);
  });

  containerTest('makes it a node of a cluster', async () => {
    await makeAof(dir.file('wide'), {flags: ['--aof-use-rdb-preamble', 'no']});
    const report = await drillWith([ON, 'cluster-enabled yes'], dir.file('wide'));
    expect(failures(report)).toContain('production/aof-commands-failed');
  });

  containerTest('allows less memory than the dataset takes', async () => {
    const prepare = async (redis: LiveRedis['redis']) => {
      await redis.call('DEBUG', 'POPULATE', '20000', 'key', '200');
      await rewrite(redis);
    };
    await makeAof(dir.file('big'), {prepare});
    const evicting = await drillWith([ON, 'maxmemory 2mb', 'maxmemory-policy allkeys-lru'], dir.file('big'));
    expect(failures(evicting)).toEqual(['production/evicted']);
    expect(failures(await drillWith([ON, 'maxmemory 2mb'], dir.file('big')))).toEqual([
      'production/maxmemory',
    ]);
  });

  containerTest('is refused, or takes away a command that the file holds', async () => {
    expect(failures(await drillWith([ON, 'hz ten']))).toEqual(['production/config-refused']);
    expect(failures(await drillWith([ON, 'rename-command SET ""']))).toEqual(['production/refused']);
  });
});

describe('out of an archive it is the same set', () => {
  const ARCHIVES: [string, (data: string, to: string) => void][] = [
    ['tar.gz', (data, to) => void execFileSync('tar', ['-czf', to, '-C', dirname(data), basename(data)])],
    ['zip', (data, to) => void execFileSync('zip', ['-qr', to, basename(data)], {cwd: dirname(data)})],
  ];

  packedContainerTest.each(ARCHIVES)('%s: green, or begun anew under another name', async (form, pack) => {
    const data = copy();
    const archive = dir.file(`set.${form}`);
    pack(data, archive);
    expectGreen(await drillWith([ON], archive));
    const report = await drillWith([ON, 'appenddirname journal'], archive);
    expect(failures(report)).toEqual(['production/aof-names']);
    expect(report.production!.aof!.appenddirname).toEqual({name: 'appendonlydir', asWritten: true});
    expect(report.production!.census!.keys).toBe(KEYS);
  });

  packedContainerTest(
    'a single file in gzip: its directory is unknown, its name is production’s',
    async () => {
      const set = new AofDirectory(copy());
      const single = Buffer.concat([readFileSync(set.file('base')), readFileSync(set.file('incr'))]);
      const packed = dir.file('appendonly.aof.gz');
      writeFileSync(packed, execFileSync('gzip', ['-c'], {input: single}));
      expectGreen(await drillWith([ON], packed));
      expect(failures(await drillWith(['appendonly no'], packed))).toEqual(['production/aof-off']);
    },
  );

  packedContainerTest('an old dump beside it: what appendonly no would bring back', async () => {
    const data = copy();
    cpSync(SAMPLE, join(data, 'dump.rdb'));
    const archive = dir.file('both.tar.gz');
    ARCHIVES[0]![1](data, archive);
    const report = await drillWith(['databases 16', 'appendonly no'], archive);
    expect(failures(report)).toEqual(['production/aof-off']);
    expect(finding(report, 'production/aof-off').message).toContain('of the dump beside it');
  });
});

describe('stays green with a configuration that fits, of', () => {
  for (const image of servers.images) {
    const {line} = image;
    containerTest(line, async () => {
      const since7 = line !== 'redis:6.0';
      const unpacked = unpackedServer(image, dir);
      const data = dir.file(`of-${line.replace(':', '-')}`);
      {
        const options = {...(unpacked && {binary: unpacked.binary}), debug: since7};
        await using live = await LiveRedis.start(AOF_ON, options);
        await fill(live.redis);
        await rewrite(live.redis);
        await live.redis.set('after', '1');
        copyData(await dirOf(live.redis), data);
      }
      const conf = [ON, 'appendfsync everysec', 'save 1 1', 'auto-aof-rewrite-percentage 1', 'maxmemory 1gb'];
      expectGreen(await drillWith(conf, data, image.image));
      if (since7) return;
      const other = await drillWith([ON, 'appendfilename other.aof'], data, image.image);
      expect(failures(other)).toEqual(['production/aof-names']);
      expect(failures(await drillWith(['appendonly no'], data, image.image))).toEqual(['production/aof-off']);
    });
  }

  containerTest('a set whose directory the backup job named, under the name that is asked for', async () => {
    const backup = copy();
    renameSync(join(backup, 'appendonlydir'), join(backup, 'nightly'));
    const report = await drillWith([ON, 'appenddirname journal'], join(backup, 'nightly'));
    expectGreen(report);
    expect(report.production!.aof!.appenddirname).toEqual({name: 'nightly', asWritten: false});
  });

  containerTest('nothing written to the backup', async () => {
    const backup = copy();
    const set = new AofDirectory(backup);
    set.change('incr', bytes => bytes.subarray(0, -5));
    const before = readFileSync(set.file('incr'));
    await drillWith([ON], backup);
    expect(readFileSync(set.file('incr'))).toEqual(before);
  });
});
