/**
 * What a drill costs beyond the restore itself: the whole process, from dist/, on a dump of about 1 kB, in a container and
 * as a local process, and `--version` for the start of the program alone. Medians of five runs after one that does not
 * count. The server itself is the peer: what it takes redis-server to start, load the same dump and be ready.
 *
 *     node bench/drill.mjs
 */
import {spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli.cjs');
const RUNS = 5;

const directory = mkdtempSync(join(tmpdir(), 'bench-drill-'));
const dump = join(directory, 'dump.rdb');
try {
  await makeDump();
  const timed = {
    'redis-server, until it is ready': await median(untilReady),
    'cli.cjs --version': await median(() => cli(['--version'])),
    'drill, local process': await median(() => cli(['drill', dump, '--server', 'process'])),
    'drill, container': await median(() => cli(['drill', dump, '--server', 'container'])),
  };
  console.log(`dump of ${statSync(dump).size} bytes, medians of ${RUNS}:`);
  for (const [what, ms] of Object.entries(timed))
    console.log(`  ${what.padEnd(34)} ${ms.toFixed(0).padStart(5)} ms`);
} finally {
  rmSync(directory, {recursive: true});
}

/** @param {() => unknown} work @returns {Promise<number>} milliseconds */
async function median(work) {
  const times = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const start = performance.now();
    await work();
    if (run > 0) times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[RUNS >> 1];
}

/** @param {string[]} args */
function cli(args) {
  const {status, stdout} = spawnSync(process.execPath, [CLI, ...args], {encoding: 'utf8'});
  if (status !== 0) throw new Error(`restore-drill ${args.join(' ')} ended with ${status}:\n${stdout}`);
}

/** A server that loads the dump as a drill would have it loaded. @param {string[]} flags */
function server(...flags) {
  return spawn('redis-server', ['--port', '0', '--save', '', '--dir', directory, ...flags]);
}

async function untilReady() {
  const child = server();
  for await (const chunk of child.stdout) if (/ready to accept connections/i.test(chunk)) break;
  child.kill('SIGKILL');
}

async function makeDump() {
  const socket = join(directory, 's.sock');
  const child = server('--unixsocket', socket, '--enable-debug-command', 'local');
  for await (const chunk of child.stdout) if (/ready to accept connections/i.test(chunk)) break;
  const ask = (...args) => spawnSync('redis-cli', ['-s', socket, ...args], {encoding: 'utf8'});
  ask('DEBUG', 'POPULATE', '30', 'user', '20');
  ask('SAVE');
  child.kill('SIGKILL');
}
