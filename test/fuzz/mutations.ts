/**
 * What happens to backups, drawn from a seed: bits flip, ends and middles go missing, parts come twice or from
 * elsewhere, lengths lie. The same seed and number give the same case, so a failure needs no file to be seen again.
 */
import {createHash} from 'node:crypto';
import {randomFrom} from '../random-dataset.ts';

export type Random = {
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
};

/** Of one case: `seed` and number are mixed, so that neighbours have nothing in common. */
export function randomOf(seed: number, number: number): Random {
  const next = randomFrom(createHash('sha1').update(`${seed}:${number}`).digest().readInt32LE());
  const below = (limit: number): number => Math.floor(next() * limit);
  return {below, pick: items => items[below(items.length)]!};
}

/** Where entries begin, for damage that keeps the rest readable; empty where that is not known. */
export type Original = {name: string; bytes: Uint8Array; entries: number[]};

/** At the edges of lengths and of encodings. */
const EDGES = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0x82, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xef, 0xf0];
const OPCODES = [...Array.from({length: 16}, (_, i) => 240 + i), ...Array.from({length: 34}, (_, i) => i)];

/** Lengths that no file is long enough for, or that do not fit where they are put, in every way to write them. */
const LIES = [
  ...['81ffffffffffffffff', '817fffffffffffffff', '810020000000000000', '810000000100000000'],
  ...['80ffffffff', '807fffffff', '8000100000', '80000fffff', '7fff', '4000', 'c3', 'c38000100000407f'],
  // Little-endian, as in listpacks, ziplists, intsets and most archives.
  ...['ffffffff', 'ffffff7f', '00000001', 'ffffffffffffffff', '0000000001000000', 'ffff', 'feffff'],
].map(hex => Buffer.from(hex, 'hex'));

type Mutation = (bytes: Buffer, random: Random, others: readonly Original[]) => Buffer;

const replaced = (bytes: Buffer, from: number, to: number, part: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), part, bytes.subarray(to)]);

/** Short parts mostly, sometimes anything up to all. */
function range(bytes: Buffer, {below, pick}: Random): [number, number] {
  const from = below(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + below(pick([2, 8, 40, 300, bytes.length])))];
}

const MUTATIONS: Mutation[] = [
  // A bit, several times as often as all else: what storage and memory do.
  ...Array.from({length: 4}, () => (bytes: Buffer, {below}: Random) => {
    const copy = Buffer.from(bytes);
    copy[below(copy.length)]! ^= 1 << below(8);
    return copy;
  }),
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    copy[random.below(copy.length)] = random.pick([...EDGES, random.below(256)]);
    return copy;
  },
  (bytes, {below}) => bytes.subarray(0, below(bytes.length)),
  (bytes, random) => replaced(bytes, ...range(bytes, random), Buffer.alloc(0)),
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return replaced(bytes, to, to, bytes.subarray(from, to));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random);
    return replaced(bytes, from, to, Buffer.alloc(to - from, random.pick([0, 0xff, random.below(256)])));
  },
  (bytes, random, others) => {
    const other = Buffer.from(random.pick(others).bytes);
    return replaced(bytes, ...range(bytes, random), other.subarray(...range(other, random)));
  },
  ...Array.from(
    {length: 2},
    (): Mutation => (bytes, random) => {
      const at = random.below(bytes.length);
      const lie = random.pick(LIES);
      return replaced(bytes, at, at + random.pick([0, 1, lie.length]), lie);
    },
  ),
];

/** From the start of an entry to the start of the next. */
function entryOf({bytes, entries}: Original, {below}: Random): [number, number] {
  const index = below(entries.length);
  return [entries[index]!, entries[index + 1] ?? bytes.length - 8];
}

/** Entries as a whole: another type or opcode, gone, twice, or one of another dump. */
function mutateEntries(original: Original, random: Random, others: readonly Original[]): Buffer {
  const bytes = Buffer.from(original.bytes);
  const [from, to] = entryOf(original, random);
  const kind = random.below(5);
  if (kind <= 1) {
    bytes[from] = random.pick(OPCODES);
    return bytes;
  }
  if (kind === 2) return replaced(bytes, from, to, Buffer.alloc(0));
  if (kind === 3) return replaced(bytes, to, to, bytes.subarray(from, to));
  const other = random.pick(others.filter(({entries}) => entries.length > 0));
  return replaced(bytes, from, to, other.bytes.subarray(...entryOf(other, random)));
}

/** One to four things that happened to one of the originals. */
export function mutated(originals: readonly Original[], random: Random): {name: string; bytes: Buffer} {
  const original = random.pick(originals);
  const entries = original.entries.length > 0 && random.below(4) === 0;
  let bytes = entries ? mutateEntries(original, random, originals) : Buffer.from(original.bytes);
  for (let left = random.pick(entries ? [0, 0, 1] : [1, 1, 1, 2, 4]); left > 0 && bytes.length > 0; left--) {
    bytes = random.pick(MUTATIONS)(bytes, random, originals);
  }
  return {name: original.name, bytes};
}
