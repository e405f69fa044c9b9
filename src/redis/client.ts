/**
 * Talking to one server over a unix socket. The only importer of ioredis; restore loads it lazily. It never waits for
 * a server to be ready: while a dump loads, INFO is answered and everything else is -LOADING.
 */
import {Redis} from 'ioredis';

export type Reply = string | number | null | Reply[];

export type ServerClient = {
  /** One command, its reply as Redis sent it. Throws on an error reply, a lost connection or a passed deadline. */
  call(command: string, ...args: string[]): Promise<Reply>;
  /** The same in one of its databases; a key that is no text is given as bytes. */
  callIn(database: number, command: string, ...args: (string | Uint8Array)[]): Promise<Reply>;
  close(): void;
};

/** No reply for this long means that the server is gone or stuck; one key of some GB takes minutes to load. */
const REPLY_TIMEOUT_MS = 10 * 60_000;

export async function connectToSocket(path: string): Promise<ServerClient> {
  const redis = new Redis({
    path,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    autoResubscribe: false,
    commandTimeout: REPLY_TIMEOUT_MS,
  });
  // Failures reach the caller through the promises; without a listener ioredis would print them.
  redis.on('error', () => {});
  await redis.connect();
  return {
    call: async (command, ...args) => (await redis.call(command, ...args)) as Reply,
    callIn: async (database, command, ...args) => {
      await redis.select(database);
      return (await redis.call(command, ...args.map(asArgument))) as Reply;
    },
    close: () => redis.disconnect(),
  };
}

const asArgument = (arg: string | Uint8Array): string | Buffer =>
  typeof arg === 'string' ? arg : Buffer.from(arg);
