/**
 * Passes over a stream, the value type that grew most: five layouts, each the one before with something added. The
 * letters in the drawings say since which (1 = type 15, 2 = 19, 3 = 21, 4 = 26, 5 = 27). An id is ms:len seq:len in
 * headers and 16 raw bytes in lists.
 */
import type {DumpReader} from './dump-reader.ts';
import type {SkipValue} from './skip-value.ts';

export type StreamLayout = 1 | 2 | 3 | 4 | 5;

/** Bytes of a stream id where it is written raw: ms and seq, u64 big-endian each. */
export const ID_BYTES = 16;
/** Bytes of a time in ms. */
export const TIME_BYTES = 8;

/**
 *     nodes:len, nodes x (master id:str, listpack:str)
 *     length:len last-id
 *     2: first-id max-deleted-id entries-added:len
 *     groups:len, groups x group
 *     4: idmp
 */
export function skipStream(layout: StreamLayout): SkipValue {
  return dump => {
    for (let left = dump.count(); left > 0; left--) {
      dump.skipString();
      dump.skipString();
    }
    skipAfterNodes(dump, layout);
  };
}

/** Everything but the entries. */
function skipAfterNodes(dump: DumpReader, layout: StreamLayout): void {
  dump.length();
  skipId(dump);
  if (layout >= 2) {
    skipId(dump);
    skipId(dump);
    dump.length();
  }
  for (let left = dump.count(); left > 0; left--) skipGroup(dump, layout);
  if (layout >= 4) skipIdempotence(dump);
}

function skipId(dump: DumpReader): void {
  dump.length();
  dump.length();
}

/**
 *     name:str last-id  2: entries-read:len
 *     pending:len, pending x (id:16 delivery-time:8 deliveries:len)
 *     consumers:len, consumers x (name:str seen-time:8  3: active-time:8  n:len, n x id:16)
 *     5: unacknowledged:len, unacknowledged x id:16
 */
function skipGroup(dump: DumpReader, layout: StreamLayout): void {
  dump.skipString();
  skipId(dump);
  if (layout >= 2) dump.length();
  for (let left = dump.count(); left > 0; left--) {
    dump.skip(ID_BYTES + TIME_BYTES);
    dump.length();
  }
  for (let left = dump.count(); left > 0; left--) {
    dump.skipString();
    dump.skip(layout >= 3 ? 2 * TIME_BYTES : TIME_BYTES);
    dump.skip(dump.count() * ID_BYTES);
  }
  if (layout >= 5) dump.skip(dump.count() * ID_BYTES);
}

/**
 *     duration:len max:len
 *     producers:len, producers x (id:str n:len, n x (iid:str id))
 *     added:len duplicates:len
 */
export function skipIdempotence(dump: DumpReader): void {
  dump.length();
  dump.length();
  for (let left = dump.count(); left > 0; left--) {
    dump.skipString();
    for (let ids = dump.count(); ids > 0; ids--) {
      dump.skipString();
      skipId(dump);
    }
  }
  dump.length();
  dump.length();
}
