/**
 * The directory of an append-only file on the local file system: its parts, hashed where they lie, never copied or changed
 * here. Every one of them has to hold still while it is drilled, and none may come or go.
 */
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError} from '../errors.ts';
import type {Progress} from '../progress.ts';
import {manifestText, regularFile} from '../regular-file.ts';
import type {Checksum} from '../source/backup.ts';
import {type AofFile, aofFiles, belongsToAof, hashOfSet, isManifestName} from './aof-files.ts';
import {assertSame, Hashes, type Identity, identity, readArtifact} from './artifact.ts';
import {ByteStream} from './byte-stream.ts';
import type {Compared, Dump} from './unpack.ts';

type Deps = {progress: Progress; signal?: AbortSignal | undefined};

type InPlace = {dump: Dump; checksums: Compared[]};

export async function aofInPlace(directory: string, deps: Deps, checksums: Checksum[]): Promise<InPlace> {
  try {
    return await hashed(directory, deps, checksums);
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (cause instanceof DrillError || code === undefined) throw cause;
    throw new DrillError('source/unreadable', `the files in ${directory} cannot be read (${code})`, {
      hint: 'Give the user that runs the drill permission to read them: they are often 0600 and owned by redis.',
      cause,
    });
  }
}

async function hashed(directory: string, deps: Deps, checksums: Checksum[]): Promise<InPlace> {
  const names = await partsIn(directory);
  const before = new Map<string, Identity>();
  const files: AofFile[] = [];
  const compared: Compared[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const found = await identity(path);
    before.set(path, found);
    const own = checksums.filter(({of}) => of === name);
    const digests = await digestsOf(path, found, {...deps, checksums: own});
    files.push({name, path, sizeBytes: found.sizeBytes, sha256: digests.get('sha256')!});
    compared.push(...own.map(checksum => ({...checksum, actual: digests.get(checksum.algorithm)!})));
  }
  const aof = aofFiles(files);
  const sha256 = hashOfSet(aof);
  const dump: Dump = {
    aof,
    path: directory,
    sizeBytes: files.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0),
    sha256: {artifact: sha256, plain: sha256},
    packing: [],
    nameInside: null,
    beside: [],
    assertUnchanged: async () => {
      for (const [path, identity] of before) await assertSame(path, identity);
      if ((await partsIn(directory)).join('/') !== names.join('/')) throw changed(directory);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  // Named after the set, and of none of its files: that is told.
  const ofNone = checksums.filter(({of}) => of === undefined).map(checksum => ({...checksum, actual: ''}));
  return {dump, checksums: [...compared, ...ofNone]};
}

async function partsIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(directory)) if (await regularFile(join(directory, name))) names.push(name);
  const manifests = names.filter(isManifestName);
  const texts = await Promise.all(manifests.map(name => manifestText(join(directory, name))));
  return names.filter(name => belongsToAof(name, texts.join('\n'))).toSorted();
}

async function digestsOf(path: string, before: Identity, deps: Deps & {checksums: Checksum[]}) {
  const hashes = new Hashes(deps.checksums);
  await new ByteStream(readArtifact(path, {...deps, ...before, hashes, phase: 'hash', reuse: true})).drain();
  return hashes.digests();
}

const changed = (directory: string): DrillError =>
  new DrillError('source/changed', `files came to or went from ${directory} while it was drilled`, {
    hint: 'Drill a copy: a running server starts new files and removes old ones when it rewrites its AOF.',
  });
