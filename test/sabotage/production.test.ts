/** Backups that are sound and redis.conf files that are not: what production would make of the restore. Real servers, in containers. */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {renderMarkdown} from '../../src/report/markdown.ts';
import {renderText} from '../../src/report/text.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {containerTest, imageOf, ROOT, SAMPLE, servers, skippedBecause} from '../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

let confs = 0;

/** A drill of the backup, and once more with this file. */
async function drillWith(conf: string[] | string, backup = SAMPLE, image?: string): Promise<DrillReport> {
  confs += 1;
  const file = dir.file(`redis-${confs}.conf`);
  writeFileSync(file, typeof conf === 'string' ? conf : `${conf.join('\n')}\n`);
  return drillOf(backup, {set: [`server.config=${file}`], ...(image && {image})});
}

const rules = (report: DrillReport, wanted: 'pass' | 'fail' | 'skipped') =>
  report.findings.filter(({rule, status}) => rule.startsWith('production/') && status === wanted);
const origins = (report: DrillReport, rule: string) =>
  report.findings.filter(finding => finding.rule === rule).map(({origin}) => origin.replace(/.*:/, ''));

describe('a sound backup fails where production’s own redis.conf', () => {
  containerTest('turns the AOF on: the dump is passed over, and the server comes up empty', async () => {
    const report = await drillWith(['maxmemory 0', 'APPENDONLY "yes"']);
    expect(failures(report)).toEqual(['production/dump-ignored']);
    expect(report.findings[0]).toMatchObject({expected: 370, actual: 0});
    expect(report.findings[0]!.message).toContain('370 keys are gone');
    expect(origins(report, 'production/dump-ignored')).toEqual(['2']);
    expect(report.production!.dumpIgnored!.join()).toContain('Creating AOF base file');
    // What else there is to say of the file is said at once.
    expect(report.production!.load!.status).toBe('loaded');
  });

  containerTest(
    'allows less memory than the dataset takes, and evicts: keys are gone right after the load',
    async () => {
      const full = await big();
      const report = await drillWith(['maxmemory 4mb', 'maxmemory-policy allkeys-lru'], full);
      expect(failures(report)).toEqual(['production/evicted']);
      const {census} = report.production!;
      expect(report.findings[0]).toMatchObject({rule: 'production/evicted', actual: census!.evictedKeys});
      expect(census!.keys + census!.evictedKeys).toBe(20_000);
      expect(origins(report, 'production/evicted')).toEqual(['1']);
    },
  );

  containerTest(
    'allows less memory than the dataset takes, and evicts nothing: writes are refused',
    async () => {
      const report = await drillWith(['databases 16', 'maxmemory 4mb'], await big());
      expect(failures(report)).toEqual(['production/maxmemory']);
      expect(report.findings[0]!.actual).toBeGreaterThan(4 * 1024 ** 2);
      expect(origins(report, 'production/maxmemory')).toEqual(['2']);
    },
  );

  containerTest('has too few databases', async () => {
    const report = await drillWith(['databases 4']);
    expect(failures(report)).toEqual(['production/too-few-databases']);
    expect(report.findings[0]).toMatchObject({expected: 'databases of at least 8', actual: 4});
    expect(origins(report, 'production/too-few-databases')).toEqual(['1']);
  });

  containerTest('makes it a node of a cluster, where only database 0 may hold keys', async () => {
    const report = await drillWith([
      'cluster-enabled yes',
      'cluster-config-file /var/lib/redis/nodes-7000.conf',
    ]);
    expect(failures(report)).toEqual(['production/cluster-databases']);
    expect(report.findings.map(({rule}) => rule)).toContain('production/companion-missing');
  });

  containerTest('is refused, for all of its lines at once', async () => {
    const report = await drillWith([
      'appendfsync sometimes',
      'databases 16',
      'no-such-directive 1',
      'hz ten',
    ]);
    expect(new Set(failures(report))).toEqual(new Set(['production/config-refused']));
    expect(origins(report, 'production/config-refused').toSorted()).toEqual(['1', '3', '4']);
    expect(report.production!.load!.status).toBe('loaded');
  });

  containerTest('cannot be read by any server', async () => {
    const report = await drillWith(['databases 16', 'dir "/data', "logfile 'x'y"]);
    expect(failures(report)).toEqual(['production/config-refused', 'production/config-refused']);
    expect(report.production).toMatchObject({server: null, load: null});
  });

  containerTest('gives the dump a name under which no file can lie', async () => {
    expect(failures(await drillWith(['dbfilename ""']))).toEqual(['production/silent-empty']);
    expect(failures(await drillWith(['dbfilename /data/dump.rdb']))).toEqual(['production/config-refused']);
  });
});

