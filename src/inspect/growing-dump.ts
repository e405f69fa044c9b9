/**
 * A dump that a server is still writing (SAVE), read while it grows. We stay a distance behind the server, so that what is
 * asked for is there without waiting for it; where it is not (a value longer than the distance) the track is lost, and the
 * file is read once more when it is finished. Its size is known when the server says so and the very file has its name.
 */
import {closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Source} from './dump-reader.ts';

/** Says nothing about the dump, only that it was not met as it was written. */
export class LostTrack extends Error {}

/** Far more than is read between two looks at how far the server has come; what is smaller is soon read afterwards. */
const DISTANCE_BYTES = 16 * 1024 * 1024;
const SHORTEST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 64;
/** What servers write before they give it its name. */
const TEMPORARY = /^temp-\d+\.rdb$/;

/**
 * What is written now and will be `path` when `writing` is fulfilled. Throws LostTrack, as do `read` and `reached`,
 * where it has ended before there was anything to follow, or failed.
 */
export async function openGrowing(
  path: string,
  writing: Promise<unknown>,
  distanceBytes: number = DISTANCE_BYTES,
): Promise<Source & Disposable> {
  let answer: 'written' | 'failed' | null = null;
  const answered = writing.then(
    () => {
      answer = 'written';
    },
    () => {
      answer = 'failed';
    },
  );
  const waitFor = async (isSo: () => boolean): Promise<typeof answer> => {
    for (let ms = SHORTEST_WAIT_MS; answer === null && !isSo(); ms = Math.min(2 * ms, LONGEST_WAIT_MS))
      await Promise.race([answered, sleep(ms)]);
    return answer;
  };
  let descriptor: number | null = null;
  const begun = () => {
    descriptor ??= openTemporary(dirname(path));
    return descriptor !== null && fstatSync(descriptor).size >= distanceBytes;
  };
  const early = await waitFor(begun);
  if (descriptor === null) throw new LostTrack();
  const source = following(descriptor, path, async offset => {
    return await waitFor(() => fstatSync(descriptor!).size >= offset + distanceBytes);
  });
  if (early === null) return source;
  source[Symbol.dispose]();
  throw new LostTrack();
}

function following(
  descriptor: number,
  path: string,
  grown: (offset: number) => Promise<'written' | 'failed' | null>,
): Source & Disposable {
  let wholeBytes: number | null = null;
  return {
    get sizeBytes() {
      return wholeBytes ?? Number.MAX_SAFE_INTEGER;
    },
    read(into, offset) {
      const got = attempt(() => readSync(descriptor, into, 0, into.length, offset));
      if (got === 0) throw new LostTrack();
      return got;
    },
    async reached(offset) {
      if (wholeBytes !== null) return;
      const answer = await grown(offset);
      if (answer === 'failed') throw new LostTrack();
      if (answer === 'written') wholeBytes = sizeOfSame(descriptor, path);
    },
    [Symbol.dispose]() {
      closeSync(descriptor);
    },
  };
}

/** The server owns this directory: what lies there under such a name may be anything. */
function openTemporary(directory: string): number | null {
  return attempt(() => {
    const name = readdirSync(directory).find(entry => TEMPORARY.test(entry));
    if (name === undefined) return null;
    const {O_RDONLY, O_NOFOLLOW, O_NONBLOCK} = constants;
    const descriptor = openSync(join(directory, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    throw new LostTrack();
  });
}

function sizeOfSame(descriptor: number, path: string): number {
  const [ours, theirs] = attempt(() => [fstatSync(descriptor), statSync(path)]);
  if (ours.ino !== theirs.ino || ours.dev !== theirs.dev) throw new LostTrack();
  return ours.size;
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw cause instanceof LostTrack ? cause : new LostTrack('', {cause});
  }
}
