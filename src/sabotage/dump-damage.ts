/**
 * What a checksum cannot tell: dumps that are whole and yet not the dataset, made from one by our own reader, with the
 * checksum computed anew. In: a plain dump that may be ruined. Only what is expected of the dataset finds these out.
 */
import {type FileHandle, open} from 'node:fs/promises';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {throwIfAborted} from '../errors.ts';
import {openDump} from '../inspect/dump-file.ts';
import {COMPRESSED, DumpReader} from '../inspect/dump-reader.ts';
import {borrowKernel, LAYOUT, WINDOW_BYTES} from '../inspect/kernel.ts';
import {namesOnly} from '../inspect/values/name-reader.ts';
import {type DumpVersion, HEADER_BYTES, hasChecksum, readVersion} from '../inspect/version.ts';
import {Walk} from '../inspect/walk.ts';
import type {Damage} from './damage.ts';

const FOOTER_BYTES = 8;
/** Between two turns of the event loop, so that a cancel is heard: some 50 ms. */
const ENTRIES_A_TURN = 65_536;
/** RDB_TYPE_STRING. */
const STRING = 0;
const SELECT_DB = 254;

export const halfOfKeys: Damage = {
  name: 'whole, but without the second half of its keys',
  inflict: (path, signal) => withoutKeys(path, keys => keys >> 1, signal),
};

export const allKeys: Damage = {
  name: 'whole, but without any key',
  inflict: (path, signal) => withoutKeys(path, () => 0, signal),
};

export const oneValue: Damage = {
  name: 'whole, but with another value in one key',
  async inflict(path) {
    const at = lastByteOfText(path);
    if (at === null) return false;
    await using file = await open(path, 'r+');
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0]! ^= 1;
    await file.write(byte, 0, 1, at);
    await seal(file);
    return true;
  },
};

export const noChecksum: Damage = {
  name: 'saved without a checksum (rdbchecksum no)',
  async inflict(path) {
    await using file = await open(path, 'r+');
    const {version, size} = await startOf(file);
    if (version === null || !hasChecksum(version)) return false;
    const footer = Buffer.alloc(FOOTER_BYTES);
    await file.read(footer, 0, FOOTER_BYTES, size - FOOTER_BYTES);
    await file.write(Buffer.alloc(FOOTER_BYTES), 0, FOOTER_BYTES, size - FOOTER_BYTES);
    return footer.some(byte => byte !== 0);
  },
};

export const tooNew: Damage = {
  name: 'of a version that no server can read yet',
  async inflict(path) {
    await using file = await open(path, 'r+');
    const {version} = await startOf(file);
    if (version === null) return false;
    const digits = version.magic === 'VALKEY' ? '999' : '9999';
    await file.write(digits, HEADER_BYTES - digits.length, 'latin1');
    await seal(file);
    return true;
  },
};

async function startOf(file: FileHandle): Promise<{version: DumpVersion | null; size: number}> {
  const header = Buffer.alloc(HEADER_BYTES);
  await file.read(header, 0, HEADER_BYTES, 0);
  return {version: readVersion(header), size: (await file.stat()).size};
}

/** Computes the checksum anew; of a dump that has none, nothing. */
async function seal(file: FileHandle): Promise<void> {
  const {version, size} = await startOf(file);
  if (version === null || !hasChecksum(version)) return;
  using borrowed = borrowKernel();
  const {bytes, call} = borrowed.kernel;
  const end = size - FOOTER_BYTES;
  let crc = 0n;
  for (let at = 0; at < end; ) {
    const {bytesRead} = await file.read(bytes, LAYOUT.window, Math.min(WINDOW_BYTES, end - at), at);
    crc = call.crc64(crc, LAYOUT.window, LAYOUT.window + bytesRead);
    at += bytesRead;
  }
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeBigUInt64LE(BigInt.asUintN(64, crc));
  await file.write(footer, 0, FOOTER_BYTES, end);
}

/** Takes out everything from behind the key of which `kept` of all gives the number up to the EOF opcode. */
async function withoutKeys(
  path: string,
  kept: (keys: number) => number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let keys = 0;
  let eof = 0;
  for await (const entry of entriesOf(path, signal)) {
    if (entry.isKey) keys++;
    eof = entry.from;
  }
  if (keys === 0) return false;
  const from = await cutAt(path, kept(keys), signal);
  await using file = await open(path, 'r+');
  const {size} = await file.stat();
  const tail = Buffer.alloc(size - eof);
  await file.read(tail, 0, tail.length, eof);
  await file.truncate(from);
  await file.write(tail, 0, tail.length, from);
  await seal(file);
  return true;
}

/** Behind key number `kept`; for none of them, where the first database begins. */
async function cutAt(path: string, kept: number, signal: AbortSignal | undefined): Promise<number> {
  let keys = 0;
  for await (const {from, to, code, isKey} of entriesOf(path, signal)) {
    if (kept === 0 && (code === SELECT_DB || isKey)) return from;
    if (isKey && ++keys === kept) return to;
  }
  throw new Error('a dump has lost keys while it was read twice');
}

type Entry = {from: number; to: number; code: number; isKey: boolean};

/** Of a dump that can be read to its end: the last one is the EOF opcode. */
async function* entriesOf(path: string, signal: AbortSignal | undefined): AsyncGenerator<Entry> {
  using opened = readingOf(path);
  const {dump, walk} = opened;
  let ended = false;
  for (let count = 1; !ended; count++) {
    if (count % ENTRIES_A_TURN === 0) await nextTurn();
    throwIfAborted(signal);
    const [from, keys] = [dump.offset, walk.tally.keys];
    const code = opened.code();
    ended = walk.run(from + 1);
    yield {from, to: dump.offset, code, isKey: walk.tally.keys > keys};
  }
}

/** Where the text of the first string ends that is neither compressed nor a number; `null` where there is none. */
function lastByteOfText(path: string): number | null {
  using opened = readingOf(path);
  const {dump, walk} = opened;
  for (;;) {
    if (opened.code() !== STRING) {
      if (walk.run(dump.offset + 1)) return null;
      continue;
    }
    dump.skip(1);
    dump.skipString();
    const length = dump.stringHead();
    if (length > 0) return dump.offset + length - 1;
    if (length === COMPRESSED) dump.skip(dump.compressedBytes);
  }
}

/** A dump that was read before without an error. */
function readingOf(path: string) {
  const file = openDump(path);
  const borrowed = borrowKernel();
  const header = new Uint8Array(HEADER_BYTES);
  file.read(header, 0);
  const dump = new DumpReader(file, borrowed.kernel);
  const walk = new Walk(dump, readVersion(header)!, {names: namesOnly(dump), values: null});
  dump.skip(HEADER_BYTES);
  const byte = new Uint8Array(1);
  return {
    dump,
    walk,
    /** Type or opcode of the entry that comes next. */
    code(): number {
      file.read(byte, dump.offset);
      return byte[0]!;
    },
    [Symbol.dispose]() {
      borrowed[Symbol.dispose]();
      file[Symbol.dispose]();
    },
  };
}
