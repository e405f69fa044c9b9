/**
 * Running other programs to their end: argv arrays only, never a shell, output bounded or streamed. Secrets go through
 * pipes of their own, never through argv or the environment. Long-lived servers are restore's own business
 * (local-process.ts), because they must be killed by their process id.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Readable, Writable} from 'node:stream';
import {getExecOutput} from '@actions/exec';

/** Enough for any version banner or error text; more is cut. */
const MAX_OUTPUT_CHARS = 64 * 1024;

export type Ended = {exitCode: number; stdout: string; stderr: string};

/** Throws when the program cannot be started; any exit code is a value. */
export async function runToEnd(program: string, args: string[]): Promise<Ended> {
  // @actions/exec splits its first argument at spaces unless it is quoted.
  const {exitCode, stdout, stderr} = await getExecOutput(`"${program}"`, args, {
    silent: true,
    ignoreReturnCode: true,
  });
  return {exitCode, stdout: stdout.slice(0, MAX_OUTPUT_CHARS), stderr: stderr.slice(0, MAX_OUTPUT_CHARS)};
}

/** A program that neither takes nor gives a byte for so long is stuck: killed, like one that was told to. */
const STALL_MS = 120_000;

export type FilterOptions = {
  /** What the program reads on its standard input. */
  input: AsyncIterable<Uint8Array>;
  /** What it reads on file descriptor 3, to the end. */
  secret?: string | undefined;
  /** All of its environment: ours has secrets in it. With PATH, to find the program by. */
  env: Record<string, string>;
  /** Ends the program at once. */
  signal?: AbortSignal | undefined;
  /** How long it may be silent; the usual is STALL_MS. */
  stallMs?: number | undefined;
};

export type Filtered = {exitCode: number | null; stderr: string /** File descriptor 4. */; status: string};

/**
 * Streams `input` through a program, at the pace of whoever reads; returns how the program ended. @actions/exec keeps
 * all output in memory, however slowly it is read, so this does without it. Rejects with ENOENT where there is no such
 * program, and with whatever `input` threw. Ends the program when its output is no longer read.
 */
export async function* filter(
  program: string,
  args: string[],
  {input, secret, env, signal, stallMs = STALL_MS}: FilterOptions,
): AsyncGenerator<Buffer, Filtered> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    env,
  });
  const pipes = child.stdio as unknown as [Writable, Readable, Readable, Writable, Readable];
  const [stdin, stdout, stderr, secrets, status] = pipes;
  const closed = once(child, 'close') as Promise<[number | null]>;
  const said = {stderr: collect(stderr), status: collect(status)};
  // A program that ends early breaks its pipes; how it ended says more than that.
  for (const pipe of [stdin, secrets]) pipe.on('error', () => {});
  secrets.end(secret ?? '');
  const abort = () => void child.kill('SIGKILL');
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, {once: true});
  const stuck = setTimeout(() => child.kill('SIGKILL'), stallMs);
  const feeding = feed(input, stdin, () => stuck.refresh());
  // Met below, after the output.
  feeding.catch(() => child.kill('SIGKILL'));
  closed.catch(() => {});
  try {
    for await (const chunk of stdout) {
      stuck.refresh();
      yield chunk;
      stuck.refresh();
    }
    const [exitCode] = await closed;
    await feeding;
    return {exitCode, stderr: said.stderr(), status: said.status()};
  } finally {
    clearTimeout(stuck);
    signal?.removeEventListener('abort', abort);
    child.kill('SIGKILL');
    await closed.catch(() => {});
  }
}

async function feed(input: AsyncIterable<Uint8Array>, stdin: Writable, moved: () => void): Promise<void> {
  for await (const chunk of input) {
    // Called when the bytes are on their way, and when they never will be.
    await new Promise<void>(written => stdin.write(chunk, () => written()));
    moved();
    if (stdin.destroyed) return;
  }
  stdin.end();
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    if (text.length < MAX_OUTPUT_CHARS) text = (text + part).slice(0, MAX_OUTPUT_CHARS);
  });
  return () => text;
}
