/**
 * Would a worker thread help? While a frozen redis-server loads a dump, it is inspected in the main thread, as drills do,
 * or in a worker: how long until both are done, and how long the main thread, which speaks to the server and takes
 * signals, was deaf at most. In turns; without FILE 5 million small keys.
 *
 *     node bench/threads.mjs [--runs 3] [FILE]
 */
import {basename, dirname, resolve} from 'node:path';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {isMainThread, parentPort, Worker, workerData} from 'node:worker_threads';
import {inspect} from '../src/inspect/inspect.ts';
import {connectToSocket} from '../src/redis/client.ts';
import {populated, startServer} from './datasets.mjs';

if (isMainThread) await compare();
else {
  const {digests} = await inspect(workerData);
  parentPort.postMessage(digests.byDialect);
}

async function compare() {
  const {values, positionals} = parseArgs({
    options: {runs: {type: 'string', default: '3'}},
    allowPositionals: true,
  });
  const file = resolve(positionals[0] ?? (await populated()));
  const ways = {
    'load alone': async () => {},
    'in the main thread': () => inspect(file),
    'in a worker': () => inWorker(file),
  };
  const taken = Object.fromEntries(Object.keys(ways).map(name => [name, {ms: [], deafMs: []}]));
  for (let run = 0; run < Number(values.runs); run += 1) {
    for (const [name, work] of Object.entries(ways)) {
      const {ms, deafMs} = await besideLoading(file, work);
      taken[name].ms.push(ms);
      taken[name].deafMs.push(deafMs);
    }
  }
  console.log(`${basename(file)}, medians of ${values.runs}:`);
  for (const [name, {ms, deafMs}] of Object.entries(taken))
    console.log(
      `  ${name.padEnd(20)} ${median(ms)} ms until both are done, deaf for ${median(deafMs)} ms at most`,
    );
}

async function besideLoading(file, work) {
  const delay = monitorEventLoopDelay({resolution: 5});
  const flags = ['--dir', dirname(file), '--dbfilename', basename(file), '--replicaof', '127.0.0.1', '0'];
  const start = performance.now();
  await using server = await startServer([...flags, '--databases', '1024']);
  delay.enable();
  await Promise.all([work(), loaded(server.socket)]);
  delay.disable();
  return {ms: performance.now() - start, deafMs: delay.max / 1e6};
}

/** Asked as a drill asks. */
async function loaded(socket) {
  const client = await connectToSocket(socket);
  while (!/^loading:0/m.test(await client.call('INFO', 'persistence'))) await sleep(50);
  client.close();
}

function inWorker(file) {
  const {promise, resolve, reject} = Promise.withResolvers();
  new Worker(new URL(import.meta.url), {workerData: file}).on('message', resolve).on('error', reject);
  return promise;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1].toFixed(0);
}
