/**
 * A restore that goes on while something else is done: begun at once, met when its turn comes, let go of whatever became
 * of the rest. What goes wrong with it is told where it is met, not before; nothing of it outlives its disposal.
 */
import type {Restored} from './loading.ts';
import type {Throwaway} from './throwaway.ts';

export type Work = {
  start(): Promise<Throwaway>;
  /** `signal` also says that nobody waits for it any more. */
  load(server: Throwaway, signal: AbortSignal): Promise<Restored>;
};
export type Loaded = {server: Throwaway; restored: Restored};

export class Restoring implements AsyncDisposable {
  readonly #starting: Promise<Throwaway>;
  readonly #loading: Promise<Loaded>;
  readonly #unwanted = new AbortController();
  #gone: Promise<void> | null = null;

  constructor({start, load}: Work, signal: AbortSignal | undefined) {
    const end = this.#unwanted.signal;
    const either = signal ? AbortSignal.any([signal, end]) : end;
    this.#starting = start();
    this.#loading = this.#starting.then(async server => ({server, restored: await load(server, either)}));
    this.#loading.catch(() => {});
  }

  /** The server, loaded or refused; or whatever kept it from that. */
  loaded(): Promise<Loaded> {
    return this.#loading;
  }

  /** Also while it starts: then as soon as there is something to take away. Once; whoever comes later waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gone) return await this.#gone.catch(() => {});
    this.#gone = this.#letGo();
    await this.#gone;
  }

  async #letGo(): Promise<void> {
    this.#unwanted.abort();
    const server = await this.#starting.catch(() => null);
    await server?.[Symbol.asyncDispose]();
    await this.#loading.catch(() => {});
  }
}
