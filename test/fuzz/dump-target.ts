/**
 * The reader of dumps under fuzzing: what it must do with any bytes whatever. The originals are real dumps, dumps that a
 * local server writes of random datasets, and those made by hand for what no server at hand writes.
 */
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {DumpReader} from '../../src/inspect/dump-reader.ts';
import {inspectSource} from '../../src/inspect/inspect-source.ts';
import {type Inspection, inspectionSchema} from '../../src/inspect/inspection.ts';
import {borrowKernel, LAYOUT, WINDOW_BYTES} from '../../src/inspect/kernel.ts';
import {namesOnly} from '../../src/inspect/values/name-reader.ts';
import {HEADER_BYTES, hasChecksum, readVersion} from '../../src/inspect/version.ts';
import {Walk} from '../../src/inspect/walk.ts';
import {LiveRedis} from '../live-redis.ts';
import {RandomDataset} from '../random-dataset.ts';
import {inMemory} from '../rdb-builder.ts';
import {RICH_DUMPS} from '../unit/inspect/dumps.ts';
import {mutated, type Original, type Random} from './mutations.ts';

const CORPUS = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus');
/** Larger ones take their time for nothing new. */
const MAX_ORIGINAL_BYTES = 100_000;

export type DumpCase = {name: string; bytes: Buffer; windowBytes: number; depth: 'quick' | 'full'};

export function dumpCase(originals: readonly Original[], random: Random): DumpCase {
  const {name, bytes} = mutated(originals, random);
  return {
    name,
    bytes: random.below(3) > 0 ? sealed(bytes) : bytes,
    windowBytes: random.pick([64, 100, 4096, WINDOW_BYTES]),
    depth: random.pick(['full', 'full', 'full', 'quick']),
  };
}

/** Throws what is wrong with the reader; what is wrong with the dump is an answer. */
export async function readAnything({bytes, windowBytes, depth}: DumpCase): Promise<Inspection> {
  const inspection = await inspectSource(inMemory(bytes), {depth}, windowBytes);
  const {error, dataset, sizeBytes} = inspectionSchema.parse(inspection);
  assert(sizeBytes === bytes.length, 'another size than that of the file');
  assert(dataset.keys <= bytes.length, 'more keys than bytes');
  assert(!error || (error.offset >= 0 && error.offset <= bytes.length), 'an offset outside of the file');
  assert(!error || error.message.length < 1000, 'a message that is too long');
  return inspection;
}

function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`the reader gives ${what}`);
}

/** With a checksum that fits, where the version has one: else it hides all other damage. */
export function sealed(bytes: Buffer): Buffer {
  const version = readVersion(bytes);
  if (version === null || !hasChecksum(version) || bytes.length < HEADER_BYTES + 8) return bytes;
  using borrowed = borrowKernel();
  const {kernel} = borrowed;
  const body = bytes.subarray(0, -8);
  let crc = 0n;
  for (let at = 0; at < body.length; at += WINDOW_BYTES) {
    const part = body.subarray(at, at + WINDOW_BYTES);
    kernel.bytes.set(part, LAYOUT.window);
    crc = kernel.call.crc64(crc, LAYOUT.window, LAYOUT.window + part.length);
  }
  const copy = Buffer.from(bytes);
  copy.writeBigUInt64LE(BigInt.asUintN(64, crc), body.length);
  return copy;
}

/** Where entries begin, as far as the dump can be read. */
function entriesOf(bytes: Uint8Array): number[] {
  const version = readVersion(bytes);
  if (version === null) return [];
  using borrowed = borrowKernel();
  const dump = new DumpReader(inMemory(bytes), borrowed.kernel);
  const walk = new Walk(dump, version, {names: namesOnly(dump), values: null});
  const entries: number[] = [];
  try {
    dump.skip(HEADER_BYTES);
    do entries.push(dump.offset);
    while (!walk.run(dump.offset + 1));
  } catch {
    entries.pop();
  }
  return entries;
}

const original = (name: string, bytes: Uint8Array): Original => ({name, bytes, entries: entriesOf(bytes)});

export const handMade = (): Original[] => RICH_DUMPS.map(([name, bytes]) => original(name, bytes));

/** Real dumps, where the corpus lies beside the repository. */
export function corpusDumps(): Original[] {
  if (!existsSync(CORPUS)) return [];
  return readdirSync(CORPUS, {recursive: true, encoding: 'utf8'})
    .map(name => [name, join(CORPUS, name)] as const)
    .filter(([, path]) => statSync(path).isFile() && statSync(path).size <= MAX_ORIGINAL_BYTES)
    .map(([name, path]) => [name, readFileSync(path)] as const)
    .filter(([, bytes]) => readVersion(bytes) !== null)
    .map(([name, bytes]) => original(name, bytes));
}

/** Of datasets drawn from `seed`, by the server on the PATH. */
export async function randomDumps(count: number, seed: number): Promise<Original[]> {
  await using live = await LiveRedis.start();
  const dumps: Original[] = [];
  for (let drawn = seed; dumps.length < count; drawn++) {
    const dataset = new RandomDataset(drawn);
    const commands = [...dataset.settings(false), ...dataset.commands({fieldTtls: false})];
    await live.redis.flushall();
    await Promise.all(commands.map(([name, ...args]) => live.redis.call(name, ...args)));
    await live.redis.save();
    const bytes = readFileSync(live.dump);
    if (bytes.length <= MAX_ORIGINAL_BYTES) dumps.push(original(`random dataset ${drawn}`, bytes));
  }
  return dumps;
}
