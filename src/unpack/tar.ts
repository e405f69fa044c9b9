/**
 * tar archives as a stream of entries: POSIX (ustar, pax), GNU, and what came before them. Sizes beyond 8 GiB, long names
 * and checksums of headers included; sparse files are not. Format: POSIX pax, "ustar Interchange Format"; GNU tar,
 * "Basic Tar Format".
 */
import {DrillError} from '../errors.ts';
import type {Entry} from './archive.ts';
import {ByteStream} from './byte-stream.ts';
import {Malformed} from './packing-fault.ts';

const BLOCK_BYTES = 512;
/** Of long names and pax records: more than any file system allows. */
const MAX_META_BYTES = 1024 * 1024;

/** What pax records, or GNU's extra entries, say about the next entry. */
type Meta = {path?: string; linkpath?: string; size?: number};

export async function* tarEntries(input: ByteStream): AsyncGenerator<Entry> {
  let meta: Meta = {};
  let everywhere: Meta = {};
  for (;;) {
    const block = await input.take(BLOCK_BYTES);
    if (block.every(byte => byte === 0)) break;
    const header = readHeader(block);
    const {flag} = header;
    if ('xgLK'.includes(flag)) {
      const text = await takeMeta(input, header.size);
      if (flag === 'L') meta.path = cString(text);
      else if (flag === 'K') meta.linkpath = cString(text);
      else if (flag === 'x') meta = {...meta, ...paxRecords(text)};
      else everywhere = {...everywhere, ...paxRecords(text)};
      continue;
    }
    if (flag === 'S') throw sparse();
    const {path = header.name, linkpath = header.target, size = header.size} = {...everywhere, ...meta};
    meta = {};
    const kind = flag === '1' || flag === '2' ? 'link' : flag === '0' || flag === '7' ? 'file' : 'other';
    // A hard link may carry its size without carrying data.
    const sizeBytes = kind === 'link' || flag === '5' ? 0 : size;
    const bytes = new ByteStream(input.part(sizeBytes));
    yield {name: path, kind, target: linkpath, bytes};
    await bytes.drain();
    for await (const _ of input.part((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES));
  }
  // Archives are filled up with zeros.
  for await (const chunk of input.rest()) {
    if (chunk.some(byte => byte !== 0)) {
      throw new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');
    }
  }
}

/**
 *     name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | checksum 8 | type 1 | link 100 | magic 6 | version 2 |
 *     user 32 | group 32 | major 8 | minor 8 | prefix 155
 */
function readHeader(block: Buffer) {
  const written = Number.parseInt(block.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8);
  const sums = [0, 0];
  for (const [index, byte] of block.entries()) {
    const counted = index >= 148 && index < 156 ? 0x20 : byte;
    sums[0]! += counted;
    // As some old programs count it.
    sums[1]! += counted > 127 ? counted - 256 : counted;
  }
  if (!sums.includes(written)) throw new Malformed('the checksum of a header does not match');
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? cString(block.subarray(345, 500)) : '';
  const name = cString(block.subarray(0, 100));
  const flag = String.fromCharCode(block[156]!);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: numberIn(block.subarray(124, 136)),
    // Before POSIX a directory was a file whose name ends so.
    flag: flag !== '\0' ? flag : name.endsWith('/') ? '5' : '0',
    target: cString(block.subarray(157, 257)),
  };
}

/** Octal digits; or binary, where the first bit is set. */
function numberIn(field: Buffer): number {
  if (field[0]! & 0x80) {
    const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, field[0]! & 0x7f);
    if (!Number.isSafeInteger(value)) throw new Malformed('an entry has an impossible size');
    return value;
  }
  const digits = field.toString('latin1').replaceAll('\0', ' ').trim();
  if (!/^[0-7]*$/.test(digits)) throw new Malformed('the size of an entry is no number');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

const cString = (bytes: Buffer): string => bytes.toString('utf8').split('\0', 1)[0]!;

async function takeMeta(input: ByteStream, sizeBytes: number): Promise<Buffer> {
  if (sizeBytes > MAX_META_BYTES) throw new Malformed('a name in it is longer than any name can be');
  const text = Buffer.from(await input.take(sizeBytes));
  await input.take((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);
  return text;
}

/** `27 path=a name with spaces\n`: a length that counts itself, a space, a key, a value. */
function paxRecords(bytes: Buffer): Meta {
  const meta: Meta = {};
  for (let rest = bytes; rest.length > 0; ) {
    const [, digits] = /^(\d{1,7}) /.exec(rest.toString('latin1', 0, 9)) ?? [];
    const length = Number(digits);
    if (digits === undefined || length <= digits.length + 1 || length > rest.length) {
      throw new Malformed('a record about an entry has an impossible length');
    }
    const record = rest.toString('utf8', digits.length + 1, length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key.startsWith('GNU.sparse')) throw sparse();
    if (key === 'path') meta.path = value;
    if (key === 'linkpath') meta.linkpath = value;
    if (key === 'size') meta.size = sizeIn(value);
    rest = rest.subarray(length);
  }
  return meta;
}

function sizeIn(text: string): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size))
    throw new Malformed('an entry has an impossible size');
  return size;
}

const sparse = (): DrillError =>
  new DrillError(
    'unpack/unsupported-form',
    'the tar archive holds a sparse file, which this version cannot unpack',
    {
      hint: 'Pack it without --sparse.',
    },
  );
