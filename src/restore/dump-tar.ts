/**
 * What is restored on its way into, and what a server wrote on its way out of, a container whose engine does not see our
 * files, as tar streams: in, owned by the server's uid; out, the one file that it saved, or all of a directory. Nothing is
 * held whole.
 */
import {createReadStream} from 'node:fs';
import {mkdir, open, stat} from 'node:fs/promises';
import {dirname, join, normalize} from 'node:path';
import {addAbortSignal, finished, Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {extract, type Pack, pack} from 'tar-stream';
import type {Entry} from './role.ts';

type Destination = {directory: string; uid: number; gid: number; entries: readonly Entry[]};

type File = {name: string; from: string; bytes: number; mode: number};

/** `directory` without a leading slash; nothing is read before the stream is. Ends with `signal`, however large the dump. */
export async function dumpTar(
  dump: {path: string; file: string} | null,
  {directory, uid, gid, entries}: Destination,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const files: File[] = [];
  if (dump) {
    const {size} = await stat(dump.path);
    files.push({name: `${directory}/${dump.file}`, from: dump.path, bytes: size, mode: 0o400});
  }
  const tar = pack();
  tar.entry({name: `${directory}/`, type: 'directory', mode: 0o700, uid, gid});
  for (const {path, text, linkTo, copy} of entries) {
    const name = `${directory}/${path}`;
    if (copy) files.push({name, ...copy, mode: 0o600});
    else if (text !== undefined) tar.entry({name, mode: 0o400, uid, gid}, text);
    else if (linkTo !== undefined) tar.entry({name, type: 'symlink', linkname: linkTo, uid, gid});
    else tar.entry({name: `${name}/`, type: 'directory', mode: 0o700, uid, gid});
  }
  packAll(tar, files, {uid, gid}).then(
    () => tar.finalize(),
    error => tar.destroy(error),
  );
  const stream = Readable.from(tar);
  return signal ? addAbortSignal(signal, stream) : stream;
}

async function packAll(tar: Pack, files: File[], owner: {uid: number; gid: number}): Promise<void> {
  for (const {name, from, bytes, mode} of files) {
    const header = {name, mode, ...owner};
    if (bytes === 0) tar.entry(header, '');
    else await pipeline(createReadStream(from, {end: bytes - 1}), tar.entry({...header, size: bytes}));
  }
}

/** Writes the one file in a tar stream; throws where the stream breaks off or holds none. */
export async function writeFileOfTar(tar: Readable, target: string): Promise<void> {
  const {files} = await writeOfTar(tar, () => target);
  if (files === 0) throw new Error('the engine gave no file');
}

/** Writes the files of the one directory in a tar stream into `target`; empty directories and what is no file stay out. */
export async function writeTreeOfTar(tar: Readable, target: string): Promise<void> {
  const {entries} = await writeOfTar(tar, name => {
    const path = normalize(name).replace(/^[^/]*\/?/, '');
    return path.startsWith('..') ? null : join(target, path);
  });
  // The directory itself is one.
  if (entries === 0) throw new Error('the engine gave no directory');
  await mkdir(target, {recursive: true});
}

async function writeOfTar(
  tar: Readable,
  placeOf: (name: string) => string | null,
): Promise<{entries: number; files: number}> {
  const extracting = extract();
  // Also where it closes before its end.
  finished(tar, error => error && extracting.destroy(error));
  tar.pipe(extracting);
  const written = {entries: 0, files: 0};
  for await (const entry of extracting) {
    written.entries += 1;
    const {type, name} = entry.header;
    const target = placeOf(name);
    if (type === 'file' && target !== null) {
      await mkdir(dirname(target), {recursive: true});
      await using file = await open(target, 'w', 0o600);
      for await (const chunk of entry) await file.writeFile(chunk as Buffer);
      written.files += 1;
    } else entry.resume();
  }
  return written;
}
