/**
 * How fast is our reader, and how much memory does it take? In one run, alternating, each in its own process:
 * `redis-check-rdb`, `inspect` without and with the digest, with groups, and what the digest replaces: a server that loads the same
 * file and answers DEBUG DIGEST. The machine may be shared: the ratios count, not the seconds.
 *
 *     node bench/reader.mjs [--dataset populated|mixed|large] [--runs 3] [--no-server] [FILE]
 */
import {execFileSync, spawnSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {mixed, populated, repeated, startServer} from './datasets.mjs';

/** Runs one inspection and prints what it took; the arguments are file and depth. */
const OURS = `
  import {readFileSync} from 'node:fs';
  const {inspect} = await import(${JSON.stringify(join(import.meta.dirname, '..', 'src', 'inspect', 'inspect.ts'))});
  const started = performance.now();
  const {dataset, digests, checksum, error} = await inspect(process.argv[1], {depth: process.argv[2], groups: JSON.parse(process.argv[3])});
  const ms = performance.now() - started;
  // Not resourceUsage().maxRSS: on Linux a child inherits its parent's until it has more of its own.
  const peakKb = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  console.log(JSON.stringify({ms, keys: dataset.keys, digests, checksum, error, peakKb}));
`;

const LABELS = {
  check: 'redis-check-rdb',
  quick: 'inspect, depth quick',
  full: 'inspect, with the digest',
  groups: 'inspect, digest and groups',
  auto: 'the same, groups found first',
  load: 'redis-server, load',
  digest: 'DEBUG DIGEST',
};

/** A prefix that most keys have, others that few or none have, and a pattern that is no prefix. */
const GROUPS = {patterns: ['user:*', 'session:*', 'cart:*', 'queue:*', '*:*7', 'us[de]r:1*'], redact: false};
const AUTO = {patterns: 'auto', redact: false};
const NONE = {patterns: [], redact: false};

const DATASETS = {populated, mixed, large: () => repeated(11)};

const {values, positionals} = parseArgs({
  options: {
    dataset: {type: 'string', default: 'populated'},
    runs: {type: 'string', default: '3'},
    'no-server': {type: 'boolean', default: false},
  },
  allowPositionals: true,
});
const file = resolve(positionals[0] ?? (await DATASETS[values.dataset]()));
await compare(file, Number(values.runs));

async function compare(file, runs) {
  const times = {check: [], quick: [], full: [], groups: [], auto: [], load: [], digest: []};
  let last = {};
  for (let run = 0; run < runs; run++) {
    times.check.push(timed(() => spawnSync('redis-check-rdb', [file], {stdio: 'ignore'})));
    times.quick.push(ours(file, 'quick').ms);
    last = ours(file, 'full');
    times.full.push(last.ms);
    const grouped = ours(file, 'full', GROUPS);
    times.groups.push(grouped.ms);
    times.auto.push(ours(file, 'full', AUTO).ms);
    last = {...last, peakKb: Math.max(last.peakKb, grouped.peakKb)};
    if (!values['no-server']) await serve(file, times, last.digests.byDialect);
  }
  const megabytes = (statSync(file).size / 1e6).toFixed(0);
  console.log(
    `${basename(file)}: ${megabytes} MB, ${last.keys} keys, checksum ${last.checksum}, medians of ${runs}`,
  );
  const base = {quick: 'check', full: 'digest', groups: 'digest', auto: 'digest'};
  for (const [name, list] of Object.entries(times).filter(([, list]) => list.length > 0)) {
    const other = base[name] !== undefined && times[base[name]].length > 0 ? base[name] : undefined;
    const ratio = other ? `  ${(median(list) / median(times[other])).toFixed(2)} of ${LABELS[other]}` : '';
    console.log(`  ${LABELS[name].padEnd(30)} ${median(list).toFixed(0).padStart(7)} ms${ratio}`);
  }
  console.log(`  peak RSS of inspect            ${(last.peakKb / 1024).toFixed(0).padStart(7)} MiB`);
}

function ours(file, depth, groups = NONE) {
  const output = execFileSync(process.execPath, [
    '--input-type=module',
    '-e',
    OURS,
    file,
    depth,
    JSON.stringify(groups),
  ]);
  const result = JSON.parse(output.toString());
  if (result.error) throw new Error(result.error.message);
  return result;
}

/** Takes the file as it is, read only: a server that saves nothing does not write to it. */
async function serve(file, times, digests) {
  const started = performance.now();
  const flags = ['--dir', dirname(file), '--dbfilename', basename(file), '--replicaof', '127.0.0.1', '0'];
  await using server = await startServer([...flags, '--databases', '1024']);
  await server.loaded();
  times.load.push(performance.now() - started);
  let digest = '';
  times.digest.push(timed(() => (digest = server.redis('DEBUG', 'DIGEST'))));
  if (!Object.values(digests).includes(digest)) throw new Error(`the server's digest is ${digest}, not ours`);
}

function timed(action) {
  const started = performance.now();
  action();
  return performance.now() - started;
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}
