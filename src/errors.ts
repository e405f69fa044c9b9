/**
 * Why a drill could not be held. A backup that fails its drill is a value (a verdict); a DrillError says that there
 * is no verdict. One table maps each code to outcome and exit code; a new code does not compile without its row.
 */

/** Exit codes of the CLI. Node itself ends a crash with 1. Whatever code is unknown counts as failure. */
export const EXIT = {
  passed: 0,
  bug: 1,
  usage: 2,
  notHeld: 3,
  failed: 4,
  cancelled: 130,
} as const;

const EXIT_BY_CODE = {
  /** The command line or a value on it cannot be used. */
  'usage/invalid': EXIT.usage,
  /** An output would be written over the backup, its expectations or its config. */
  'usage/output-is-input': EXIT.usage,
  /** restore-drill.yml or an expectations file is missing or does not fit its schema. */
  'config/invalid': EXIT.usage,
  /** A config that a stranger may have written reaches for a secret or a program. */
  'config/untrusted': EXIT.usage,
  /** The backup has a form that this version cannot unpack (7z, snappy …). */
  'unpack/unsupported-form': EXIT.usage,
  /** An archive holds several dumps or append-only files; a drill is of one. */
  'unpack/several-dumps': EXIT.usage,
  /** A secret that the config names is there, but is no key of its kind. */
  'unpack/unusable-key': EXIT.usage,
  /** The backup is encrypted, and there is no key for it: not in the config, or not in the environment. */
  'unpack/no-key': EXIT.notHeld,
  /** gpg or openssl is not on the PATH. */
  'unpack/program-missing': EXIT.notHeld,
  /** The backup is there but may not be read, or reading it broke off. */
  'source/unreadable': EXIT.notHeld,
  /** The store does not let us in: no credentials, or not enough permission. */
  'source/denied': EXIT.notHeld,
  /** The store does not answer, or only with errors of its own. */
  'source/unreachable': EXIT.notHeld,
  /** Fetching broke off, took too long, or brought something else than the store has. */
  'source/transfer': EXIT.notHeld,
  /** Somebody replaced or changed the backup while it was drilled. */
  'source/changed': EXIT.notHeld,
  /** No container engine and no local server, or the one that was asked for cannot be had. */
  'server/unavailable': EXIT.notHeld,
  /** `auto` found servers, but none that can read so new a file. */
  'server/none-new-enough': EXIT.notHeld,
  /** A check that the verdict depends on could not be made: neither passed nor failed. */
  'verdict/unproven': EXIT.notHeld,
  /** The server started but could not be spoken to. */
  'server/unreachable': EXIT.notHeld,
  /** Loading made no progress for longer than the stall limit. */
  'server/stalled': EXIT.notHeld,
  /** The server was killed for want of memory. */
  'capacity/memory': EXIT.notHeld,
  /** A file could not be written: disk full, or no permission. */
  'capacity/disk': EXIT.notHeld,
  /** The history could not be read or written: its place does not answer, or does not let us in. */
  'history/unavailable': EXIT.notHeld,
  /** The server loaded what our reader could not read: the reader is wrong, and so no verdict of ours counts. */
  'bug/reader': EXIT.bug,
  /** Anything that we did not foresee. */
  'bug/internal': EXIT.bug,
  /** SIGINT, SIGTERM, or a cancelled workflow run. */
  cancelled: EXIT.cancelled,
} as const;

export type DrillCode = keyof typeof EXIT_BY_CODE;

export const errorExitCode = (code: DrillCode): number => EXIT_BY_CODE[code];

export const DRILL_CODES = Object.keys(EXIT_BY_CODE) as DrillCode[];

/** One thing that is wrong with what was asked for, and where it was written: `restore-drill.yml:12`, or `''`. */
export type Problem = {origin: string; message: string};

export const problemText = ({origin, message}: Problem): string =>
  origin === '' ? message : `${origin}: ${message}`;

type DrillErrorParts = {
  /** What to do next: an order or a question, never a repetition of the message. */
  hint: string;
  facts?: Record<string, string | number>;
  /** Where the message is of several things: each of them, for who shows them one by one. */
  problems?: Problem[] | undefined;
  cause?: unknown;
};

export class DrillError extends Error {
  override readonly name = 'DrillError';
  readonly code: DrillCode;
  readonly hint: string;
  readonly facts: Record<string, string | number>;
  readonly problems: Problem[] | undefined;

  constructor(code: DrillCode, message: string, parts: DrillErrorParts) {
    super(message, {cause: parts.cause});
    this.code = code;
    this.hint = parts.hint;
    this.facts = parts.facts ?? {};
    this.problems = parts.problems;
  }

  get exitCode(): number {
    return errorExitCode(this.code);
  }
}

/** Whatever was thrown, as a DrillError: our own stay as they are, the rest is our bug. */
export function toDrillError(thrown: unknown): DrillError {
  if (thrown instanceof DrillError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  if (code === 'ABORT_ERR') return cancelled();
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS') {
    return new DrillError('capacity/disk', `a file could not be written (${code})`, {
      hint: 'Free space in the temporary directory, or name another one in TMPDIR.',
      cause: thrown,
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new DrillError('bug/internal', message, {
    hint: 'This is a bug in redis-restore-drill. Please report it with the stack trace.',
    cause: thrown,
  });
}

/** What a report and a person get to see of an error; a stack only of our own bugs. */
export function describeError({code, message, hint, problems, cause}: DrillError) {
  const stack = code === 'bug/internal' && cause instanceof Error ? cause.stack : undefined;
  return {code, message, hint, ...(problems && {problems}), ...(stack !== undefined && {stack})};
}

export function cancelled(): DrillError {
  return new DrillError('cancelled', 'the drill was cancelled', {
    hint: 'Nothing was left behind; start it again.',
  });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

/** What `work` gives, or `cancelled` at once: the work itself goes on until its resources are taken away. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  // Nobody may wait any more for what it comes to.
  work.catch(() => {});
  throwIfAborted(signal);
  if (!signal) return await work;
  const {promise: aborted, reject} = Promise.withResolvers<never>();
  const abort = () => reject(cancelled());
  signal.addEventListener('abort', abort, {once: true});
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
