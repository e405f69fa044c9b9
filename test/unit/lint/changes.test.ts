/** One-line changes of a configuration: the rule, whether it gets worse, and what that is to the pull request. */
import {describe, expect, test} from '@jest/globals';
import {deployChanges} from '../../../src/lint/deploy.ts';
import {findInText} from '../../../src/lint/homes/find.ts';
import {failing, type LintJob, lint, type Side} from '../../../src/lint/lint.ts';
import {summaryRows} from '../../../src/lint/report/wording.ts';

const JOB: LintJob = {maxLoss: null, writeRate: null, target: {product: 'redis', line: '7.0'}};

async function side(text: string): Promise<Side> {
  return {...(await findInText(text, 'redis.conf', '/nowhere')), texts: new Map([['redis.conf', text]])};
}

async function lintChange(base: string, head: string, job: Partial<LintJob> = {}) {
  return lint(await side(`${COMMON}${head}\n`), await side(`${COMMON}${base}\n`), {...JOB, ...job});
}

async function between(base: string, head: string, job: Partial<LintJob> = {}) {
  const linted = await lintChange(base, head, job);
  const told = linted.findings.filter(({direction}) => direction !== 'same');
  return {
    fails: failing(linted).length > 0,
    told: told.map(({rule, direction, severity}) => `${rule.slice(5)} ${direction} ${severity}`),
  };
}

/** So that a text is a configuration, whatever its one line is. */
const COMMON = 'tcp-keepalive 300\nrdbcompression yes\n';
const AOF = 'appendonly yes\n';
const RDB = 'appendonly no\n';
const LOSS = 'worst-case-loss worse error';
const LESS = 'worst-case-loss better note';

