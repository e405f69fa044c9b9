/**
 * What becomes of append-only files: parts that were not copied, cut, or changed on the way. In: the files of a set that
 * may be ruined in a copy. Our reader says where commands begin, so that damage hits what a server has to notice; of what
 * none can notice, values and whole commands that are gone, it says what would have to be expected.
 */
import {createReadStream, createWriteStream} from 'node:fs';
import {appendFile, open, rm, stat, truncate} from 'node:fs/promises';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {isManifest, type Listed, layOut} from '../inspect/aof/aof-layout.ts';
import {inspectBase, splitAt} from '../inspect/aof/inspect-aof.ts';
import {walkCommands} from '../inspect/aof/walk-commands.ts';
import {openDump} from '../inspect/dump-file.ts';
import {silent} from '../progress.ts';
import type {AofFiles} from '../unpack/aof-files.ts';
import {
  allZeros,
  asText,
  type Damage,
  empty,
  errorPage,
  halved,
  lastByteGone,
  missing,
  type Sabotage,
  trailing,
} from './damage.ts';

/** What file systems and disks lose at a time. */
const PAGE_BYTES = 4096;
/** More than the first lines of a command take. */
const HEAD_BYTES = 4096;

/** A file that servers load. */
type Part = {
  name: string;
  isLast: boolean;
  sizeBytes: number;
  /** Of the dump at its beginning, which has a checksum of its own. */
  dumpBytes: number;
  /** Where a command begins, about halfway through them, outside a transaction; `null` where there is none. */
  middle: number | null;
};
type Options = {signal?: AbortSignal | undefined};

export async function aofSabotages(aof: AofFiles, options: Options): Promise<Sabotage[]> {
  const {layout, loaded} = await layOut(aof);
  const parts: Part[] = [];
  for (const listed of loaded) parts.push(await partOf(listed, listed === loaded.at(-1), options));
  if (layout === 'single-file') {
    const whole = [missing, errorPage, allZeros].map(damage => ({damage}));
    return [...whole, ...parts.flatMap(part => inPart(part))];
  }
  const manifest = aof.files.find(isManifest)!.name;
  const ofManifest: Sabotage[] = [
    ...[missing, empty, errorPage, halved].map(damage => ({damage})),
    // Servers do not mind in a manifest.
    {damage: asText, warning: 'aof/manifest-invalid'},
  ];
  return [
    {damage: nothingLeft},
    {damage: allAsText(aof)},
    ...ofManifest.map(sabotage => inFile(manifest, 'the manifest', sabotage)),
    ...parts.flatMap((part, index) => {
      const what = nameOf(loaded[index]!, part);
      return [{damage: missing}, ...inPart(part)].map(sabotage => inFile(part.name, what, sabotage));
    }),
  ];
}

const nameOf = ({role, seq}: Listed, {isLast}: Part): string => {
  if (role === 'base') return 'the base';
  return isLast ? 'the last file' : `file ${seq}`;
};

const inFile = (name: string, what: string, sabotage: Sabotage): Sabotage => ({
  ...sabotage,
  damage: {
    name: `${what}: ${sabotage.damage.name}`,
    inflict: (directory, signal) => sabotage.damage.inflict(join(directory, name), signal),
  },
});

const nothingLeft: Damage = {
  name: missing.name,
  async inflict(directory) {
    await rm(directory, {recursive: true});
    return true;
  },
};

const allAsText = ({files}: AofFiles): Damage => ({
  name: asText.name,
  async inflict(directory) {
    for (const {name} of files) await asText.inflict(join(directory, name));
    return true;
  },
});

function inPart(part: Part): Sabotage[] {
  const {dumpBytes, middle} = part;
  return [
    // Without a byte it is as after a rewrite: only of a base that has to be a dump it is known that there were some.
    {damage: notEmptyYet(empty), needs: 'digest', warning: 'aof/empty-part'},
    ...(dumpBytes > 0 ? inDump(dumpBytes) : []),
    ...(dumpBytes === part.sizeBytes ? [lastByteGone, trailing, asText].map(damage => ({damage})) : []),
    ...(middle === null ? [] : inCommands(part, middle)),
  ];
}

const inDump = (bytes: number): Sabotage[] => [
  {damage: cutAt('cut in the middle of its dump', Math.floor(bytes / 2))},
  ...[10, 35, 60, 90].map((percent, index) => ({
    damage: flipped(`one bit flipped, ${percent} % into its dump`, {
      at: Math.floor((bytes * percent) / 100),
      bit: index + 1,
    }),
  })),
];

