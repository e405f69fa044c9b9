/**
 * The throwaway server as a local process: the same settings on a server program from the PATH, in the same
 * private directory, never as root. It has no port, and its replication points at a port that cannot exist.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {constants} from 'node:fs';
import {access} from 'node:fs/promises';
import {delimiter, dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {throwIfAborted} from '../errors.ts';
import type {Owner} from '../private/owner.ts';
import {runToEnd} from '../process.ts';
import {connectToSocket} from '../redis/client.ts';
import {formatLine, lineOf, type Product, type ServerLine} from '../redis/server-line.ts';
import {startWithDebug} from './debug-directive.ts';
import {LogBuffer} from './log-buffer.ts';
import type {Payload} from './payload.ts';
import {makePrivateDir} from './private-dir.ts';
import {whenReachable} from './reach.ts';
import {frozenRole} from './role.ts';
import {answering, type Ended, type ServerDescription, type Throwaway} from './throwaway.ts';

const PROGRAMS: Record<string, Product> = {
  'redis-server': 'redis',
  'valkey-server': 'valkey',
  'redict-server': 'redict',
};
/** From SIGKILL to the exit event; only a process stuck in the kernel takes longer. */
const KILL_TIMEOUT_MS = 5000;

export type LocalBinary = {path: string; line: ServerLine; version: string};

export async function findBinaries(searchPath: string): Promise<LocalBinary[]> {
  const found: LocalBinary[] = [];
  for (const [program, product] of Object.entries(PROGRAMS)) {
    for (const directory of searchPath.split(delimiter).filter(Boolean)) {
      const path = join(directory, program);
      if (
        !(await access(path, constants.X_OK).then(
          () => true,
          () => false,
        ))
      )
        continue;
      const version = /v=(\d+\.\d+\.\d+)/.exec((await runToEnd(path, ['--version'])).stdout)?.[1];
      if (version !== undefined) found.push({path, line: lineOf(product, version), version});
      break;
    }
  }
  return found;
}

export type ProcessOptions = {
  binary: LocalBinary;
  because: string;
  payload: Payload;
  highestDatabase: number;
  tempDir: string;
  owner: Owner;
  signal: AbortSignal | undefined;
};

/** A server on its way to load the dump; throws EndedEarly when it died before it could be asked anything. */
export function startProcess(options: ProcessOptions): Promise<Throwaway> {
  return startWithDebug(options.binary.line, debugCommand => startOne(options, debugCommand));
}

async function startOne(options: ProcessOptions, debugCommand: boolean): Promise<Throwaway> {
  throwIfAborted(options.signal);
  const {binary, payload, highestDatabase} = options;
  const directory = await makePrivateDir(options.tempDir, options.owner, 'path');
  const log = new LogBuffer();
  let child: ChildProcess | null = null;
  const dispose = async () => {
    if (child) await kill(child);
    await directory[Symbol.asyncDispose]();
  };
  try {
    const {path, socket} = directory;
    const dump = payload.kind === 'rdb' ? await directory.readableDump(payload.path) : path;
    const inside = {directory: path, dump, dumpDir: dirname(dump), socket};
    const role = frozenRole({highestDatabase, debugCommand, payload})(inside);
    await directory.furnish(role.entries);
    child = spawn(binary.path, role.command, {
      // By this a server is found whose drill was killed (left-behind.ts).
      cwd: directory.path,
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
      uid: directory.uid,
      gid: directory.gid,
    });
    child.stdout!.on('data', (chunk: Buffer) => log.append(chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => log.append(chunk.toString()));
    child.on('error', ({message}) => log.append(`The program failed to start: ${message}\n`));
    const ending = endOf(child);
    const server = {
      description: {
        kind: 'process',
        binary: binary.path,
        line: formatLine(binary.line),
        version: binary.version,
        because: options.because,
        via: 'socket',
      } satisfies ServerDescription,
      log: async () => log.lines(),
      ended: async () => ending.now(),
    };
    const client = await whenReachable(() => connectToSocket(directory.socket), server, options.signal);
    return answering(server, client, {saved: join(path, role.saves!), dispose});
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** `close` comes after the pipes are drained, so the log is whole when a server is seen to have ended. */
function endOf(child: ChildProcess): {now(): Ended | null} {
  let ended: Ended | null = null;
  child.on('error', () => {
    ended ??= {exitCode: null, outOfMemory: false};
  });
  child.on('close', (exitCode, signal) => {
    // Nobody but us and the kernel's OOM killer sends SIGKILL to this process, and we no longer look when we do.
    ended ??= {exitCode, outOfMemory: signal === 'SIGKILL'};
  });
  return {now: () => ended};
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  child.kill('SIGKILL');
  await Promise.race([gone, sleep(KILL_TIMEOUT_MS, undefined, {ref: false})]);
}