const WORSE: [string, string, string, string[]][] = [
  ['AOF off', 'appendonly yes', 'appendonly no', [LOSS, 'aof-turned-off worse error']],
  ['AOF line taken out', 'appendonly yes', '', [LOSS, 'aof-turned-off worse error']],
  [
    'AOF off where nothing else is',
    'save ""\nappendonly yes',
    'save ""\nappendonly no',
    [LOSS, 'aof-turned-off worse error', 'nothing-persisted worse error'],
  ],
  [
    'AOF on over what a job has dumped',
    `save ""\n${RDB}`,
    `save ""\n${AOF}`,
    ['aof-over-dump worse error', 'dump-not-written worse note', LESS],
  ],
  ['AOF on over a dump', 'appendonly no', 'appendonly yes', ['aof-over-dump worse error', LESS]],
  ['always to everysec', `${AOF}appendfsync always`, `${AOF}appendfsync everysec`, [LOSS]],
  ['always to no', `${AOF}appendfsync always`, `${AOF}appendfsync no`, [LOSS]],
  ['everysec to no', `${AOF}appendfsync everysec`, `${AOF}appendfsync no`, [LOSS]],
  ['everysec by default to no', AOF, `${AOF}appendfsync no`, [LOSS]],
  ['no sync during rewrites', AOF, `${AOF}no-appendfsync-on-rewrite yes`, [LOSS]],
  [
    'no sync during rewrites, with always',
    `${AOF}appendfsync always`,
    `${AOF}appendfsync always\nno-appendfsync-on-rewrite yes`,
    [LOSS],
  ],
  ['saves more rarely', 'save 60 1', 'save 900 1', [LOSS]],
  ['15 minutes to an hour', 'save 900 1', 'save 3600 1', [LOSS]],
  ['one change to a hundred', 'save 60 1', 'save 60 100', [LOSS]],
  ['the save point that catches all', 'save 900 1\nsave 60 1000', 'save 60 1000', [LOSS]],
  [
    'save points off',
    'save 60 1',
    'save ""',
    [LOSS, 'dump-not-written worse error', 'nothing-persisted worse error'],
  ],
  [
    'save points off, by a line behind',
    'save 60 1',
    'save 60 1\nsave ""',
    [LOSS, 'dump-not-written worse error', 'nothing-persisted worse error'],
  ],
  [
    'stock save points off',
    '',
    'save ""',
    [LOSS, 'dump-not-written worse error', 'nothing-persisted worse error'],
  ],
  ['save points off beside an AOF', AOF, `${AOF}save ""`, ['dump-not-written worse error']],
  ['stock for a rarer one', 'save 900 1', '', [LOSS]],
  ['dir moved', 'dir /data', 'dir /var/lib/redis', ['files-moved worse error']],
  ['dump renamed', 'dbfilename dump.rdb', 'dbfilename redis.rdb', ['files-moved worse error']],
  ['dump renamed from its default', '', 'dbfilename redis.rdb', ['files-moved worse error']],
  ['AOF renamed', `${AOF}appendfilename a.aof`, `${AOF}appendfilename b.aof`, ['files-moved worse error']],
  ['dump renamed beside an AOF', AOF, `${AOF}dbfilename redis.rdb`, ['files-moved worse error']],
  ['AOF renamed and off', AOF, `${RDB}appendfilename b.aof`, [LOSS, 'aof-turned-off worse error']],
  ['AOF directory renamed', AOF, `${AOF}appenddirname aof`, ['files-moved worse error']],
  ['no checksum', '', 'rdbchecksum no', ['checksum-off worse error']],
  ['no checksum, said before', 'rdbchecksum yes', 'rdbchecksum no', ['checksum-off worse error']],
  [
    'writes after failed saves',
    'stop-writes-on-bgsave-error yes',
    'stop-writes-on-bgsave-error no',
    ['writes-after-failed-save worse error'],
  ],
  ['rewritten as commands', AOF, `${AOF}aof-use-rdb-preamble no`, ['aof-without-preamble worse error']],
  ['never rewritten', AOF, `${AOF}auto-aof-rewrite-percentage 0`, ['aof-never-rewritten worse error']],
  [
    'keys evicted',
    'maxmemory 1gb',
    'maxmemory 1gb\nmaxmemory-policy allkeys-lru',
    ['keys-evicted worse error'],
  ],
  [
    'any key evicted, not only volatile ones',
    'maxmemory 1gb\nmaxmemory-policy volatile-lru',
    'maxmemory 1gb\nmaxmemory-policy allkeys-lru',
    ['keys-evicted worse error'],
  ],
  [
    'a smaller limit',
    'maxmemory 2gb\nmaxmemory-policy allkeys-lfu',
    'maxmemory 1gb\nmaxmemory-policy allkeys-lfu',
    ['keys-evicted worse error'],
  ],
  [
    'a limit where there was none',
    'maxmemory-policy allkeys-random',
    'maxmemory 1gb\nmaxmemory-policy allkeys-random',
    ['keys-evicted worse error'],
  ],
  ['no save on SIGTERM', '', 'shutdown-on-sigterm nosave', ['shutdown-without-save worse error']],
  ['no save on SIGINT', '', 'shutdown-on-sigint nosave force', ['shutdown-without-save worse error']],
  ['BGSAVE taken away', '', 'rename-command BGSAVE ""', ['backup-command-renamed worse error']],
  ['CONFIG renamed', '', 'rename-command CONFIG c0nfig', ['backup-command-renamed worse error']],
  ['LASTSAVE taken away', '', 'rename-command lastsave ""', ['backup-command-renamed worse error']],
  ['PSYNC taken away', '', 'rename-command PSYNC ""', ['backup-command-renamed worse error']],
  ['fewer databases', '', 'databases 4', ['load-refused worse error']],
  ['fewer databases than said before', 'databases 64', 'databases 16', ['load-refused worse error']],
  ['fewer databases, with an AOF', AOF, `${AOF}databases 4`, ['load-refused worse error']],
  ['SET renamed, with an AOF', AOF, `${AOF}rename-command SET put`, ['load-refused worse error']],
  ['a cluster', '', 'cluster-enabled yes', ['load-refused worse error']],
  ['a module no longer loaded', 'loadmodule /usr/lib/m.so', '', ['load-refused worse error']],
  ['a replica', '', 'replicaof db 6379', ['becomes-replica worse error']],
  ['a slave', '', 'slaveof db 6379', ['becomes-replica worse error']],
  ['a comment behind a save point', 'save 900 1', 'save 900 1 # 900', ['refused-value worse error', LOSS]],
  [
    'a value that no server takes',
    'appendonly yes',
    'appendonly true',
    ['refused-value worse error', LOSS, 'aof-turned-off worse error'],
  ],
  ['a size without sense', '', 'maxmemory 1 gb', ['refused-value worse error']],
  ['a number out of bounds', '', 'databases 0', ['refused-value worse error']],
  ['a policy that does not exist', '', 'maxmemory-policy lru', ['refused-value worse error']],
  ['a directive of a later version', '', 'hash-max-listpack-entry 5', ['unknown-directive worse error']],
  ['a misspelt directive', 'appendfsync always', 'appendfsnyc always', ['unknown-directive worse error']],
  [
    'quotes that do not balance',
    'dir "/data"',
    'dir "/data',
    ['unreadable-line worse error', 'files-moved worse error'],
  ],
  [
    'dumps for replication deleted',
    'save ""',
    'save ""\nrdb-del-sync-files yes',
    ['sync-files-deleted worse error'],
  ],
];

