/**
 * How long and how often a store is asked: each try ends when nothing moves any more, tries are repeated with growing
 * pauses as long as some get further, and all of it together has a deadline. In: one try. Out: its result, or the
 * DrillError that says why there is none.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {cancelled, type DrillCode, DrillError, throwIfAborted} from '../errors.ts';
import {type Attempt, type FaultKind, StoreFault} from './store.ts';

export type Limits = {
  /** For listing and fetching together. */
  deadlineMs: number;
  /** Without a byte for so long a try is given up. */
  stallMs: number;
  /** Tries in a row that get nowhere. */
  attempts: number;
  /** Before the second try; twice as long before each further one. */
  pauseMs: number;
  maxPauseMs: number;
};

export const DEFAULT_PATIENCE: Limits = {
  deadlineMs: 6 * 60 * 60_000,
  stallMs: 60_000,
  attempts: 6,
  pauseMs: 500,
  maxPauseMs: 30_000,
};

const CODES: Record<FaultKind, DrillCode> = {
  denied: 'source/denied',
  gone: 'source/changed',
  changed: 'source/changed',
  unreachable: 'source/unreachable',
  busy: 'source/unreachable',
  broken: 'source/transfer',
  refused: 'source/unreachable',
  failed: 'source/transfer',
};

const HINTS: Partial<Record<DrillCode, string>> = {
  'source/denied':
    'Log in to the store in an earlier step, or name the secret in the config (`store`, env:NAME); the one that is used must be allowed to list and read.',
  'source/changed':
    'Drill a backup that its producer has finished writing, and that nothing rotates away meanwhile.',
  'source/unreachable': 'Can this machine reach the store, and is its address right? Try again later.',
  'source/transfer': 'This says nothing about the backup: drill it again.',
};

export class Patience {
  readonly #limits: Limits;
  readonly #signal: AbortSignal | undefined;
  readonly #endsAt: number;
  /** What is too late in the end. */
  readonly #aim: string;

  constructor(limits: Limits, signal: AbortSignal | undefined, aim = 'the backup could not be fetched') {
    this.#aim = aim;
    this.#limits = limits;
    this.#signal = signal;
    this.#endsAt = performance.now() + limits.deadlineMs;
  }

  /** `what`: for messages, such as `listing s3://bucket/prefix/`. */
  async persist<T>(
    what: string,
    work: (attempt: Attempt) => Promise<T>,
    limits: Partial<Pick<Limits, 'attempts'>> = {},
  ): Promise<T> {
    const {attempts, pauseMs, maxPauseMs} = {...this.#limits, ...limits};
    for (let failures = 0; ; ) {
      const tried = await this.#try(work);
      if ('value' in tried) return tried.value;
      const {fault, moved} = tried;
      failures = moved ? 1 : failures + 1;
      if (!fault.worthAnotherTry || failures >= attempts) throw brokenOff(what, fault, failures);
      const pause = Math.min(maxPauseMs, pauseMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
      await this.#pause(what, Math.max(pause, fault.retryAfterMs ?? 0), fault);
    }
  }

  async #try<T>(
    work: (attempt: Attempt) => Promise<T>,
  ): Promise<{value: T} | {fault: StoreFault; moved: boolean}> {
    throwIfAborted(this.#signal);
    const stop = new AbortController();
    const {promise: stopped, reject} = Promise.withResolvers<never>();
    const end = (error: Error) => {
      reject(error);
      stop.abort();
    };
    const stalled = `nothing came for ${this.#limits.stallMs / 1000} s`;
    const stall = setTimeout(() => end(new StoreFault('broken', stalled)), this.#limits.stallMs);
    const left = Math.max(0, this.#endsAt - performance.now());
    const deadline = setTimeout(() => end(this.#tooLate()), left);
    const cancel = () => end(cancelled());
    this.#signal?.addEventListener('abort', cancel, {once: true});
    let moved = false;
    const alive = (further = true) => {
      moved ||= further;
      stall.refresh();
    };
    const working = work({signal: stop.signal, alive});
    try {
      return {value: await Promise.race([working, stopped])};
    } catch (error) {
      if (error instanceof StoreFault) return {fault: error, moved};
      throw error;
    } finally {
      clearTimeout(stall);
      clearTimeout(deadline);
      this.#signal?.removeEventListener('abort', cancel);
      // What still runs of it is told to end, and nobody waits for what it comes to.
      stop.abort();
      for (const promise of [working, stopped]) promise.catch(() => {});
    }
  }

  async #pause(what: string, ms: number, fault: StoreFault): Promise<void> {
    if (performance.now() + ms > this.#endsAt) throw this.#tooLate(`${what}: ${fault.message}; `);
    try {
      await sleep(ms, undefined, this.#signal && {signal: this.#signal});
    } catch {
      throw cancelled();
    }
  }

  #tooLate(before = ''): DrillError {
    const seconds = this.#limits.deadlineMs / 1000;
    return new DrillError('source/transfer', `${before}${this.#aim} within ${seconds} s`, {
      hint: 'Is the store slow, or the backup larger than it was? The limit is `store.deadline` in the config.',
    });
  }
}

function brokenOff(what: string, fault: StoreFault, failures: number): DrillError {
  const code = CODES[fault.kind];
  const after = failures > 1 ? ` (after ${failures} tries that got nowhere)` : '';
  return new DrillError(code, `${what}: ${fault.message}${after}`, {
    hint: fault.hint || HINTS[code]!,
    cause: fault,
  });
}
