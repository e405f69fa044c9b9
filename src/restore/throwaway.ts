/**
 * The throwaway server, as the rest of restore sees it: something that runs, talks, logs and dies. Containers and local
 * processes both answer to this; what loading means is decided in one place (loading.ts) for both.
 */
import {z} from 'zod';
import type {ServerClient} from '../redis/client.ts';
import {notWaitingForReport} from './crash-report.ts';
import {saveOn} from './save.ts';

export const serverSchema = z.strictObject({
  kind: z.enum(['container', 'process']),
  /** Image reference, or path of the binary. */
  image: z.string().optional(),
  binary: z.string().optional(),
  /** `redis:7.0`; `null` until the server itself has said so. */
  line: z.string().nullable(),
  version: z.string().nullable(),
  /** Why this server and not another. */
  because: z.string(),
  /** How the drill reaches it: a unix socket in a shared directory, or the image's own CLI through exec. */
  via: z.enum(['socket', 'exec']),
  /** The limit of its container. */
  memoryBytes: z.int().min(0).optional(),
});
export type ServerDescription = z.infer<typeof serverSchema>;

/** `exitCode` proves nothing: Redis can fail to load and end with 0. */
export type Ended = {exitCode: number | null; outOfMemory: boolean};

export interface Throwaway extends AsyncDisposable {
  readonly description: ServerDescription;
  readonly client: ServerClient;
  /** The server's log so far, one entry a line, oldest first, bounded. */
  log(): Promise<readonly string[]>;
  /** `null` while the server runs. */
  ended(): Promise<Ended | null>;
  /**
   * Lets the server write what it holds (SAVE); answers a file that we can read, which is gone with the server. Throws
   * `capacity/disk` and `server/unreachable`.
   */
  save(): Promise<string>;
  /** That file, where we see it while it is written. */
  readonly saves?: string;
}

/**
 * A server that answers; `saved` is where we see what it saves, or fetches that. Letting go closes the connection before
 * `dispose` does the rest.
 */
export function answering(
  server: Pick<Throwaway, 'description' | 'log' | 'ended'>,
  connection: ServerClient,
  {saved, dispose}: {saved: string | (() => Promise<string>); dispose(): Promise<void>},
): Throwaway {
  const {client, ended} = notWaitingForReport(server, connection);
  return {
    ...server,
    ended,
    client,
    ...(typeof saved === 'string' && {saves: saved}),
    save: async () => {
      await saveOn(client, {...server, ended});
      return typeof saved === 'string' ? saved : await saved();
    },
    [Symbol.asyncDispose]: async () => {
      client.close();
      await dispose();
    },
  };
}

/** A server that ended before anybody could speak to it. Thrown by starters, turned into a refusal by loading. */
export class EndedEarly extends Error {
  readonly log: readonly string[];
  readonly ended: Ended;
  readonly description: ServerDescription;
  constructor(description: ServerDescription, log: readonly string[], ended: Ended) {
    super('the server ended before it answered');
    this.description = description;
    this.log = log;
    this.ended = ended;
  }
}