const BETTER_OR_NEITHER: [string, string, string, string[]][] = [
  ['everysec to always', `${AOF}appendfsync everysec`, `${AOF}appendfsync always`, [LESS]],
  ['no to everysec', `${AOF}appendfsync no`, `${AOF}appendfsync everysec`, [LESS]],
  [
    'synced during rewrites',
    `${AOF}no-appendfsync-on-rewrite yes`,
    `${AOF}no-appendfsync-on-rewrite no`,
    [LESS],
  ],
  ['saves more often', 'save 900 1', 'save 60 1', [LESS]],
  ['one more save point', 'save 900 1', 'save 900 1\nsave 60 1', [LESS]],
  ['save points on', 'save ""', 'save 60 1', [LESS]],
  ['checksum back', 'rdbchecksum no', 'rdbchecksum yes', []],
  ['writes stop again', 'stop-writes-on-bgsave-error no', 'stop-writes-on-bgsave-error yes', []],
  [
    'nothing evicted any more',
    'maxmemory 1gb\nmaxmemory-policy allkeys-lru',
    'maxmemory 1gb\nmaxmemory-policy noeviction',
    [],
  ],
  [
    'a larger limit',
    'maxmemory 1gb\nmaxmemory-policy allkeys-lru',
    'maxmemory 2gb\nmaxmemory-policy allkeys-lru',
    [],
  ],
  ['more databases', 'databases 16', 'databases 32', []],
  ['as many databases as a template says', 'databases 16', 'databases {{ n }}', []],
  ['SET renamed, without an AOF', RDB, `${RDB}rename-command SET put`, []],
  ['FLUSHALL renamed, with an AOF', AOF, `${AOF}rename-command FLUSHALL ""`, []],
  ['a directory written otherwise', 'dir /data', 'dir /data/', []],
  ['a default said', '', 'appendfsync everysec', []],
  ['a default no longer said', 'rdbchecksum yes', '', []],
  ['another case', 'appendonly yes', 'APPENDONLY YES', []],
  ['quotes', 'dbfilename dump.rdb', 'dbfilename "dump.rdb"', []],
  ['save points on one line', 'save 900 1\nsave 60 5', 'save 900 1 60 5', []],
  ['an AOF directory where there is no AOF', RDB, `${RDB}appenddirname aof`, []],
  ['an AOF name where there is no AOF', RDB, `${RDB}appendfilename b.aof`, []],
  ['fsync where there is no AOF', RDB, `${RDB}appendfsync no`, []],
  ['compression off', '', 'rdbcompression no', []],
  ['a port', 'port 6379', 'port 6380', []],
  ['a password', 'requirepass a', 'requirepass b', []],
  ['a comment', '', '# appendonly no', []],
  ['an old name for the same', 'replica-read-only yes', 'slave-read-only yes', []],
  [
    'keys with an expiry evicted',
    'maxmemory 1gb',
    'maxmemory 1gb\nmaxmemory-policy volatile-ttl',
    ['keys-evicted worse note'],
  ],
  ['no start on a cut AOF', AOF, `${AOF}aof-load-truncated no`, ['truncated-aof-refused worse note']],
  ['a module more', '', 'loadmodule /usr/lib/m.so', []],
  ['no longer a replica', 'replicaof db 6379', '', []],
  ['a command renamed that no backup needs', '', 'rename-command FLUSHALL ""', []],
];

