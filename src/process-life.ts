/**
 * From the start of our own process to its end, alike for both edges: no crash is green, a signal cancels, nobody who
 * stops listening takes the verdict away, and nothing that is still owed keeps a finished drill from ending.
 */
import {tmpdir} from 'node:os';
import {EXIT} from './errors.ts';

type Environment = Record<string, string | undefined>;

/** From the verdict, which is out, to the end of the process at the latest. */
const LINGER_MS = 500;

/** Answers what cancels the drill. `env` is what testcontainers will read. */
export function begin(env: Environment): AbortSignal {
  // Node ends with 0 when nothing is left to wait for: an unfinished drill must never look like a passed one.
  process.exitCode = EXIT.bug;
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second time somebody means it (GitHub's comes 7.5 s after the first, and 2.5 s before the end): what stays
      // behind is taken away by the post step, or swept by the next drill.
      if (abort.signal.aborted) process.exit(EXIT.cancelled);
      abort.abort();
    });
  }
  // A reader that went away (| head) takes neither the verdict nor the clean-up with it.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  prepare(env);
  return abort.signal;
}

/** What testcontainers would otherwise stumble over. */
export function prepare(env: Environment): void {
  // It asks for the home directory, which a user without an entry in passwd does not have.
  env.HOME ||= tmpdir();
  // In a container it would look for the host's address, and start a container of an image of its own to find it.
  env.TESTCONTAINERS_HOST_OVERRIDE ??= '127.0.0.1';
}

/** The answers that a hung engine still owes would keep the process alive; unless they do, it has ended before. */
export function end(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
