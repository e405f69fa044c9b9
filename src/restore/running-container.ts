/**
 * A container that was started, as far as the engine tells of it: whether it has ended, what it sees of our files, what
 * it logged, how it is asked, and its removal. Whatever the engine fails to answer is an error, never a verdict.
 */
import {stat} from 'node:fs/promises';
import type {IncomingMessage} from 'node:http';
import type {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {DrillError, throwIfAborted, toDrillError, unlessAborted} from '../errors.ts';
import {type Executed, type Executing, execIn} from './container-exec.ts';
import {writeFileOfTar, writeTreeOfTar} from './dump-tar.ts';
import {LogBuffer} from './log-buffer.ts';
import {soon} from './patience.ts';
import type {Ended} from './throwaway.ts';

/** How long the end of a dead server's log may take to arrive. */
const LOG_END_MS = 2000;
/** How often a container is looked at while an exec in it takes its time. */
const LOOK_EVERY_MS = 500;
/** Engines report times in nanoseconds or in seconds. */
const CLOCK_GRAIN_MS = 1001;
/** To remove a container is to wait for its memory to be freed, unless somebody waits for us to end. */
const REMOVE_MS = 60_000;
const REMOVE_IN_A_HURRY_MS = 3500;
/** A server that was asked to end and has a few keys to save; one that does not hear of it (a shell around it) is left alone. */
const END_MS = 20_000;
/** An engine that has given no byte of a file for so long gives no more. */
const STUCK_MS = 60_000;

/** What is used of dockerode's container. */
type EngineContainer = Executing & {
  inspect(): Promise<{State: {Running: boolean; Status: string; ExitCode: number; OOMKilled: boolean}}>;
  infoArchive(options: {path: string}): Promise<unknown>;
  getArchive(options: {path: string; abortSignal?: AbortSignal}): Promise<NodeJS.ReadableStream>;
  kill(options: {signal: string}): Promise<unknown>;
  remove(options: {force: boolean; v: boolean}): Promise<unknown>;
};

/** The engine does not see our files: copy instead. Never a verdict. */
export class NotShared extends Error {}

export class RunningContainer {
  readonly #container: EngineContainer;
  readonly #signal: AbortSignal | undefined;
  readonly #log = new LogBuffer();
  #logEnd: Promise<void> = Promise.resolve();
  #logBrokeOff = false;
  /** The engine was asked and did not know, or did not answer. */
  #lost = false;

  constructor(container: EngineContainer, signal: AbortSignal | undefined) {
    this.#container = container;
    this.#signal = signal;
  }

  /** `null` while it runs. */
  async ended(): Promise<Ended | null> {
    try {
      const {State} = await soon(this.#container.inspect(), this.#signal);
      if (State.Running || State.Status === 'created') return null;
      return {exitCode: State.ExitCode, outOfMemory: State.OOMKilled};
    } catch (cause) {
      throwIfAborted(this.#signal);
      this.#lost = true;
      throw new DrillError('server/unreachable', 'the container is gone, or its engine is', {
        hint: 'Did somebody remove it, or stop the engine?',
        cause,
      });
    }
  }

  follow(stream: Readable): void {
    this.#logEnd = new Promise(resolve => {
      const end = () => {
        this.#logBrokeOff = true;
        resolve();
      };
      stream.on('data', (chunk: Buffer | string) => this.#log.append(chunk.toString()));
      stream.on('end', end).on('error', end).on('close', end);
    });
  }

  /** Whole where the server has ended. A log that broke off under a running server proves nothing, and so is an error. */
  async log(): Promise<readonly string[]> {
    const brokeOff = this.#logBrokeOff;
    if (await this.ended()) await atMost(LOG_END_MS, this.#logEnd);
    else if (brokeOff && !(await this.#endedSoon())) {
      this.#lost = true;
      throw new DrillError('server/unreachable', 'the engine does not give the log of a server that runs', {
        hint: 'Is its log driver `none`, or did the connection to the engine break?',
      });
    }
    return this.#log.lines();
  }

  /** A log ends a moment before its container is seen to have ended. */
  async #endedSoon(): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < LOG_END_MS; waitedMs += 50) {
      if (await this.ended()) return true;
      await sleep(50);
    }
    return false;
  }

  /**
   * A path that exists on our side may be another file on the engine's side, and a wrong file would be a wrong
   * verdict: so the engine is asked what it sees of a file with an unguessable path, and of the dump.
   */
  async assertShared(files: {inside: string; ours: string}[]): Promise<void> {
    try {
      for (const {inside, ours} of files) {
        const [theirs, mine] = [await this.#seen(inside), await stat(ours)];
        const sameTime = Math.abs(Date.parse(theirs.mtime) - mine.mtimeMs) < CLOCK_GRAIN_MS;
        if (theirs.size !== mine.size || !sameTime) throw new NotShared();
      }
    } catch {
      throwIfAborted(this.#signal);
      throw new NotShared();
    }
  }

  async #seen(path: string): Promise<{size: number; mtime: string}> {
    const asking = this.#container.infoArchive({path}).then(answer => {
      const {headers} = answer as IncomingMessage;
      // The answer to HEAD: unread it would keep the connection open, and this process with it.
      (answer as IncomingMessage).destroy();
      return headers;
    });
    const encoded = (await soon(asking, this.#signal))['x-docker-container-path-stat'];
    if (typeof encoded !== 'string') throw new NotShared();
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  }

  /** One command in it. An exec whose container ends under it may never be told so: it is looked at meanwhile. */
  async exec(command: string[]): Promise<Executed> {
    const end = new AbortController();
    const signal = this.#signal ? AbortSignal.any([end.signal, this.#signal]) : end.signal;
    const work = execIn(this.#container, command, signal);
    const done = Symbol('done');
    const finished = work.then(
      () => done,
      () => done,
    );
    try {
      while ((await atMost(LOOK_EVERY_MS, finished)) !== done) {
        if (await this.ended()) throw new Error('the server ended before it answered');
      }
      return await work;
    } finally {
      end.abort();
    }
  }

  /** As somebody else would end it; answers whether it has. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    await soon(this.#container.kill({signal}), this.#signal);
    const deadline = performance.now() + END_MS;
    while (!(await this.ended())) {
      if (performance.now() > deadline) return false;
      await unlessAborted(sleep(20), this.#signal);
    }
    return true;
  }

  /** One file in it, written to `target`, however large. */
  async copyOut(inside: string, target: string): Promise<string> {
    await this.#copied(inside, tar => writeFileOfTar(tar, target));
    return target;
  }

  /** A directory in it, also when it has ended, with what lies in that, as `target`. */
  async copyTreeOut(inside: string, target: string): Promise<void> {
    await this.#copied(inside, tar => writeTreeOfTar(tar, target));
  }

  /** An engine that gives nothing for long is given up. */
  async #copied(inside: string, write: (tar: Readable) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const abortSignal = this.#signal ? AbortSignal.any([end.signal, this.#signal]) : end.signal;
    try {
      const tar = await soon(this.#container.getArchive({path: inside, abortSignal}), this.#signal);
      const stuck = setTimeout(() => end.abort(), STUCK_MS);
      // Listening sets it going, and nothing may pass before somebody writes.
      tar.on('data', () => stuck.refresh()).pause();
      try {
        await write(tar as Readable);
      } finally {
        clearTimeout(stuck);
      }
    } catch (cause) {
      throwIfAborted(this.#signal);
      const error = toDrillError(cause);
      if (error.code === 'capacity/disk') throw error;
      throw new DrillError('server/unreachable', 'the engine did not hand over what the server wrote', {
        hint: 'Is the engine well? Look at its log, and drill again.',
        cause,
      });
    }
  }

  /** Throws where it may have been left behind, unless something worse is known of already. */
  async remove(): Promise<void> {
    const hurry = this.#signal?.aborted;
    try {
      await soon(removed(this.#container), undefined, hurry ? REMOVE_IN_A_HURRY_MS : REMOVE_MS);
    } catch (cause) {
      if (hurry || this.#lost) return;
      throw new DrillError('server/unreachable', 'the engine did not remove the throwaway server', {
        hint: 'Is the engine well? The next drill on this machine tries again.',
        cause,
      });
    }
  }
}

/** Kill and remove in one call: an orderly stop takes 9 s while a server loads. */
export async function removed(container: Pick<EngineContainer, 'remove'>): Promise<void> {
  try {
    await container.remove({force: true, v: true});
  } catch (error) {
    // 404: gone already, or never made. 409: somebody else (the post step) is removing it.
    const {statusCode} = error as {statusCode?: number};
    if (statusCode !== 404 && statusCode !== 409) throw error;
  }
}

/** `undefined` after so long; a limit that was not reached keeps no process from ending. */
async function atMost<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  const inTime = new AbortController();
  try {
    return await Promise.race([work, sleep(limitMs, undefined, {signal: inTime.signal})]);
  } finally {
    inTime.abort();
  }
}