describe('makes it worse, and fails', () => {
  test.each(WORSE)('%s', async (_, base, head, told) => {
    const found = await between(base, head);
    expect(found.told.toSorted()).toEqual(told.toSorted());
    expect(found.fails).toBe(true);
  });
});

describe('makes nothing worse', () => {
  test.each(BETTER_OR_NEITHER)('%s', async (_, base, head, told) => {
    const found = await between(base, head);
    expect(found.told.toSorted()).toEqual(told.toSorted());
    expect(found.fails).toBe(false);
    const {summaries} = await lintChange(base, head);
    expect(
      summaries.flatMap(({base, head}) => deployChanges(base!, head)).filter(({worse}) => worse),
    ).toEqual([]);
  });

  test.each([...WORSE, ...BETTER_OR_NEITHER])('%s, on both sides', async (_, __, head) => {
    expect(await between(head, head)).toEqual({fails: false, told: []});
  });
});

/** What the table of before and after says of a deploy, and what the finding that explains it. */
describe('what a deploy leaves', () => {
  const rows = async (base: string, head: string) => {
    const {summaries} = await lintChange(base, head);
    const ofDeploy = summaries.flatMap(summaryRows).filter(({what}) => what.startsWith('keys'));
    return ofDeploy.map(({what, before, after}) => `${what}: ${before} to ${after}`);
  };
  const message = async (rule: string, base: string, head: string) =>
    (await lintChange(base, head)).findings.find(finding => finding.rule === rule)?.message;
  const COLD = 'keys after a restart';
  const KILLED = 'keys after a kill and restart';

  test('AOF off: an orderly shutdown saves, where there are save points', async () => {
    expect(await rows(AOF, RDB)).toEqual([`${KILLED}: all to those of the last dump`]);
    expect(await message('lint/aof-turned-off', AOF, RDB)).toBe(
      'AOF turned off: the server will load its last dump, which an orderly shutdown saves; if it is killed instead, what only the append-only file has is lost',
    );
    const [base, head] = [`save ""\n${AOF}`, `save ""\n${RDB}`];
    expect(await rows(base, head)).toEqual([
      `${COLD}: all to those of the last dump`,
      `${KILLED}: all to those of the last dump`,
    ]);
    expect(await message('lint/aof-turned-off', base, head)).toBe(
      'AOF turned off: the server will load its last dump, and what only the append-only file has is lost',
    );
  });

  test('AOF on over a dump: nothing', async () => {
    expect(await rows(RDB, AOF)).toEqual([
      `${COLD}: all to none`,
      `${KILLED}: those of the last dump to none`,
    ]);
  });

  test('a dump renamed: nothing, unless there is an append-only file', async () => {
    expect(await rows(RDB, `${RDB}dbfilename b.rdb`)).toHaveLength(2);
    expect(await rows(AOF, `${AOF}dbfilename b.rdb`)).toEqual([]);
    expect(await message('lint/files-moved', AOF, `${AOF}dbfilename b.rdb`)).toBe(
      'dbfilename goes from dump.rdb to b.rdb: the server loads the append-only file, but backup jobs copy the old place',
    );
  });

  test('fewer databases: refused, or put into others', async () => {
    expect(await rows(RDB, `${RDB}databases 4`)).toContain(`${COLD}: all to it does not start`);
    expect(await rows(AOF, `${AOF}databases 4`)).toContain(`${COLD}: all to all, some in another database`);
  });

  test('what no rule of its own explains is told at the line that decides', async () => {
    const {findings} = await lintChange(AOF, `${AOF}rename-command SET put`);
    expect(findings).toMatchObject([
      {
        rule: 'lint/load-refused',
        place: {line: 4},
        message:
          'the server does not start on the data that is there: SET is in the append-only file, and no longer called so',
      },
    ]);
  });

  test('another image alone', async () => {
    const compose = (image: string, aof: string) =>
      `services:\n  r:\n    image: ${image}\n    command: redis-server --appendonly ${aof} --save 60 1\n`;
    const of = async (text: string): Promise<Side> => ({
      ...(await findInText(text, 'compose.yml', '/nowhere')),
      texts: new Map([['compose.yml', text]]),
    });
    const told = async (before: string, after: string, aof: string) => {
      const {findings} = lint(await of(compose(after, aof)), await of(compose(before, aof)), {
        ...JOB,
        target: null,
      });
      return findings.map(({rule, severity, message}) => [rule, severity, message]);
    };
    expect(await told('redis:7.2', 'redis:8.0', 'yes')).toEqual([]);
    expect(await told('redis:8.0', 'redis:7.2', 'no')).toEqual([
      [
        'lint/load-refused',
        'error',
        'the server does not start on the data that is there: redis 7.2 does not load a dump of redis 8.0',
      ],
    ]);
    expect(await told('redis:7.2', 'redis:6.2', 'yes')).toEqual([
      [
        'lint/data-left-behind',
        'error',
        'a restart with this change leaves less of the data: redis 6.2 does not see the append-only file of redis 7.2',
      ],
    ]);
  });
});

