/** Whether a copy is taken safely: what scripts, crontabs and jobs do, in the order in which they do it. */
import {describe, expect, test} from '@jest/globals';
import {findInText} from '../../../src/lint/homes/find.ts';
import {lint} from '../../../src/lint/lint.ts';

async function rulesOf(path: string, text: string, conf = ''): Promise<string[]> {
  const script = await findInText(text, path, '/nowhere');
  const beside =
    conf === '' ? {configurations: [], scripts: []} : await findInText(conf, 'redis.conf', '/nowhere');
  const side = {
    configurations: [...script.configurations, ...beside.configurations],
    scripts: [...script.scripts, ...beside.scripts],
    texts: new Map([[path, text]]),
  };
  const {findings} = lint(side, null, {maxLoss: null, writeRate: null, target: null});
  return findings.filter(({place}) => place.file === path).map(({rule, place}) => `${rule}:${place.line}`);
}

describe('unsafe', () => {
  test.each([
    [
      'copied at once',
      'backup.sh',
      '#!/bin/sh\nredis-cli BGSAVE\ncp /var/lib/redis/dump.rdb /backup/\n',
      'copy-before-saved:3',
    ],
    [
      'after a fixed sleep',
      'backup.sh',
      'redis-cli bgsave\nsleep 10\ncp /data/dump.rdb /backup/\n',
      'copy-before-saved:3',
    ],
    [
      'on one line of a crontab',
      'backup.cron',
      '0 3 * * * root redis-cli BGSAVE && cp /var/lib/redis/dump.rdb /b/\n',
      'copy-before-saved:1',
    ],
    [
      'by a variable',
      'backup.sh',
      'SRC=/var/lib/redis/dump.rdb\nredis-cli bgsave\naws s3 cp "$SRC" s3://b/\n',
      'copy-before-saved:3',
    ],
    [
      'in a unit',
      'b.service',
      '[Service]\nExecStart=/bin/sh -c "redis-cli bgsave; cp /var/lib/redis/dump.rdb /b"\n',
      'copy-before-saved:2',
    ],
    [
      'in a CronJob',
      'job.yaml',
      'spec:\n  command: [sh, -c, "redis-cli bgsave && cp /data/dump.rdb /backup/"]\n',
      'copy-before-saved:2',
    ],
    [
      'in a workflow',
      'w.yml',
      'steps:\n  - run: |\n      redis-cli BGSAVE\n      docker cp r:/data/dump.rdb .\n',
      'copy-before-saved:4',
    ],
    [
      'a live append-only directory',
      'b.sh',
      'tar -czf /b/aof.tgz /data/appendonlydir # redis\n',
      'copy-of-live-aof:1',
    ],
    ['a live data directory', 'b.sh', '# redis\nrsync -a /var/lib/redis/ /backup/\n', 'copy-of-live-aof:2'],
    [
      'by docker exec',
      'b.sh',
      'docker exec redis sh -c "cd /data && tar -czf /tmp/x.tgz ."\n',
      'copy-of-live-aof:1',
    ],
    ['a transfer into a pipe', 'b.sh', 'redis-cli --rdb - | gzip > /b/dump.rdb.gz\n', 'unchecked-transfer:1'],
    ['a transfer that may fail', 'b.sh', 'redis-cli --rdb /b/dump.rdb || true\n', 'unchecked-transfer:1'],
  ])('%s', async (_, path, text, rule) => {
    expect(await rulesOf(path, text)).toEqual([`lint/${rule}`]);
  });

  test('another file than the server writes', async () => {
    const text = 'cp /var/lib/redis/dump.rdb /backup/\n';
    expect(await rulesOf('b.sh', text, 'dbfilename sessions.rdb\nappendonly no\n')).toEqual([
      'lint/other-file-copied:1',
    ]);
    expect(await rulesOf('b.sh', text, 'dbfilename dump.rdb\nappendonly no\n')).toEqual([]);
  });

  test('a dump that nobody writes', async () => {
    const text = 'cp /var/lib/redis/dump.rdb /backup/\n';
    expect(await rulesOf('b.sh', text, 'appendonly yes\nsave ""\n')).toEqual(['lint/dump-not-written:1']);
  });
});

describe('safe', () => {
  test.each([
    [
      'waits for LASTSAVE',
      'B=$(redis-cli lastsave)\nredis-cli bgsave\nwhile [ "$(redis-cli lastsave)" = "$B" ]; do sleep 1; done\ncp /data/dump.rdb /b/\n',
    ],
    [
      'polls INFO',
      'redis-cli bgsave\nuntil redis-cli info persistence | grep rdb_bgsave_in_progress:0; do sleep 1; done\ncp /data/dump.rdb /b/\n',
    ],
    ['uses SAVE', 'redis-cli save\ncp /data/dump.rdb /b/\n'],
    ['stops the server', 'systemctl stop redis\ncp -r /var/lib/redis /backup/\n'],
    [
      'holds rewrites',
      'redis-cli config set auto-aof-rewrite-percentage 0\ntar -czf /b/a.tgz /data/appendonlydir\n',
    ],
    ['takes the dump itself', 'set -euo pipefail\nredis-cli --rdb - | gzip > /b/dump.rdb.gz\n'],
    ['unpacks', 'tar -xzf /b/aof.tgz -C /data # redis appendonlydir\n'],
    ['only speaks of it', 'redis-cli ping\necho BGSAVE\ncp /etc/hosts /b/dump.rdb\n'],
  ])('%s', async (_, text) => {
    expect(await rulesOf('backup.sh', text)).toEqual([]);
  });
});
