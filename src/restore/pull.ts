/**
 * A pull that can be ended, and that says why it failed. testcontainers finds the credentials (Docker's own config and
 * its helpers) but cannot stop, and does not read what the engine tells on the way; the client below it can.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {cancelled} from '../errors.ts';

/** A registry that has sent nothing for this long will not. Large layers report their progress every second. */
const STALL_MS = 5 * 60_000;
/** The engine's last word is a line of JSON. */
const TAIL_CHARS = 4096;

/** What is used of dockerode. */
type Client = {pull(reference: string, options: object): Promise<NodeJS.ReadableStream>};

/**
 * `pull` gets a client whose pulls end with `signal`. Answers `null`, or why it failed, in the engine's words; throws
 * `cancelled`.
 */
export async function pullUntilAborted<C extends Client>(
  client: C,
  pull: (ending: C) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const end = new AbortController();
  const ended = new Promise<string>(resolve => {
    end.signal.addEventListener('abort', () => resolve(String(end.signal.reason)));
  });
  const cancel = () => end.abort('cancelled');
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel);
  const stall = setTimeout(
    () => end.abort(`the registry has sent nothing for ${STALL_MS / 60_000} minutes`),
    STALL_MS,
  );
  let tail = '';
  const pulling = async (reference: string, options: object) => {
    const stream = await client.pull(reference, {...options, abortSignal: end.signal});
    stream.on('data', chunk => {
      tail = (tail + String(chunk)).slice(-TAIL_CHARS);
      stall.refresh();
    });
    // Ended by us, or by an engine that went away: `ended` or the image that is missing tells.
    stream.on('error', () => {});
    stream.on('close', () => sleep(0).then(() => end.abort('the engine broke the pull off')));
    return stream;
  };
  try {
    const ending: C = Object.create(client, {pull: {value: pulling}});
    const failure = await Promise.race([pull(ending).then(() => null, explain), ended]);
    if (signal?.aborted) throw cancelled();
    return lastError(tail) ?? failure;
  } finally {
    clearTimeout(stall);
    signal?.removeEventListener('abort', cancel);
  }
}

/** The engine's own words, without the client's before them: `(HTTP code 500) server error - `. */
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

/** A pull that has begun answers 200, and tells of an error in its last line. */
function lastError(tail: string): string | null {
  const text = /"error":"((?:[^"\\]|\\.)*)"/.exec(tail)?.[1];
  return text === undefined ? null : (JSON.parse(`"${text}"`) as string);
}
