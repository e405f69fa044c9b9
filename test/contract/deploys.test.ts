/**
 * What a deploy of a changed configuration leaves of the data: each change is carried out on real servers, with both ways
 * of stopping. The tables say what is left; so does predictDeploy of the linted texts; and so do the servers.
 */
import {describe, expect, test} from '@jest/globals';
import {deployChanges, keysKept, predictDeploy} from '../../src/lint/deploy.ts';
import {findInText} from '../../src/lint/homes/find.ts';
import {failing, type LintJob, lint, readingOf, type Side} from '../../src/lint/lint.ts';
import type {Target} from '../../src/lint/setting.ts';
import {rollOut} from '../deployed.ts';
import {servers} from '../servers.ts';

type Left = 'all' | 'saved' | 'none' | 'refused' | 'all, some misplaced';
type Row = [what: string, base: string, head: string, inOrder: Left, killed: Left];

const SAVE = 'save 3600 1\n';
const AOF = `${SAVE}appendonly yes\n`;
const CLUSTER = 'cluster-enabled yes\n';

/** On each version. */
const EVERYWHERE: Row[] = [
  ['nothing', SAVE, SAVE, 'all', 'saved'],
  ['nothing, with an AOF', AOF, AOF, 'all', 'all'],
  ['AOF on over a dump', SAVE, AOF, 'none', 'none'],
  ['AOF off', AOF, SAVE, 'all', 'saved'],
  ['AOF off, no save points', 'save ""\nappendonly yes', 'save ""', 'saved', 'saved'],
  ['dir moved', `${SAVE}dir /data`, `${SAVE}dir /var/lib/redis`, 'none', 'none'],
  ['dir moved, with an AOF', `${AOF}dir /data`, `${AOF}dir /var/lib/redis`, 'none', 'none'],
  ['dump renamed', SAVE, `${SAVE}dbfilename redis.rdb`, 'none', 'none'],
  ['dump renamed, with an AOF', AOF, `${AOF}dbfilename redis.rdb`, 'all', 'all'],
  ['dump renamed and AOF off', AOF, `${SAVE}dbfilename redis.rdb`, 'none', 'none'],
  ['AOF renamed', AOF, `${AOF}appendfilename redis.aof`, 'none', 'none'],
  ['fewer databases', SAVE, `${SAVE}databases 4`, 'refused', 'refused'],
  ['fewer databases, with an AOF', AOF, `${AOF}databases 4`, 'all, some misplaced', 'all, some misplaced'],
  ['a cluster', SAVE, SAVE + CLUSTER, 'refused', 'refused'],
  ['a cluster, with an AOF', AOF, AOF + CLUSTER, 'all, some misplaced', 'all, some misplaced'],
  ['a cluster of one database', `${SAVE}databases 1`, `${SAVE}databases 1\n${CLUSTER}`, 'all', 'saved'],
  ['no preamble', AOF, `${AOF}aof-use-rdb-preamble no`, 'all', 'all'],
  ['SET taken away, with an AOF', AOF, `${AOF}rename-command SET ""`, 'refused', 'refused'],
];