describe('warns where production’s own redis.conf', () => {
  containerTest('names the dump otherwise, or files that are not beside it', async () => {
    const report = await drillWith(['dbfilename sessions.rdb', 'aclfile /etc/redis/users.acl']);
    expect(report.outcome).toBe('passed');
    expect(rules(report, 'fail').map(({rule, severity}) => [rule, severity])).toEqual([
      ['production/file-name', 'warning'],
      ['production/companion-missing', 'warning'],
    ]);
    mkdirSync(dir.file('set'));
    writeFileSync(dir.file('set/dump.rdb'), readFileSync(SAMPLE));
    writeFileSync(dir.file('set/users.acl'), '');
    const whole = await drillWith(['aclfile /etc/redis/users.acl'], dir.file('set/dump.rdb'));
    expect(rules(whole, 'fail')).toEqual([]);
  });

  containerTest('loads a module that the image does not have, or includes what cannot be had', async () => {
    const report = await drillWith(['loadmodule /opt/none.so SECRET1', 'include /etc/redis/none.conf']);
    expect(report.outcome).toBe('passed');
    expect(
      rules(report, 'skipped')
        .map(({rule}) => rule)
        .toSorted(),
    ).toEqual(['production/include-skipped', 'production/module-absent']);
    expect(origins(report, 'production/module-absent')).toEqual(['1']);
  });

  containerTest('has keys that have expired since: that is today’s view, and no loss', async () => {
    await using live = await LiveRedis.start();
    await live.keepExpired();
    for (let n = 0; n < 50; n += 1) await live.redis.set(`brief:${n}`, 'x', 'PX', 1000);
    await live.redis.set('kept', 'x');
    await live.saveTo(dir.file('brief.rdb'));
    await new Promise(resolve => setTimeout(resolve, 1100));
    const report = await drillWith(['maxmemory 1gb'], dir.file('brief.rdb'));
    expect({outcome: report.outcome, census: report.census!.keys}).toEqual({outcome: 'passed', census: 51});
    expect(report.findings).toContainEqual(
      expect.objectContaining({rule: 'production/expired', status: 'pass', expected: 51, actual: 1}),
    );
  });
});

test('without a container engine the drill does not pass for what it did not do', async () => {
  writeFileSync(dir.file('plain.conf'), 'maxmemory 1gb\n');
  const report = await drillOf(
    SAMPLE,
    {server: 'process', set: [`server.config=${dir.file('plain.conf')}`]},
    {docker: {host: 'unix:///nowhere/docker.sock'}},
  );
  expect(report).toMatchObject({outcome: 'not-run', error: {code: 'verdict/unproven'}});
  expect(rules(report, 'skipped')).toMatchObject([{rule: 'production/not-held', severity: 'error'}]);
});

describe('secrets in a redis.conf', () => {
  const SECRETS = ['s3cr3t-one', 's3cr3t-two', 's3cr3t-three', 's3cr3t-four', 's3cr3t-five', 's3cr3t-six'];
  const CONF = [
    `requirepass ${SECRETS[0]}`,
    `masterauth "${SECRETS[1]}"`,
    `user alice on >${SECRETS[2]} ~* +@all`,
    `tls-key-file-pass ${SECRETS[3]}`,
    // Astray: a typing error makes it an unknown directive, or the name of one.
    `requirepas ${SECRETS[4]}`,
    `${SECRETS[5]} requirepass`,
    'appendonly yes',
    'databases 4',
  ];

  containerTest('are in no report, whatever becomes of the restore', async () => {
    const report = await drillWith(CONF);
    expect(failures(report)).toContain('production/dump-ignored');
    expect(failures(report)).toContain('production/too-few-databases');
    const said = [
      JSON.stringify(report),
      renderText(report),
      renderMarkdown(report, {maxBytes: 1_000_000}),
    ].join('\n');
    expect(SECRETS.filter(secret => said.includes(secret))).toEqual([]);
    expect(report.production!.changed.map(({directive}) => directive)).toEqual(
      expect.arrayContaining(['requirepass', 'masterauth', 'user', 'tls-key-file-pass']),
    );
  });
});

