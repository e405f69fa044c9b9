/**
 * A program whose standard output is the backup: seventy more stores without code of ours. Called with an array of
 * arguments, never by a shell, with the environment of the step; only its success says that the output is whole.
 */
import {basename} from 'node:path';
import {type Filtered, filter} from '../process.ts';
import {withoutCredentials} from './redact.ts';
import type {StoreDeps} from './source-job.ts';
import {type Attempt, type Entry, type Store, StoreFault} from './store.ts';

export function commandStore([program, ...args]: string[], {environment = {}}: StoreDeps): Store {
  // Arguments may hold what is nobody's business.
  const name = basename(program!);
  const entry: Entry = {name, location: `command: ${name}`, sizeBytes: null, modifiedAt: null};
  return {
    ranges: false,
    parallel: false,
    list: async () => ({place: entry.location, entries: [entry], named: name}),
    open: async (_entry, _range, attempt) =>
      unhurried(attempt, outputOf(program!, args, {environment, attempt})),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A server may work for long before it gives its first byte: then only the deadline counts. */
const STILL_ALIVE_MS = 500;
/** setTimeout knows no longer one. */
const NEVER_MS = 2 ** 31 - 1;

type Running = {
  environment: Record<string, string>;
  attempt: Attempt;
  /** What an exit code means; by default that trying again is of no use. */
  explain?: (ended: Filtered, moved: boolean) => StoreFault | null;
};

/** Throws StoreFault where it cannot be started, or does not end well. */
export async function* outputOf(
  program: string,
  args: string[],
  {environment, attempt, explain = failed}: Running,
): AsyncGenerator<Uint8Array> {
  const options = {input: nothing(), env: environment, signal: attempt.signal, stallMs: NEVER_MS};
  const output = filter(program, args, options);
  let moved = false;
  try {
    for (;;) {
      const next = await output.next();
      if (next.done) {
        const fault = explain(next.value, moved);
        if (fault) throw fault;
        return;
      }
      moved = true;
      yield next.value;
    }
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES') throw error;
    throw new StoreFault('refused', `${basename(program)} cannot be started (${code})`, {
      hint: 'Install it in an earlier step, or name it with its path.',
    });
  } finally {
    await output.return({exitCode: null, stderr: '', status: ''});
  }
}

async function* unhurried(attempt: Attempt, output: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ticking = setInterval(() => attempt.alive(), STILL_ALIVE_MS);
  try {
    yield* output;
  } finally {
    clearInterval(ticking);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Once more it would do the same, and may not be meant to be run twice. */
function failed(ended: Filtered): StoreFault | null {
  if (ended.exitCode === 0) return null;
  return new StoreFault('failed', `it ended with ${exitOf(ended)}${lastWords(ended)}`, {
    hint: 'Run the same program by hand. What it wrote before it failed was thrown away.',
  });
}

export const exitOf = ({exitCode}: Filtered): string =>
  exitCode === null ? 'a signal' : `exit code ${exitCode}`;

/** The last line that a program said on stderr, without what looks like a credential. */
export function lastWords({stderr}: Filtered): string {
  const line = stderr.trim().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${withoutCredentials(line)}`;
}