/** On 7.0 alone. */
const FINER: Row[] = [
  ['AOF on over the dump of a job', 'save ""', 'save ""\nappendonly yes', 'none', 'none'],
  ['AOF off, save points on', 'save ""\nappendonly yes', SAVE, 'saved', 'saved'],
  ['AOF and save points off', AOF, 'save ""', 'all', 'saved'],
  ['save points off', SAVE, 'save ""', 'all', 'saved'],
  ['save points on', 'save ""', SAVE, 'saved', 'saved'],
  ['AOF renamed and off', AOF, `${SAVE}appendfilename redis.aof`, 'all', 'saved'],
  ['no longer a cluster', AOF + CLUSTER, AOF, 'all', 'all'],
  ['appendfsync', AOF, `${AOF}appendfsync no`, 'all', 'all'],
  ['a value that no server takes', SAVE, `${SAVE}appendonly maybe`, 'refused', 'refused'],
  ['AOF directory renamed', AOF, `${AOF}appenddirname aof`, 'none', 'none'],
  ['AOF directory renamed and AOF off', AOF, `${SAVE}appenddirname aof`, 'all', 'saved'],
  ['stock save points, and no others', '', '', 'all', 'saved'],
  ['AOF off where SIGTERM saves nothing', `${AOF}shutdown-on-sigterm nosave`, SAVE, 'saved', 'saved'],
  [
    'AOF off where SIGTERM always saves',
    'save ""\nappendonly yes\nshutdown-on-sigterm save',
    SAVE,
    'all',
    'saved',
  ],
  ['no save on SIGTERM any more', SAVE, `${SAVE}shutdown-on-sigterm nosave`, 'all', 'saved'],
  ['save points off where there is an AOF', AOF, 'save ""\nappendonly yes', 'all', 'all'],
  ['a directory written otherwise', `${SAVE}dir /data`, `${SAVE}dir //data/./`, 'all', 'saved'],
  ['a relative directory', `${SAVE}dir ./`, `${SAVE}dir data`, 'none', 'none'],
  [
    'dir, dump and AOF moved together',
    AOF,
    `${AOF}dir /b\ndbfilename b.rdb\nappendfilename b.aof`,
    'none',
    'none',
  ],
  ['one database', SAVE, `${SAVE}databases 1`, 'refused', 'refused'],
  ['more databases', SAVE, `${SAVE}databases 32`, 'all', 'saved'],
  ['no longer a cluster, without an AOF', SAVE + CLUSTER, SAVE, 'all', 'saved'],
  [
    'another file of the cluster',
    SAVE + CLUSTER,
    `${SAVE + CLUSTER}cluster-config-file n.conf`,
    'all',
    'saved',
  ],
  ['preamble back', `${AOF}aof-use-rdb-preamble no`, AOF, 'all', 'all'],
  [
    'fewer databases without a preamble',
    `${AOF}aof-use-rdb-preamble no`,
    `${AOF}databases 4`,
    'all, some misplaced',
    'all, some misplaced',
  ],
  ['a cut AOF is refused', AOF, `${AOF}aof-load-truncated no`, 'all', 'all'],
  ['no checksum', SAVE, `${SAVE}rdbchecksum no`, 'all', 'saved'],
  ['no compression', SAVE, `${SAVE}rdbcompression no`, 'all', 'saved'],
  ['memory limited, nothing evicted', SAVE, `${SAVE}maxmemory 1`, 'all', 'saved'],
  ['keys with an expiry evicted', SAVE, `${SAVE}maxmemory 1\nmaxmemory-policy volatile-lru`, 'all', 'saved'],
  ['SET taken away, without an AOF', SAVE, `${SAVE}rename-command SET ""`, 'all', 'saved'],
  ['SELECT renamed, with an AOF', AOF, `${AOF}rename-command SELECT choose`, 'refused', 'refused'],
  ['FLUSHALL taken away, with an AOF', AOF, `${AOF}rename-command FLUSHALL ""`, 'all', 'all'],
  ['a misspelt directive', SAVE, `${SAVE}appendonlyy yes`, 'refused', 'refused'],
  [
    'an AOF called as the dump was',
    `${SAVE}appendfilename dump.rdb`,
    `${AOF}appendfilename dump.rdb`,
    'all',
    'saved',
  ],
  ['timestamps in the AOF', AOF, `${AOF}aof-timestamp-enabled yes`, 'all', 'all'],
];

type Move = [
  base: string,
  head: string,
  what: string,
  ...(Row extends [string, ...infer Rest] ? Rest : never),
];

const RAW = `${AOF}aof-use-rdb-preamble no`;
/** A change of the image alone. */
const VERSIONS: Move[] = [
  ['redis:6.0', 'redis:7.0', 'an upgrade', SAVE, SAVE, 'all', 'saved'],
  ['redis:6.0', 'redis:7.0', 'an upgrade: the AOF is taken into a directory', AOF, AOF, 'all', 'all'],
  ['redis:6.0', 'redis:7.0', 'an upgrade, AOF renamed', AOF, `${AOF}appendfilename a.aof`, 'none', 'none'],
  ['redis:6.0', 'redis:8.0', 'an upgrade over two', AOF, AOF, 'all', 'all'],
  ['redis:6.0', 'valkey:9.1', 'a move', AOF, AOF, 'all', 'all'],
  [
    'redis:6.0',
    'valkey:9.1',
    'fewer databases',
    AOF,
    `${AOF}databases 4`,
    'all, some misplaced',
    'all, some misplaced',
  ],
  ['redis:7.0', 'redis:6.0', 'a rollback', SAVE, SAVE, 'refused', 'refused'],
  ['redis:7.0', 'redis:6.0', 'a rollback: the directory is not seen', AOF, AOF, 'none', 'none'],
  ['redis:7.0', 'valkey:8.1', 'a move', AOF, AOF, 'all', 'all'],
  ['redis:8.0', 'redis:7.0', 'a rollback', AOF, AOF, 'refused', 'refused'],
  ['redis:8.0', 'redis:7.0', 'a rollback without a preamble', RAW, RAW, 'all', 'all'],
  ['redis:8.0', 'valkey:8.1', 'a move', SAVE, SAVE, 'refused', 'refused'],
  ['redis:8.0', 'valkey:9.1', 'a move', AOF, AOF, 'refused', 'refused'],
  ['redis:8.0', 'valkey:9.1', 'AOF on at once', SAVE, AOF, 'none', 'none'],
  ['valkey:8.1', 'redis:8.0', 'back again', SAVE, SAVE, 'all', 'saved'],
  ['valkey:8.1', 'redis:7.0', 'back again, too far', SAVE, SAVE, 'refused', 'refused'],
  ['valkey:9.1', 'valkey:8.1', 'a rollback', AOF, AOF, 'refused', 'refused'],
  ['valkey:9.1', 'redis:8.6', 'a move', SAVE, SAVE, 'refused', 'refused'],
  ['redict:7.3', 'redis:8.0', 'a move', SAVE, SAVE, 'all', 'saved'],
  ['redict:7.3', 'valkey:8.0', 'a move', SAVE, SAVE, 'refused', 'refused'],
];