describe('stays green with', () => {
  for (const {line, image} of servers.images) {
    containerTest(`what ${line} comes with, and with what is dangerous outside of a container`, async () => {
      const report = await drillWith(
        [
          ...['port 6379', 'bind 0.0.0.0', 'daemonize yes', 'pidfile /var/run/r.pid', 'supervised systemd'],
          ...['logfile /var/log/redis.log', 'dir /var/lib/redis', 'dbfilename dump.rdb', 'save 1 1'],
          ...[
            'replicaof 10.0.0.1 6379',
            'unixsocket /run/redis.sock',
            'unixsocketperm 770',
            'loglevel warning',
          ],
          ...['rename-command CONFIG ""', 'rename-command INFO ""', 'syslog-enabled yes', 'maxmemory 1gb'],
          ...['tcp-keepalive 300', 'client-output-buffer-limit replica 256mb 64mb 60', 'oom-score-adj yes'],
        ],
        line === 'redis:6.0' ? await oldDump() : SAMPLE,
        image,
      );
      expect({failed: rules(report, 'fail'), outcome: report.outcome}).toEqual({
        failed: [],
        outcome: 'passed',
      });
      expect(report.production!.census!.keys).toBeGreaterThan(0);
    });
  }

  const CORPUS = join(ROOT, '..', 'shared', 'conf-corpus');
  const stock: [string, string][] = [
    ['redis+redis/7.0.15/redis.conf', 'redis:7.0'],
    ['redis+redis/6.0.20/redis.conf', 'redis:7.0'],
    ['redis+redis/8.0-m01/redis.conf', 'redis:8.0'],
    ['valkey-io+valkey/8.0.1/valkey.conf', 'valkey:8.1'],
    ['goharbor+harbor/make/photon/valkey/redis.conf', 'valkey:8.1'],
    ['getsentry+self-hosted/redis.conf', 'redis:7.0'],
    ['7Sageer+sublink-worker/redis.conf', 'redis:7.0'],
  ];
  const corpusTest = existsSync(CORPUS) ? containerTest : skippedBecause('the corpus is not here');
  for (const [path, line] of stock) {
    corpusTest(`${path} on ${line}`, async () => {
      const report = await drillWith(readFileSync(join(CORPUS, path), 'latin1'), SAMPLE, imageOf(line));
      expect({failed: rules(report, 'fail'), outcome: report.outcome}).toEqual({
        failed: [],
        outcome: 'passed',
      });
    });
  }
});

let bigDump: Promise<string> | undefined;
beforeAll(() => {
  bigDump = undefined;
});

/** 20,000 keys, some 5 MB on a server. */
function big(): Promise<string> {
  bigDump ??= (async () => {
    await using live = await LiveRedis.start();
    await live.redis.call('DEBUG', 'POPULATE', '20000', 'key', '200');
    await live.saveTo(dir.file('dump-of-many.rdb'));
    return dir.file('dump-of-many.rdb');
  })();
  return bigDump;
}

/** RDB version 9, which 6.0 reads too: one string key, and no checksum. */
async function oldDump(): Promise<string> {
  const bytes = [0xfe, 0x00, 0xfb, 0x01, 0x00, 0x00, 0x01, 0x6b, 0x01, 0x76, 0xff, 0, 0, 0, 0, 0, 0, 0, 0];
  writeFileSync(dir.file('old.rdb'), Buffer.concat([Buffer.from('REDIS0009'), Buffer.from(bytes)]));
  return dir.file('old.rdb');
}
