/** Reading a stream that somebody else made: it ends when the try ends, and what breaks it is told as a fault of the store. */
import type {Readable} from 'node:stream';
import {type Attempt, StoreFault} from './store.ts';

export async function* readStream(stream: Readable, {signal}: Attempt): AsyncGenerator<Uint8Array> {
  const stop = () => void stream.destroy();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, {once: true});
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    throw brokenBy(error);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}

/** By its code: messages of clients may hold addresses with secrets in them. */
export function brokenBy(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  const {code, name} = error as NodeJS.ErrnoException;
  return new StoreFault('broken', `the connection broke off (${code ?? name})`, {cause: error});
}

const UNREACHABLE: Record<string, string> = {
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be looked up at the moment',
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'it broke off the connection',
  EPIPE: 'it broke off the connection',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its network',
};

/** Before the first byte of an answer. What is no fault of a connection is a bug of ours, and stays what it is. */
export function unreachableBy(error: unknown): unknown {
  const {code = '', name} = error as NodeJS.ErrnoException;
  if (error instanceof StoreFault || (code === '' && !/^(Timeout|Abort)Error$/.test(name))) return error;
  const words = UNREACHABLE[code] ?? `no answer (${code || name})`;
  // A name that does not exist will not exist in a second.
  return new StoreFault(code === 'ENOTFOUND' ? 'refused' : 'unreachable', words, {cause: error});
}