/** By product and line: the very servers that the tables of directives were asked of. */
const BINARIES = new Map(
  servers.binaries
    .filter(({path}) => path.includes('/run/'))
    .map(({product, version, path}) => [`${product}:${version.split('.').slice(0, 2).join('.')}`, path]),
);
const CORE = ['redis:6.0', 'redis:7.0', 'redis:8.0', 'valkey:8.1', 'valkey:9.1'];

const KEYS = {saved: 10, since: 6};
const COUNTS: Record<Left, number | null> = {
  ...{all: 16, saved: 10, none: 0, refused: null},
  'all, some misplaced': 16,
};

/** A few at a time: a server waits most of its life for its next tick. */
const AT_ONCE = 8;
const queue: (() => Promise<void>)[] = [];
let running = 0;

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    queue.push(() => work().then(resolve, reject));
    next();
  });
}

function next(): void {
  if (running >= AT_ONCE) return;
  const work = queue.shift();
  if (!work) return;
  running += 1;
  work().finally(() => {
    running -= 1;
    next();
  });
}

type Sides = {base: {server: string; text: string}; head: {server: string; text: string}};

/** So that a text is a configuration, whatever its one line is. */
const COMMON = 'tcp-keepalive 300\nlazyfree-lazy-expire no\n';

const JOB: LintJob = {maxLoss: null, writeRate: null, target: null};

async function sideOf({server, text}: Sides['base']): Promise<Side> {
  const [product, line] = server.split(':') as [Target['product'], string];
  const {configurations, scripts} = await findInText(COMMON + text, 'redis.conf', '/nowhere');
  const [configuration] = configurations;
  return {configurations: [{...configuration!, target: {product, line}}], scripts, texts: new Map()};
}

const readingOfText = async (side: Sides['base']) => readingOf((await sideOf(side)).configurations[0]!, JOB);

async function carriedOut({base, head}: Sides, stop: 'in order' | 'killed') {
  const started = ({server, text}: Sides['base']) => ({binary: BINARIES.get(server)!, text: COMMON + text});
  const {keys, inTheirDatabases} = await rollOut({base: started(base), head: started(head), stop, ...KEYS});
  return {keys, misplaced: keys !== null && !inTheirDatabases};
}

async function predicted({base, head}: Sides, stop: 'in order' | 'killed') {
  const deploy = predictDeploy(await readingOfText(base), await readingOfText(head), stop);
  return {keys: keysKept(deploy, KEYS), misplaced: 'misplaced' in deploy, known: deploy.kept !== null};
}

/** All of them are begun at once, and each is told of in a test of its own. */
function carryOut(sides: Sides, left: Record<'in order' | 'killed', Left>): () => Promise<void> {
  const stops = ['in order', 'killed'] as const;
  const outcomes = Promise.all(stops.map(stop => inTurn(() => carriedOut(sides, stop))));
  outcomes.catch(() => {});
  return async () => {
    const said = stops.map(stop => ({keys: COUNTS[left[stop]], misplaced: left[stop].includes('misplaced')}));
    expect(await outcomes).toEqual(said);
    const foretold = await Promise.all(stops.map(stop => predicted(sides, stop)));
    expect(foretold).toEqual(said.map(each => ({...each, known: true})));
    // A deploy that leaves less than a restart without it never ends green.
    const [base, head] = [await readingOfText(sides.base), await readingOfText(sides.head)];
    const isWorse = deployChanges(base, head).some(({worse}) => worse);
    const isRed = failing(lint(await sideOf(sides.head), await sideOf(sides.base), JOB)).length > 0;
    expect(isWorse && !isRed).toBe(false);
  };
}

const LIMIT_MS = 120_000;

/** `test`, or a skip that says which server is not here. */
function testOn(wanted: string[], title: string, begin: () => () => Promise<void>): void {
  const missing = wanted.find(server => !BINARIES.has(server));
  if (missing === undefined) test(title, begin(), LIMIT_MS);
  else test.skip(`${title} (skipped: ${missing} cannot be had)`, () => {});
}

describe.each(CORE)('a change of the configuration, on %s', server => {
  const finer = server === 'redis:7.0' ? FINER : [];
  for (const [what, base, head, inOrder, killed] of [...EVERYWHERE, ...finer]) {
    const sides = {base: {server, text: base}, head: {server, text: head}};
    testOn([server], `${what}: ${inOrder}; killed: ${killed}`, () =>
      carryOut(sides, {'in order': inOrder, killed}),
    );
  }
});

describe('a change of the server', () => {
  for (const [from, to, what, base, head, inOrder, killed] of VERSIONS) {
    const sides = {base: {server: from, text: base}, head: {server: to, text: head}};
    testOn([from, to], `${from} to ${to}, ${what}: ${inOrder}; killed: ${killed}`, () =>
      carryOut(sides, {'in order': inOrder, killed}),
    );
  }
});
