/**
 * What each depth and proof of a drill costs beside the server alone: in one run, in turns, each in processes of its own.
 * The peer is what nobody can save: a frozen redis-server (of the PATH) that loads the dump, and its DEBUG DIGEST. Of each
 * the time on the clock and the time of all processors are given: on a machine that is shared the second is steadier.
 * Drills are of dist/ (build it first), in a local process, or in a container with --server container.
 *
 *     node bench/depths.mjs [--runs 3] [--server process] [--source] [FILE]     without FILE 5 million small keys
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {populated, startServer} from './datasets.mjs';

const ROOT = join(import.meta.dirname, '..');
/** How often the drill's peak memory is read; the kernel keeps the peak. */
const LOOK_MS = 20;
/** /proc counts in these (sysconf(_SC_CLK_TCK), on every Linux of our time). */
const TICKS_PER_SECOND = 100;

const {values, positionals} = parseArgs({
  options: {
    runs: {type: 'string', default: '3'},
    server: {type: 'string', default: 'process'},
    source: {type: 'boolean', default: false},
  },
  allowPositionals: true,
});
const CLI = values.source ? join(ROOT, 'src', 'cli.ts') : join(ROOT, 'dist', 'cli.cjs');
const file = resolve(positionals[0] ?? (await populated()));
/** Of the whole: the goal, and what it is a share of. */
const GOALS = {full: [1.15, 'load + digest'], save: [0.7, 'load + digest'], quick: [1.25, 'load']};
const DRILLS = {full: [], save: ['--proof', 'save'], quick: ['--depth', 'quick']};

/** @type {Record<string, {ms: number, cpuMs: number}[]>} */
const taken = {load: [], digest: [], 'load + digest': [], full: [], save: [], quick: []};
let peakKb = 0;
for (let run = 0; run < Number(values.runs); run += 1) {
  await bare();
  for (const [name, flags] of Object.entries(DRILLS)) taken[name].push(await drill(flags));
}
console.log(`${basename(file)}, drills in a ${values.server}, medians of ${values.runs}:`);
console.log(`  ${''.padEnd(16)}${'clock'.padStart(10)}${'processors'.padStart(14)}`);
for (const name of Object.keys(taken)) {
  const [limit, of] = GOALS[name] ?? [];
  const ratio = what => (median(name, what) / median(of, what)).toFixed(2);
  const shares = of ? `   ${ratio('ms')} and ${ratio('cpuMs')} of ${of}, at most ${limit}` : '';
  const [ms, cpuMs] = [median(name, 'ms'), median(name, 'cpuMs')].map(n => `${n.toFixed(0)} ms`);
  console.log(`  ${name.padEnd(16)}${ms.padStart(10)}${cpuMs.padStart(14)}${shares}`);
}
console.log(`  peak RSS of the drills ${(peakKb / 1024).toFixed(0)} MiB, at most 250`);

/** Takes the file as it is, read only: a server that saves nothing does not write to it. */
async function bare() {
  const flags = ['--dir', dirname(file), '--dbfilename', basename(file), '--replicaof', '127.0.0.1', '0'];
  const start = performance.now();
  await using server = await startServer([...flags, '--databases', '1024']);
  await server.loaded();
  const load = {ms: performance.now() - start, cpuMs: cpuMsOf(server.pid)};
  const again = performance.now();
  server.redis('DEBUG', 'DIGEST');
  const digest = {ms: performance.now() - again, cpuMs: cpuMsOf(server.pid) - load.cpuMs};
  taken.load.push(load);
  taken.digest.push(digest);
  taken['load + digest'].push({ms: load.ms + digest.ms, cpuMs: load.cpuMs + digest.cpuMs});
}

/** utime and stime: fields 14 and 15, counted from behind the name, which may hold anything. */
function cpuMsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** In a shell that tells the time of all processors, servers that were waited for included; a container's is not. */
async function drill(flags) {
  const command = [process.execPath, CLI, 'drill', file, '--server', values.server, ...flags];
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null';
  const shell = spawn('bash', ['-c', script, 'bash', ...command], {stdio: ['ignore', 'ignore', 'pipe']});
  let said = '';
  shell.stderr.on('data', chunk => {
    said += chunk;
  });
  const looking = setInterval(() => look(shell.pid), LOOK_MS);
  const [exitCode] = await once(shell, 'close');
  clearInterval(looking);
  if (exitCode !== 0)
    throw new Error(`restore-drill ${command.slice(2).join(' ')} ended with ${exitCode}:\n${said}`);
  const [real, user, system] = said.trim().split('\n').at(-1).split(' ').map(Number);
  return {ms: 1000 * real, cpuMs: 1000 * (user + system)};
}

/** The drill is the only child of its shell. */
function look(shellPid) {
  try {
    const [pid] = readFileSync(`/proc/${shellPid}/task/${shellPid}/children`, 'utf8').split(' ');
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    peakKb = Math.max(peakKb, Number(peak?.[1] ?? 0));
  } catch {
    // Not there yet, or no longer.
  }
}

function median(name, what) {
  const numbers = taken[name].map(one => one[what]).toSorted((a, b) => a - b);
  return numbers[Math.floor(numbers.length / 2)];
}
