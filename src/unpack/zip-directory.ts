/** The directory at the end of a zip archive, which must say what the entries before it said. */
import {assertHarmless} from './archive.ts';
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {Malformed} from './packing-fault.ts';

const CENTRAL = 0x02014b50;
const ARCHIVE_EXTRA = 0x08064b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END = 0x06054b50;

/** In 32 bits: the real value is in the zip64 field. */
const ELSEWHERE = 0xffffffff;

/** High half of the external attributes: the file's mode, where a Unix program made the archive. */
const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;

/** One entry, as it was read. */
export type Seen = {name: string; crc: number; packedBytes: number; plainBytes: number; beginning: Buffer};

export async function assertDirectory(input: ByteStream, seen: Map<number, Seen>): Promise<void> {
  let listed = 0;
  for (;;) {
    const head = await input.peek(4);
    if (head.length < 4) throw new EndOfInput();
    switch (head.readUInt32LE(0)) {
      case CENTRAL:
        listed += 1;
        assertListed(await readCentral(input), seen);
        break;
      case ARCHIVE_EXTRA:
        await input.take((await input.take(8)).readUInt32LE(4));
        break;
      case END_64:
        await input.take(Number((await input.take(12)).readBigUInt64LE(4)));
        break;
      case LOCATOR_64:
        await input.take(20);
        break;
      case END:
        return assertEnd(input, listed, seen.size);
      default:
        throw new Malformed('neither an entry nor the directory begins where one should');
    }
  }
}

/**
 *     signature 4 | made by 2 | version 2 | flags 2 | method 2 | time 2 | date 2 | crc 4 | packed 4 | plain 4 |
 *     name length 2 | extra length 2 | comment length 2 | disk 2 | internal 2 | external 4 | offset 4 | name | extra | comment
 */
async function readCentral(input: ByteStream) {
  const header = Buffer.from(await input.take(46));
  const name = (await input.take(header.readUInt16LE(28))).toString('utf8');
  const extra = Buffer.from(await input.take(header.readUInt16LE(30)));
  await input.take(header.readUInt16LE(32));
  const values = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)];
  const [plainBytes, packedBytes, offset] = zip64(values, extra) as [number, number, number];
  const mode = header.readUInt32LE(38) >>> 16;
  return {
    name,
    crc: header.readUInt32LE(16),
    plainBytes,
    packedBytes,
    offset,
    isLink: (mode & S_IFMT) === S_IFLNK,
  };
}

/** Those of `values` that did not fit into 32 bits, from the extra field 1, in their order. */
export function zip64(values: number[], extra: Buffer): number[] {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return values.map(value => {
    if (value !== ELSEWHERE || next + 8 > field.length) return value;
    next += 8;
    return Number(field.readBigUInt64LE(next - 8));
  });
}

function assertListed(central: Awaited<ReturnType<typeof readCentral>>, seen: Map<number, Seen>): void {
  const entry = seen.get(central.offset);
  const same =
    entry?.name === central.name &&
    entry.crc === central.crc &&
    entry.plainBytes === central.plainBytes &&
    entry.packedBytes === central.packedBytes;
  if (!same) throw new Malformed('its directory and its entries contradict each other');
  if (central.isLink)
    assertHarmless({name: entry.name, kind: 'link', target: entry.beginning.toString('utf8')});
}

/**
 *     signature 4 | disk 2 | disk of directory 2 | entries here 2 | entries 2 | size 4 | offset 4 | comment length 2 | comment
 */
async function assertEnd(input: ByteStream, listed: number, read: number): Promise<void> {
  const end = Buffer.from(await input.take(22));
  const announced = end.readUInt16LE(10);
  if (listed !== read || (announced !== 0xffff && announced !== listed)) {
    throw new Malformed('its directory and its entries contradict each other');
  }
  await input.take(end.readUInt16LE(20));
  if ((await input.next()) !== null) {
    throw new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');
  }
}
