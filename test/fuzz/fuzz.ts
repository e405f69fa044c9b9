/**
 * Fuzzes the reader of dumps, unpacking, or whole drills, for as long as it is told: `npm run fuzz -- --minutes 10 --seed 1`. Prints
 * what came of the cases and how fast they ran; each failure leaves its bytes, and fails the run.
 *
 *     --target dump|packed|server   what is fuzzed (dump); server: the reader against redis-server, by whole drills
 *     --minutes N            of time on the clock (1)
 *     --seed N               drawn anew for each run unless given
 *     --first N              number of the first case; with --cases 1 one failure is seen again
 *     --cases N              no more than so many
 *     --out DIR              for the bytes of failures (.cache/fuzz)
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {Worker} from 'node:worker_threads';
import {corpusDumps, handMade, randomDumps} from './dump-target.ts';
import {preparePacked} from './packed-target.ts';
import {readableBy} from './server-target.ts';
import {attempt, type Context, drawCase, type Failure, type Told, type Work} from './worker.ts';

/** Without any case coming to its end: most take a millisecond. */
const HANG_MS = 60_000;
/** Datasets that a real server writes for each run. */
const RANDOM_DATASETS = 40;

const {values} = parseArgs({
  options: {
    target: {type: 'string', default: 'dump'},
    minutes: {type: 'string', default: '1'},
    seed: {type: 'string', default: String(Date.now() % 1_000_000_000)},
    first: {type: 'string', default: '0'},
    cases: {type: 'string'},
    out: {type: 'string', default: join(import.meta.dirname, '..', '..', '.cache', 'fuzz')},
  },
});
const seed = Number(values.seed);
const until = Date.now() + Number(values.minutes) * 60_000;

async function prepare(): Promise<Context> {
  if (values.target === 'packed') return {target: 'packed', ...preparePacked()};
  const originals = [...handMade(), ...corpusDumps(), ...(await randomDumps(RANDOM_DATASETS, seed))];
  if (values.target === 'dump') return {target: 'dump', originals};
  if (values.target === 'server') return {target: 'server', originals: originals.filter(readableBy)};
  throw new Error(`--target ${values.target}: dump, packed or server`);
}

const context = await prepare();
let failures = 0;

function fail({number, what}: Failure): void {
  failures++;
  mkdirSync(values.out, {recursive: true});
  const {name, bytes} = drawCase(context, seed, number);
  const path = join(values.out, `${context.target}-${seed}-${number}.bin`);
  writeFileSync(path, bytes);
  console.log(`FAILED  case ${number} of seed ${seed}, from ${name}: ${what}\n        ${path}`);
}

/** Until time is up, or a case hangs or kills; returns the number of the next case. */
async function runFrom(first: number): Promise<{next: number; told: Exclude<Told, Failure> | null}> {
  const now = new Int32Array(new SharedArrayBuffer(4));
  const workerData: Work = {context, seed, first, until, now};
  const worker = new Worker(new URL('worker.ts', import.meta.url), {workerData});
  let told: Exclude<Told, Failure> | null = null;
  let died: string | null = null;
  let [last, since] = [-1, Date.now()];
  const watch = setInterval(() => {
    const current = Atomics.load(now, 0);
    if (current !== last) [last, since] = [current, Date.now()];
    if (Date.now() - since <= HANG_MS) return;
    died = `it hangs for ${HANG_MS} ms`;
    worker.terminate();
  }, 1000);
  worker.on('message', (message: Told) => {
    if ('number' in message) fail(message);
    else told = message;
  });
  worker.on('error', error => {
    died = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  await new Promise(resolve => worker.on('exit', resolve));
  clearInterval(watch);
  const number = Atomics.load(now, 0);
  if (died !== null) fail({number, what: died});
  return {next: number + 1, told};
}

const outcomes = new Map<string, number>();
let [cases, cpuMs, maxRssBytes] = [0, 0, 0];
console.log(`${context.target}: ${context.originals.length} originals, seed ${seed}`);
if (values.cases === undefined) {
  for (let next = Number(values.first); Date.now() < until; ) {
    const ran = await runFrom(next);
    next = ran.next;
    cases += ran.told?.cases ?? 0;
    cpuMs += ran.told?.cpuMs ?? 0;
    maxRssBytes = Math.max(maxRssBytes, ran.told?.maxRssBytes ?? 0);
    for (const [outcome, count] of Object.entries(ran.told?.outcomes ?? {}))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
  }
} else {
  for (let number = Number(values.first); cases < Number(values.cases); number++, cases++) {
    const outcome = await attempt(context, seed, number).catch((error: Error) => {
      fail({number, what: error.stack ?? error.message});
      return 'FAILED';
    });
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  cpuMs = process.cpuUsage().user / 1000;
}
for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a))
  console.log(`${String(count).padStart(9)}  ${outcome}`);
console.log(
  `${cases} cases, seed ${seed}, ${Math.round((1000 * cases) / cpuMs)} a second of processor time, ` +
    `${(cpuMs / 60_000).toFixed(1)} minutes of it, at most ${Math.round(maxRssBytes / 2 ** 20)} MiB, ${failures} failures`,
);
process.exitCode = failures === 0 && cases > 0 ? 0 : 1;
