/**
 * What redis-check-rdb and its likes print: where the file breaks, what was being read, how much had been read by then. In:
 * lines. Out: numbers, names of types and of steps, and the complaint without what it quotes: a key's name comes right
 * after the complaint, and may hold line ends. Source: redis-check-rdb.c.
 */
import {blackOut} from './load-log.ts';

export type CheckerWords = {
  status: 'damaged' | 'fine';
  /** Byte in the file. */
  offset: number | null;
  complaint: string | null;
  /** In the checker's words: `read-object-value`. */
  doing: string | null;
  /** `hash-listpack`. */
  type: string | null;
  keysRead: number | null;
};

/** `null` where it says neither: it broke off, or is no such program. */
export function readCheckerLog(log: readonly string[]): CheckerWords | null {
  const at = log.indexOf('--- RDB ERROR DETECTED ---');
  const keysRead = lastNumber(log, /^\[info\] (\d+) keys read$/);
  if (at < 0) {
    // Valkey knows the result by its number, and says so as well.
    const fine = log.some(line => /^\[offset \d+\] \\o\/ RDB looks OK! \\o\/$/.test(line));
    return fine ? {status: 'fine', offset: null, complaint: null, doing: null, type: null, keysRead} : null;
  }
  const [, offset, words = ''] = /^\[offset (\d+)\] (.*)$/.exec(log[at + 1] ?? '') ?? [];
  // Before the key's name.
  const doing = /^\[additional info\] While doing: ([a-z-]+)$/.exec(log[at + 2] ?? '')?.[1] ?? null;
  const types = log.flatMap(
    line => /^\[additional info\] Reading type \d+ \(([\w-]+)\)$/.exec(line)?.[1] ?? [],
  );
  return {
    status: 'damaged',
    offset: offset === undefined ? null : Number(offset),
    complaint: blackOut(words.replace(/^Internal error in RDB reading .* -> /, '')) || null,
    doing,
    // Of the header it would be the one that its variable happens to hold.
    type: doing === 'start' || doing === 'read-type' ? null : (types.at(-1) ?? null),
    keysRead,
  };
}

/** `redis-check-aof`: how far the file is whole. What it expected and what it got instead may be somebody's data. */
export function readAofCheckerLog(log: readonly string[]): CheckerWords | null {
  const ofBase = readCheckerLog(log);
  if (ofBase?.status === 'damaged') return ofBase;
  const [, size, whole] = log.map(line => ANALYZED.exec(line)).findLast(found => found !== null) ?? [];
  const invalid = log.some(line => /^AOF .*is not valid\./.test(line));
  const words = {doing: null, type: null, keysRead: null};
  if (invalid) {
    return whole === undefined
      ? {...words, status: 'damaged', offset: null, complaint: null}
      : {
          ...words,
          status: 'damaged',
          offset: Number(whole),
          complaint: `whole up to byte ${whole} of ${size}`,
        };
  }
  const fine = log.some(line => /^(All AOF files and manifest are valid|AOF .*is valid)$/.test(line));
  return fine ? {...words, status: 'fine', offset: null, complaint: null} : null;
}

const ANALYZED = /^AOF analyzed:(?: filename=.*,)? size=(\d+), ok_up_to=(\d+),/;

function lastNumber(log: readonly string[], pattern: RegExp): number | null {
  const found = log.flatMap(line => pattern.exec(line)?.[1] ?? []).at(-1);
  return found === undefined ? null : Number(found);
}
