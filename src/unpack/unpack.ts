/**
 * From a located backup to a plain dump or AOF that inspect and a server can read, and the hashes of both. A plain one
 * stays where it is: it is hashed, never copied or changed. A packed one is unpacked in one pass, whatever it is packed in, into
 * a private file that goes with its disposal. A backup that cannot be unpacked is an answer, not an error.
 */

import {stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {AOF_FORMS, recogniseForm} from '../form.ts';
import type {Progress} from '../progress.ts';
import type {Checksum} from '../source/backup.ts';
import type {Load} from '../source/source-job.ts';
import {type AofFiles, aofFiles, belongsToAof} from './aof-files.ts';
import {aofInPlace} from './aof-in-place.ts';
import {assertSame, Hashes, head, type Identity, identity, readArtifact} from './artifact.ts';
import {ByteStream} from './byte-stream.ts';
import {type Found, findDumps} from './find-dumps.ts';
import {FoundFiles, type Sorted} from './found-files.ts';
import type {Keys} from './keys.ts';
import {Budget, DEFAULT_LIMITS, type Limits} from './limits.ts';
import {type PackingDamage, PackingFault, unsupportedForm} from './packing-fault.ts';
import {makePlainFile, type PlainFile, type Room} from './plain-file.ts';
import type {Tools} from './tools.ts';

export type Dump = AsyncDisposable & {
  /** A plain RDB file, as far as its form goes. Where it was not packed it is the backup itself, and not ours. */
  path: string;
  /** The append-only file that it is instead: then `path` is just one of its files. */
  aof: AofFiles | null;
  /** A dump that lay in the same archive as the AOF. */
  dumpBeside?: string | null;
  sizeBytes: number;
  /** Hex. Of the artifact as it was found, and of the plain bytes in it. */
  sha256: {artifact: string; plain: string};
  /** What it was packed in, outermost first, and where in an archive it lay; empty where it was not packed. */
  packing: string[];
  /** Its name in an archive, and those of what lies there with it. */
  nameInside: string | null;
  beside: string[];
  /** Throws when somebody changed the backup since it was hashed: then no verdict would be about one backup. */
  assertUnchanged(): Promise<void>;
};

/** A checksum beside the backup, and what the backup really has. */
export type Compared = Checksum & {actual: string};

export type Unpacked =
  | {dump: Dump; damage: null; checksums: Compared[]}
  | {dump: null; damage: PackingDamage; checksums: Compared[]};

export type Deps = Room & Tools & {progress: Progress};
export type UnpackJob = {
  keys: Keys;
  limits: Limits;
  checksums: Checksum[];
  load?: Load | undefined;
  name?: string;
};

export const NOTHING_GIVEN: UnpackJob = {keys: {}, limits: DEFAULT_LIMITS, checksums: []};

export type Kind = 'dump' | 'aof' | 'directory' | 'packed';

/** `name`: as its store calls it. Throws 'unpack/unsupported-form' where it is packed in something that cannot be unpacked. */
export async function kindOf(path: string, name = basename(path)): Promise<Kind> {
  const stats = await stat(path).catch(() => null);
  if (stats?.isDirectory()) return 'directory';
  const {form, packing, unpackable} = recogniseForm(await head(path));
  if (packing) return 'packed';
  // By its name too: an AOF may begin with a dump, or with nothing that could be recognised.
  if (AOF_FORMS.has(form) || belongsToAof(basename(name))) return 'aof';
  if (unpackable) throw unsupportedForm(form, path);
  return 'dump';
}

export async function unpack(path: string, deps: Deps, job: UnpackJob = NOTHING_GIVEN): Promise<Unpacked> {
  const {name = basename(path)} = job;
  const kind = await kindOf(path, name);
  if (kind === 'directory') return {damage: null, ...(await aofInPlace(path, deps, job.checksums))};
  const packed = kind === 'packed';
  const before = await identity(path);
  const hashes = new Hashes(job.checksums);
  const reading = {...deps, ...before, hashes, phase: packed ? 'unpack' : 'hash', reuse: !packed};
  const artifact = new ByteStream(readArtifact(path, reading));
  const assertUnchanged = () => assertSame(path, before);
  if (packed) return unpackTo({path, before, artifact, hashes, assertUnchanged}, deps, job);
  await artifact.drain();
  const {sha256, checksums} = compared(hashes, job.checksums);
  const {sizeBytes} = before;
  const dump = {
    path,
    aof: kind === 'aof' ? aofFiles([{name: basename(name), path, sizeBytes, sha256}]) : null,
    sizeBytes,
    sha256: {artifact: sha256, plain: sha256},
    packing: [],
    nameInside: null,
    beside: [],
    assertUnchanged,
    [Symbol.asyncDispose]: async () => {},
  };
  return {dump, damage: null, checksums};
}

type Artifact = {
  path: string;
  before: Identity;
  artifact: ByteStream;
  hashes: Hashes;
  assertUnchanged(): Promise<void>;
};

async function unpackTo(backup: Artifact, deps: Deps, job: UnpackJob): Promise<Unpacked> {
  const {before, artifact, hashes, assertUnchanged} = backup;
  const file = await makePlainFile(before.sizeBytes, deps);
  try {
    const {found, aof, plain, dumpBeside, beside} = await unpackInto(file, backup, deps, job);
    // Also what no layer cared for.
    await artifact.drain();
    const {sha256, checksums} = compared(hashes, job.checksums);
    const dump: Dump = {
      path: plain.path,
      aof,
      dumpBeside,
      sizeBytes: plain.sizeBytes,
      sha256: {artifact: sha256, plain: plain.sha256},
      packing: [...formsOf(found), ...found.path.slice(-1)],
      nameInside: found.path.at(-1) ?? null,
      beside,
      assertUnchanged,
      [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
    };
    return {dump, damage: null, checksums};
  } catch (error) {
    await file[Symbol.asyncDispose]();
    if (!(error instanceof PackingFault)) throw error;
    // What is damaged may just be somebody writing; and of what is, the checksum beside it tells when that happened.
    await artifact.drain();
    await assertUnchanged();
    const {rule, message, hint} = error;
    return {dump: null, damage: {rule, message, hint}, checksums: compared(hashes, job.checksums).checksums};
  } finally {
    await artifact.close();
  }
}

/** The one backup in it. Throws PackingFault, and DrillError `unpack/several-dumps`. */
async function unpackInto(
  file: PlainFile,
  {path: name, artifact}: Artifact,
  deps: Deps,
  {keys, limits, load = 'auto'}: UnpackJob,
): Promise<Sorted & {beside: string[]}> {
  const budget = new Budget(limits, () => artifact.offset);
  const passedOver: string[] = [];
  const beside: string[] = [];
  const files = new FoundFiles(file, load);
  for await (const found of findDumps({name, passedOver, beside}, {artifact, keys, tools: deps, budget})) {
    await files.take(found);
  }
  const sorted = await files.sorted();
  if (sorted) return {...sorted, beside};
  const held = passedOver.length > 0 ? `, only ${passedOver.join(', ')}` : '; it is empty';
  throw new PackingFault('backup/no-dump-inside', `the archive holds no dump${held}`);
}

/** That what was encrypted was then written as text is not worth a word. */
const formsOf = ({layers}: Found): string[] =>
  layers.filter(({packing}) => !['age-armor', 'openssl-base64'].includes(packing)).map(({form}) => form);

function compared(hashes: Hashes, checksums: Checksum[]): {sha256: string; checksums: Compared[]} {
  const digests = hashes.digests();
  return {
    sha256: digests.get('sha256')!,
    checksums: checksums.map(checksum => ({...checksum, actual: digests.get(checksum.algorithm)!})),
  };
}
