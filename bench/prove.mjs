/**
 * How long does it take to prove a change of configuration? `lint --prove` of one file and its base: some ten servers in
 * containers, four chains of them at a time, and writes for a second and a half. A drill of the sample in one container,
 * in the same run, is the peer. From dist/; medians after one run that does not count.
 *
 *     node bench/prove.mjs [--runs 3] [--image redis:7.0]
 */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';

const {values} = parseArgs({
  options: {runs: {type: 'string', default: '3'}, image: {type: 'string', default: 'auto'}},
});
const ROOT = join(import.meta.dirname, '..');
const CLI = join(ROOT, 'dist', 'cli.cjs');
const SAMPLE = join(ROOT, 'examples', 'sample', 'dump.rdb');

const directory = mkdtempSync(join(tmpdir(), 'bench-prove-'));
try {
  writeFileSync(join(directory, 'before.conf'), 'dir /data\nsave 900 1\n');
  writeFileSync(join(directory, 'redis.conf'), 'dir /data\nsave 900 1\nappendonly yes\n');
  const prove = ['redis.conf', '--base', 'before.conf', '--prove', '--image', values.image];
  const proof = median(() => cli(4, 'lint', ...prove));
  const peer = median(() => cli(0, 'drill', SAMPLE, '--server', 'container', '--image', values.image));
  const seconds = ms => (ms / 1000).toFixed(1);
  console.log(
    `lint --prove of one change: ${seconds(proof)} s, ${(proof / peer).toFixed(1)} drills of the sample in a container (${seconds(peer)} s)`,
  );
} finally {
  rmSync(directory, {recursive: true});
}

/** @param {() => void} work @returns {number} milliseconds */
function median(work) {
  const times = Array.from({length: Number(values.runs) + 1}, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return times.slice(1).toSorted((a, b) => a - b)[Number(values.runs) >> 1];
}

/** @param {number} expected @param {string[]} args */
function cli(expected, ...args) {
  const {status, stdout, stderr} = spawnSync(process.execPath, [CLI, ...args], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (status !== expected) throw new Error(`${args[0]} ended with ${status}: ${stdout}${stderr}`);
}
