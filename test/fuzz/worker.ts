/**
 * Runs one case after the other and tells each one's number before it begins, so that whoever watches knows which one
 * hangs or kills. A case that takes too long or too much memory fails like one that throws.
 */
import {parentPort, workerData} from 'node:worker_threads';
import {type DumpCase, dumpCase, readAnything} from './dump-target.ts';
import {type Original, randomOf} from './mutations.ts';
import {type PackedContext, packedCase, unpackAnything} from './packed-target.ts';
import {restoreAnything, servedCase} from './server-target.ts';

export type Context =
  | {target: 'dump' | 'server'; originals: Original[]}
  | ({target: 'packed'} & PackedContext);
export type Work = {context: Context; seed: number; first: number; until: number; now: Int32Array};
export type Failure = {number: number; what: string};
export type Told =
  | {outcomes: Record<string, number>; cases: number; cpuMs: number; maxRssBytes: number}
  | Failure;

/** Of processor time, as the machine may be busy. Most cases take a millisecond. */
const CASE_MS = 5000;
/** Of the whole process: originals, jest or the supervisor, and one case. */
const RSS_BYTES = 700 * 1024 ** 2;
/** Between two reports. */
const REPORT_MS = 1000;

export function drawCase(context: Context, seed: number, number: number) {
  const random = randomOf(seed, number);
  if (context.target === 'packed') return packedCase(context, random);
  return context.target === 'dump'
    ? dumpCase(context.originals, random)
    : servedCase(context.originals, random);
}

/** What came of it, in a word; throws what is wrong with us. */
export async function attempt(context: Context, seed: number, number: number): Promise<string> {
  const drawn = drawCase(context, seed, number);
  if (context.target === 'packed') return unpackAnything(drawn, context);
  if (context.target === 'server') return restoreAnything(drawn);
  return (await readAnything(drawn as DumpCase)).error?.rule ?? 'read without an error';
}

const cpuMs = (): number => {
  const {user, system} = process.threadCpuUsage();
  return (user + system) / 1000;
};

async function work({context, seed, first, until, now}: Work): Promise<void> {
  const told = {outcomes: {} as Record<string, number>, cases: 0, cpuMs: 0, maxRssBytes: 0};
  let reported = Date.now();
  for (let number = first; Date.now() < until; number++) {
    Atomics.store(now, 0, number);
    const before = cpuMs();
    const outcome = await attempt(context, seed, number).catch((error: Error) => {
      parentPort!.postMessage({number, what: error.stack ?? String(error)});
      return 'FAILED';
    });
    const rss = process.memoryUsage.rss();
    if (cpuMs() - before > CASE_MS)
      parentPort!.postMessage({number, what: `it takes ${cpuMs() - before} ms`});
    if (rss > RSS_BYTES && rss > told.maxRssBytes)
      parentPort!.postMessage({number, what: `it takes ${rss} bytes`});
    told.outcomes[outcome] = (told.outcomes[outcome] ?? 0) + 1;
    told.cases++;
    told.maxRssBytes = Math.max(told.maxRssBytes, rss);
    if (Date.now() - reported < REPORT_MS) continue;
    reported = Date.now();
    parentPort!.postMessage({...told, cpuMs: cpuMs()});
  }
  parentPort!.postMessage({...told, cpuMs: cpuMs()});
}

if (parentPort) await work(workerData as Work);
