/**
 * Unpacking under fuzzing: a damaged artifact ends in a finding about its packing, or gives the very dump that was packed,
 * or one that the reader then refuses. Never in an error of ours, never in more bytes than the limits allow.
 */
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {DrillError} from '../../src/errors.ts';
import {inspect} from '../../src/inspect/inspect.ts';
import {silent} from '../../src/progress.ts';
import {decryptSchema, resolveKeys} from '../../src/unpack/keys.ts';
import {unpack} from '../../src/unpack/unpack.ts';
import {keysOf, PACKS, Packer, type PackName} from '../packers.ts';
import {mutated, type Original, type Random} from './mutations.ts';

const DUMP = join(import.meta.dirname, '..', 'unit', 'inspect', 'fixtures', 'rich_v10.rdb');
const plain = readFileSync(DUMP);

/** Decrypted by a program, which takes a hundred times as long to start as most cases need. */
const SLOW = /^(gpg|openssl)/;

/** Small enough to be reached by what multiplies bytes, large enough for every honest case. */
const LIMITS = {maxRatio: 100, maxSizeBytes: 32 * 1024 ** 2, maxEntries: 1000};

/** A backup may be refused by name; what it lacks is then not its fault. All other errors would be ours. */
const REFUSALS = ['unpack/unsupported-form', 'unpack/several-dumps'];

export type PackedContext = {originals: Original[]; slow: Original[]; secrets: [string, string][]};

export function preparePacked(): PackedContext {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-packed-'));
  const packer = new Packer(directory);
  try {
    const packed = (name: PackName): Original => ({
      name,
      bytes: readFileSync(packer.pack(DUMP, name)),
      entries: [],
    });
    const names = Object.keys(PACKS) as PackName[];
    const secretOf = keysOf(packer);
    return {
      originals: names.filter(name => !SLOW.test(name)).map(packed),
      slow: names.filter(name => SLOW.test(name)).map(packed),
      secrets: ['DRILL_AGE', 'DRILL_GPG', 'DRILL_PASSPHRASE'].map(name => [name, secretOf(name)!]),
    };
  } finally {
    packer.dispose();
    rmSync(directory, {recursive: true, force: true});
  }
}

export type PackedCase = {name: string; bytes: Buffer};

/** One in five hundred of those that take a program. */
export const packedCase = ({originals, slow}: PackedContext, random: Random): PackedCase =>
  mutated(random.below(500) === 0 ? slow : originals, random);

/** What it came to, in a word. Throws what is wrong with us. */
export async function unpackAnything({bytes}: PackedCase, {secrets}: PackedContext): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-case-'));
  try {
    const path = join(directory, 'backup');
    writeFileSync(path, bytes);
    const came = await unpackAt(path, directory, new Map(secrets));
    const left = readdirSync(directory).filter(name => name !== 'backup');
    if (left.length > 0) throw new Error('something was left behind');
    return came;
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}

async function unpackAt(path: string, tempDir: string, secrets: Map<string, string>): Promise<string> {
  const env = (name: string) => secrets.get(name);
  const deps = {tempDir, searchPath: process.env.PATH ?? '', env, progress: silent};
  const asked = {
    age: {identity: 'env:DRILL_AGE'},
    gpg: {key: 'env:DRILL_GPG', passphrase: 'env:DRILL_PASSPHRASE'},
    openssl: {passphrase: 'env:DRILL_PASSPHRASE'},
  };
  const keys = resolveKeys(decryptSchema.parse(asked), {env});
  try {
    const {dump, damage} = await unpack(path, deps, {keys, limits: LIMITS, checksums: []});
    if (damage) return damage.rule;
    await using unpacked = dump;
    if (statSync(unpacked.path).size > LIMITS.maxSizeBytes)
      throw new Error('more bytes than the limits allow');
    if (plain.equals(readFileSync(unpacked.path))) return 'the very dump';
    const {error} = await inspect(unpacked.path);
    if (error === undefined) throw new Error('another dump came out, and is whole');
    return `another dump: ${error.rule}`;
  } catch (error) {
    if (error instanceof DrillError && REFUSALS.includes(error.code)) return error.code;
    throw error;
  }
}
