/** From a server that was started to one that answers: tried again until it does, until it ends, or for a minute. */
import {setTimeout as sleep} from 'node:timers/promises';
import {DrillError, throwIfAborted, unlessAborted} from '../errors.ts';
import type {ServerClient} from '../redis/client.ts';
import {endedOrStuck} from './crash-report.ts';
import {EndedEarly, type Throwaway} from './throwaway.ts';

/** A server opens its socket within milliseconds, before it loads anything. */
const ANSWER_TIMEOUT_MS = 60_000;
const POLL_MS = 10;
/** Asking whether a container still runs costs more than trying to connect. */
const TRIES_PER_LOOK = 5;

/** Throws EndedEarly when the server is gone, DrillError `server/unreachable` or `cancelled`. */
export async function whenReachable(
  connect: () => Promise<ServerClient>,
  server: Pick<Throwaway, 'description' | 'log' | 'ended'>,
  signal: AbortSignal | undefined,
): Promise<ServerClient> {
  const deadline = performance.now() + ANSWER_TIMEOUT_MS;
  const gone = endedOrStuck(server);
  for (let tries = 1; ; tries += 1) {
    throwIfAborted(signal);
    let cause: unknown;
    const connecting = connect().catch(error => {
      cause = error;
      return null;
    });
    const client = await unlessAborted(connecting, signal).catch(error => {
      // Nobody will ask it anything, nor let go of it.
      void connecting.then(late => late?.close());
      throw error;
    });
    if (client) return client;
    const ended = tries % TRIES_PER_LOOK === 0 ? await gone() : null;
    if (ended) throw new EndedEarly(server.description, await server.log(), ended);
    if (performance.now() > deadline) {
      throw new DrillError(
        'server/unreachable',
        `the server runs but has not answered within a minute: ${lastWords(cause)}`,
        {
          hint: 'Is the image a Redis or Valkey server? Its own configuration may override the flags.',
          cause,
        },
      );
    }
    await sleep(POLL_MS);
  }
}

/** What the last try met: a connection error or the CLI's complaint, neither of which knows a key. */
const lastWords = (cause: unknown): string =>
  cause instanceof Error ? cause.message.split('\n')[0]!.slice(0, 200) : String(cause);