test('there are 80 changes, and more', () => {
  expect(WORSE.length + BETTER_OR_NEITHER.length).toBeGreaterThanOrEqual(80);
});

describe('at a stated write rate', () => {
  test('a save point that asks for many changes is soon reached', async () => {
    const at = (writeRate: number | null) => between('save 900 1\nsave 60 1000', 'save 60 1000', {writeRate});
    expect((await at(100)).told).toEqual([]);
    expect((await at(null)).told).toEqual([LOSS]);
    expect((await at(1)).told).toEqual([LOSS]);
  });
});

test('what was wrong before warns, and what is allowed is held', async () => {
  const text = `${COMMON}appendonly maybe\n`;
  const old = lint(await side(text), await side(text), JOB);
  expect(old.findings.map(({rule, severity}) => `${rule} ${severity}`)).toEqual([
    'lint/refused-value warning',
  ]);
  const alone = lint(await side(text), null, JOB);
  expect(alone.findings.map(({severity}) => severity)).toEqual(['error']);
  const limited = lint(await side(`${COMMON}save 900 1\n`), null, {...JOB, maxLoss: 60});
  expect(limited.findings.map(({rule, message}) => [rule, message])).toEqual([
    ['lint/worst-case-loss', 'the worst-case loss is 15 min (save 900 1); 1 min is allowed'],
  ]);
});

describe('silenced in place', () => {
  const silenced = async (line: string) => {
    const linted = lint(await side(`${COMMON}${line}\nrdbchecksum no\n`), null, JOB);
    return linted.findings.map(({rule, suppressed}) => `${rule} ${suppressed ?? '-'}`);
  };

  test('with a reason, on the line above', async () => {
    expect(await silenced('# restore-drill-ignore lint/checksum-off: the disk has its own')).toEqual([
      'lint/checksum-off the disk has its own',
    ]);
  });

  test('not without a reason, and not another rule', async () => {
    expect(await silenced('# restore-drill-ignore lint/checksum-off')).toEqual([
      'lint/ignored-without-reason -',
      'lint/checksum-off -',
    ]);
    expect(await silenced('# restore-drill-ignore lint/files-moved: it was planned')).toEqual([
      'lint/checksum-off -',
    ]);
  });
});