function inCommands({isLast}: Part, middle: number): Sabotage[] {
  // Of the last file a copy of a live server may lack the end: the policy says how much of it.
  const tail = isLast ? {warning: 'aof/cut-tail'} : {};
  return [
    {damage: cutAt('cut in the middle of a command, about halfway', middle + 1), ...tail},
    {damage: cutAt('cut between two commands, about halfway', middle), needs: 'digest'},
    {damage: lastByteGone, ...tail},
    {damage: inserted('garbage between two commands', middle, 'A'.repeat(100))},
    {damage: inserted('a command that no server knows', middle, '*2\r\n$10\r\nNOSUCHWORD\r\n$1\r\nx\r\n')},
    {damage: zerosAt('zeros for 4 KiB where a command begins', middle)},
    ...LENGTHS.map(([what, pattern]) => ({damage: lengthFlipped(what, pattern, middle)})),
    {
      damage: valueFlipped(middle),
      needs: 'digest' as const,
      warning: 'restore/commands-failed',
    },
    {damage: trailing},
    {damage: asText},
  ];
}

/** Behind annotations of time: up to the last digit of a number, of which one bit is then flipped. */
const LENGTHS: readonly [string, RegExp][] = [
  ['the number of words of a command', /^(?:#[^\n]*\n)*\*\d*?(?=\d\r)/],
  ['the length of a command’s name', /^(?:#[^\n]*\n)*\*\d+\r\n\$\d*?(?=\d\r)/],
  ['the length of a command’s first argument', /^(?:#[^\n]*\n)*\*\d+\r\n\$\d+\r\n\w+\r\n\$\d*?(?=\d\r)/],
];
const FIRST_ARGUMENT = /^(?:#[^\n]*\n)*\*\d+\r\n\$\d+\r\n\w+\r\n\$[1-9]\d*\r\n/;

const lengthFlipped = (what: string, pattern: RegExp, from: number): Damage => ({
  name: `one bit flipped in ${what}`,
  async inflict(path) {
    const found = pattern.exec(await headAt(path, from));
    return found !== null && (await flip(path, {at: from + found[0].length, bit: 0}));
  },
});

const valueFlipped = (from: number): Damage => ({
  name: 'one bit flipped in a command’s first argument',
  async inflict(path) {
    const found = FIRST_ARGUMENT.exec(await headAt(path, from));
    return found !== null && (await flip(path, {at: from + found[0].length, bit: 0}));
  },
});

const flipped = (name: string, place: {at: number; bit: number}): Damage => ({
  name,
  inflict: path => flip(path, place),
});

const cutAt = (name: string, at: number): Damage => ({
  name,
  async inflict(path) {
    const {size} = await stat(path);
    if (at <= 0 || at >= size) return false;
    await truncate(path, at);
    return true;
  },
});

const notEmptyYet = ({name, inflict}: Damage): Damage => ({
  name,
  inflict: async path => (await stat(path)).size > 0 && (await inflict(path)),
});

const zerosAt = (name: string, at: number): Damage => ({
  name,
  async inflict(path) {
    await using file = await open(path, 'r+');
    const {size} = await file.stat();
    await file.write(Buffer.alloc(Math.min(PAGE_BYTES, size - at)), 0, null, at);
    return true;
  },
});

/** What stood behind it moves on. */
const inserted = (name: string, at: number, text: string): Damage => ({
  name,
  async inflict(path) {
    const behind = `${path}.behind`;
    await pipeline(createReadStream(path, {start: at}), createWriteStream(behind));
    await truncate(path, at);
    await appendFile(path, text);
    await pipeline(createReadStream(behind), createWriteStream(path, {flags: 'a'}));
    await rm(behind);
    return true;
  },
});

async function flip(path: string, {at, bit}: {at: number; bit: number}): Promise<boolean> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  if ((await file.read(byte, 0, 1, at)).bytesRead === 0) return false;
  byte[0]! ^= 1 << bit;
  await file.write(byte, 0, 1, at);
  return true;
}

/** One character a byte. */
async function headAt(path: string, at: number): Promise<string> {
  await using file = await open(path);
  const {buffer, bytesRead} = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, at);
  return buffer.toString('latin1', 0, bytesRead);
}

async function partOf({file: {name, path}}: Listed, isLast: boolean, {signal}: Options): Promise<Part> {
  using source = openDump(path);
  const {sizeBytes} = source;
  const {base, commandsAt} = splitAt(await inspectBase(source, {signal}));
  const part = {name, isLast, sizeBytes, dumpBytes: base ? commandsAt : 0};
  if (commandsAt === sizeBytes) return {...part, middle: null};
  // As if the file ended halfway: how far it is whole then is where a command begins.
  const half = Math.ceil((commandsAt + sizeBytes) / 2);
  const firstHalf = {sizeBytes: half, read: (into: Uint8Array, at: number) => source.read(into, at)};
  const phase = silent.phase('inspect', half, 'bytes');
  const {end} = await walkCommands(firstHalf, commandsAt, {phase, signal});
  return {...part, middle: end.kind === 'whole' ? half : end.offset};
}
