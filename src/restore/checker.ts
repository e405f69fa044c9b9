/**
 * The server's own checker (redis-check-rdb, redis-check-aof and Valkey's) on files that do not load or are damaged: of the same
 * image, in a throwaway container of its own, or beside the local binary. What it says is evidence beside the verdict and
 * never changes it: it misses what a load meets, and now and then fails what loads.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {dirname, join} from 'node:path';
import {z} from 'zod';
import {DrillError, throwIfAborted} from '../errors.ts';
import {thisDrill} from '../private/owner.ts';
import {readAofCheckerLog, readCheckerLog} from '../redis/checker-log.ts';
import {LogBuffer} from './log-buffer.ts';
import type {Payload} from './payload.ts';
import {makePrivateDir} from './private-dir.ts';
import {checkerRole} from './role.ts';
import type {ServerOptions, Surroundings} from './start-server.ts';
import type {ServerDescription} from './throwaway.ts';

const count = z.int().min(0).nullable();

export const checkedSchema = z.strictObject({
  program: z.string(),
  status: z.enum(['damaged', 'fine', 'not-run']),
  /** Why it was not run, or not to its end. */
  because: z.string().optional(),
  offset: count,
  complaint: z.string().nullable(),
  doing: z.string().nullable(),
  type: z.string().nullable(),
  keysRead: count,
});
export type Checked = z.infer<typeof checkedSchema>;

/** It reads some 100 MB a second; whoever wants to know more runs it by hand. */
const LIMIT_MS = 120_000;

/** Never rejects but when the drill is cancelled. */
export async function checkFiles(
  payload: Payload,
  server: ServerDescription,
  options: ServerOptions,
  surroundings: Surroundings,
): Promise<Checked> {
  const own = server.line?.split(':')[0] ?? 'redis';
  const products = [own, ...['redis', 'valkey', 'redict'].filter(product => product !== own)];
  const programs = products.map(product => `${product}-check-${payload.kind}`);
  const run = server.kind === 'container' ? inImage : besideBinary;
  const read = payload.kind === 'rdb' ? readCheckerLog : readAofCheckerLog;
  let because = '';
  for (const program of programs) {
    try {
      const log = await run(program, {payload, server, options, surroundings});
      if (log === null) return notRun(program, `it was not done after ${LIMIT_MS / 1000} s`);
      const words = read(log);
      return words ? {program, ...words} : notRun(program, 'it ended without a result');
    } catch (error) {
      throwIfAborted(surroundings.signal);
      if (!isMissing(error))
        return notRun(program, error instanceof DrillError ? error.message : 'it did not start');
      because ||= server.kind === 'container' ? 'the image does not have it' : 'it is not beside the server';
    }
  }
  return notRun(programs[0]!, because);
}

const notRun = (program: string, because: string): Checked => ({
  program,
  status: 'not-run',
  because,
  offset: null,
  complaint: null,
  doing: null,
  type: null,
  keysRead: null,
});

/** As engines say it, and as the kernel does. */
function isMissing(error: unknown): boolean {
  const {code, message} = error as {code?: unknown; message?: unknown};
  return code === 'ENOENT' || /executable file.*not found|no such file or directory/i.test(String(message));
}

type Job = {
  payload: Payload;
  server: ServerDescription;
  options: ServerOptions;
  surroundings: Surroundings;
};

/** Its output, or `null` when it takes too long. */
async function inImage(program: string, {payload, server, options, surroundings}: Job) {
  const {connectEngine} = await import('./container.ts');
  const {tempDir, signal, run, docker} = surroundings;
  const engine = await connectEngine(docker?.host, signal);
  if (!engine) throw new Error('the engine is gone');
  const {memoryBytes} = options;
  const common = {image: server.image!, line: null, because: 'checker', highestDatabase: 0, memoryBytes};
  const role = checkerRole(program, payload);
  const ran = await engine.run({...common, payload, tempDir, signal, owner: thisDrill(run), role}, LIMIT_MS);
  return ran?.log ?? null;
}

async function besideBinary(program: string, {payload, server, surroundings}: Job) {
  const {tempDir, run, signal} = surroundings;
  await using directory = await makePrivateDir(tempDir, thisDrill(run), 'path');
  const {path, socket, uid, gid} = directory;
  const dump = payload.kind === 'rdb' ? await directory.readableDump(payload.path) : '';
  const {command, entries} = checkerRole(program, payload)({directory: path, dumpDir: path, dump, socket});
  await directory.furnish(entries);
  const log = new LogBuffer();
  const child: ChildProcess = spawn(join(dirname(server.binary!), program), command, {
    // By this it is found when the drill is killed (left-behind.ts).
    cwd: path,
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
    uid,
    gid,
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    signal,
  });
  child.stdout!.on('data', (chunk: Buffer) => log.append(chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => log.append(chunk.toString()));
  await once(child, 'close');
  return child.signalCode === 'SIGKILL' ? null : log.lines();
}
