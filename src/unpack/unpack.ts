/**
 * From a located backup to a plain dump that inspect and a server can read, and the hashes of both. A plain dump stays
 * where it is: it is hashed, never copied or changed. A packed one is unpacked in one pass, whatever it is packed in, into
 * a private file that goes with its disposal. A backup that cannot be unpacked is an answer, not an error.
 */

import {DrillError} from '../errors.ts';
import {recogniseForm} from '../form.ts';
import type {Progress} from '../progress.ts';
import type {Checksum} from '../source/backup.ts';
import {quoted} from './archive.ts';
import {assertSame, Hashes, head, type Identity, identity, readArtifact} from './artifact.ts';
import {ByteStream} from './byte-stream.ts';
import {type Found, findDumps} from './find-dumps.ts';
import type {Keys} from './keys.ts';
import {Budget, DEFAULT_LIMITS, type Limits} from './limits.ts';
import {type PackingDamage, PackingFault, unsupportedForm} from './packing-fault.ts';
import {makePlainFile, type PlainFile, type Room} from './plain-file.ts';
import type {Tools} from './tools.ts';

export type Dump = AsyncDisposable & {
  /** A plain RDB file, as far as its form goes. Where it was not packed it is the backup itself, and not ours. */
  path: string;
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
export type UnpackJob = {keys: Keys; limits: Limits; checksums: Checksum[]};

const NOTHING_GIVEN: UnpackJob = {keys: {}, limits: DEFAULT_LIMITS, checksums: []};

/** Names of dumps in an archive that holds several; more are not told. */
const MAX_NAMES = 10;

/** Throws 'unpack/unsupported-form' where it is packed in something that cannot be unpacked, or is no dump but an AOF. */
export async function isPacked(path: string): Promise<boolean> {
  const {form, packing, unpackable} = recogniseForm(await head(path));
  if (packing) return true;
  if (unpackable) throw unsupportedForm(form, path);
  return false;
}

export async function unpack(path: string, deps: Deps, job: UnpackJob = NOTHING_GIVEN): Promise<Unpacked> {
  const packed = await isPacked(path);
  const before = await identity(path);
  const hashes = new Hashes(job.checksums);
  const reading = {...deps, ...before, hashes, phase: packed ? 'unpack' : 'hash', reuse: !packed};
  const artifact = new ByteStream(readArtifact(path, reading));
  const assertUnchanged = () => assertSame(path, before);
  if (packed) return unpackTo({path, before, artifact, hashes, assertUnchanged}, deps, job);
  await artifact.drain();
  const {sha256, checksums} = compared(hashes, job.checksums);
  const dump = {
    path,
    sizeBytes: before.sizeBytes,
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
    const {found, plain, beside} = await unpackInto(file, backup, deps, job);
    // Also what no layer cared for.
    await artifact.drain();
    const {sha256, checksums} = compared(hashes, job.checksums);
    const dump: Dump = {
      path: file.path,
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

type Unpacking = {found: Found; plain: {sizeBytes: number; sha256: string}; beside: string[]};

/** The one dump in it. Throws PackingFault, and DrillError `unpack/several-dumps`. */
async function unpackInto(
  file: PlainFile,
  {path: name, artifact}: Artifact,
  deps: Deps,
  {keys, limits}: UnpackJob,
): Promise<Unpacking> {
  const budget = new Budget(limits, () => artifact.offset);
  const passedOver: string[] = [];
  const beside: string[] = [];
  const names: string[] = [];
  let unpacked: Unpacking | null = null;
  for await (const found of findDumps({name, passedOver, beside}, {artifact, keys, tools: deps, budget})) {
    names.push(quoted(found.path.join(': ')));
    unpacked ??= {found, plain: await file.write(found.bytes.rest()), beside};
  }
  if (names.length > 1) throw several(names);
  if (unpacked) return unpacked;
  const held = passedOver.length > 0 ? `, only ${passedOver.join(', ')}` : '; it is empty';
  throw new PackingFault('backup/no-dump-inside', `the archive holds no dump${held}`);
}

/** That what was encrypted was then written as text is not worth a word. */
const formsOf = ({layers}: Found): string[] =>
  layers.filter(({packing}) => !['age-armor', 'openssl-base64'].includes(packing)).map(({form}) => form);

function several(names: string[]): DrillError {
  const listed = [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ['…'] : [])].join(', ');
  return new DrillError('unpack/several-dumps', `the archive holds ${names.length} dumps: ${listed}`, {
    hint: 'A drill is of one dump: unpack the archive in an earlier step and drill them one by one.',
  });
}

function compared(hashes: Hashes, checksums: Checksum[]): {sha256: string; checksums: Compared[]} {
  const digests = hashes.digests();
  return {
    sha256: digests.get('sha256')!,
    checksums: checksums.map(checksum => ({...checksum, actual: digests.get(checksum.algorithm)!})),
  };
}
