/**
 * What is restored on its way into, and what was saved out of, a container whose engine does not see our files, as tar streams: in, owned by the
 * server's uid; out, the one file that it saved. Nothing is held whole.
 */
import {createReadStream} from 'node:fs';
import {open, stat} from 'node:fs/promises';
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
  const entries = extract();
  // Also where it closes before its end.
  finished(tar, error => error && entries.destroy(error));
  tar.pipe(entries);
  let written = false;
  for await (const entry of entries) {
    if (entry.header.type === 'file') {
      await using file = await open(target, 'w', 0o600);
      for await (const chunk of entry) await file.writeFile(chunk as Buffer);
      written = true;
    } else entry.resume();
  }
  if (!written) throw new Error('the engine gave no file');
}
