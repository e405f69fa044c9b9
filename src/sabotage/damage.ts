/**
 * What becomes of files in storage, on the way and in the hands of scripts, done to a copy: cut, bits flipped, pages lost,
 * something else written in its place. In: a file that may be ruined. Knows nothing of what is in it, so the same list
 * serves for dumps and for whatever they are packed in.
 */
import {createReadStream} from 'node:fs';
import {appendFile, type FileHandle, open, rename, rm, stat, truncate, writeFile} from 'node:fs/promises';

export type Damage = {
  /** What happened to the copy, for people. */
  name: string;
  /** Does it to the file; false where that would leave it as it is, or where it has nothing that this could happen to. */
  inflict(path: string, signal?: AbortSignal): Promise<boolean>;
};

/** What has to be expected of a dataset before its drill can tell. */
export type Needs = 'counts' | 'digest';
/** `warning`: the rule that a drill which passes has to warn of. */
export type Sabotage = {damage: Damage; needs?: Needs; warning?: string};

/** What file systems and disks lose at a time. */
const PAGE_BYTES = 4096;
/** The header of a dump: magic and version. */
const HEADER_BYTES = 9;

const ERROR_PAGE =
  '<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n';

/** `left`: how many of its bytes. */
const cut = (name: string, left: (sizeBytes: number) => number): Damage => ({
  name: `cut ${name}`,
  async inflict(path) {
    const {size} = await stat(path);
    const bytes = left(size);
    if (bytes <= 0 || bytes >= size) return false;
    await truncate(path, bytes);
    return true;
  },
});

/** `fraction` of the way through the file. */
const flipBit = (fraction: number, bit: number, where = `${Math.round(100 * fraction)} % in`): Damage => ({
  name: `one bit flipped, ${where}`,
  inflict: path =>
    patch(path, async (file, size) => {
      if (size === 0) return false;
      const byte = Buffer.alloc(1);
      const at = Math.min(size - 1, Math.floor(size * fraction));
      await file.read(byte, 0, 1, at);
      byte[0]! ^= 1 << bit;
      await file.write(byte, 0, 1, at);
      return true;
    }),
});

/** From `from` of the file on, at most `bytes` of them. */
const zeros = (name: string, from: number, bytes = Number.POSITIVE_INFINITY): Damage => ({
  name,
  inflict: path =>
    patch(path, async (file, size) => {
      const piece = Buffer.alloc(64 * 1024);
      let changed = false;
      const start = Math.floor(size * from);
      const end = Math.min(size, start + bytes);
      for (let at = start; at < end; at += piece.length) {
        const part = piece.subarray(0, Math.min(piece.length, end - at));
        await file.read(part, 0, part.length, at);
        changed ||= part.some(byte => byte !== 0);
        await file.write(part.fill(0), 0, part.length, at);
      }
      return changed;
    }),
});

const replacedBy = (name: string, content: string): Damage => ({
  name,
  inflict: async path => {
    await writeFile(path, content);
    return true;
  },
});

export const empty: Damage = replacedBy('empty: no byte in it', '');
export const errorPage: Damage = replacedBy('a web server’s error page in its place', ERROR_PAGE);
export const allZeros: Damage = zeros('all zeros: space that was reserved and never written', 0);
export const lastByteGone: Damage = cut('by its last byte', size => size - 1);

export const trailing: Damage = {
  name: 'a hundred bytes behind its end, as of a longer file that was written over',
  inflict: async path => {
    await appendFile(path, Buffer.alloc(100, 'A'));
    return true;
  },
};

export const missing: Damage = {
  name: 'not there at all',
  inflict: async path => {
    await rm(path);
    return true;
  },
};

/** What git, FTP and mail do to files that they take for text. */
export const asText: Damage = {
  name: 'sent as text: CR before each LF',
  async inflict(path) {
    const text = `${path}.text`;
    let found = false;
    {
      await using file = await open(text, 'w');
      for await (const chunk of createReadStream(path)) {
        const latin1 = (chunk as Buffer).toString('latin1');
        found ||= latin1.includes('\n');
        await file.writeFile(Buffer.from(latin1.replaceAll('\n', '\r\n'), 'latin1'));
      }
    }
    await rename(text, path);
    return found;
  },
};

export const halved: Damage = cut('to half of its size', size => size >> 1);
export const bitFlipped: Damage = flipBit(0.5, 0);

/** For any file that a backup is. */
export const DAMAGES: readonly Damage[] = [
  missing,
  empty,
  errorPage,
  allZeros,
  zeros('zeros in the second half: a copy that broke off', 0.5),
  zeros('zeros for 4 KiB in the middle: a page that was lost', 0.5, PAGE_BYTES),
  cut('after its first nine bytes', () => HEADER_BYTES),
  cut('to a quarter of its size', size => size >> 2),
  halved,
  cut('to 90 % of its size', size => Math.floor(size * 0.9)),
  cut('by a page at its end', size => size - PAGE_BYTES),
  lastByteGone,
  flipBit(0, 4, 'in its first byte'),
  ...[0.1, 0.25, 0.4].map((fraction, i) => flipBit(fraction, 7 - i)),
  bitFlipped,
  ...[0.6, 0.75, 0.9].map((fraction, i) => flipBit(fraction, i + 1)),
  flipBit(1, 6, 'in its last byte'),
  trailing,
  asText,
];

async function patch(
  path: string,
  change: (file: FileHandle, sizeBytes: number) => Promise<boolean>,
): Promise<boolean> {
  await using file = await open(path, 'r+');
  return await change(file, (await file.stat()).size);
}
