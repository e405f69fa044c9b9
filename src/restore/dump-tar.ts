/**
 * Dumps on their way into and out of a container whose engine does not see our files, as tar streams: in, owned by the
 * server's uid; out, the one file that it saved. Nothing is held whole.
 */
import {createReadStream} from 'node:fs';
import {open, stat} from 'node:fs/promises';
import {addAbortSignal, finished, Readable} from 'node:stream';
import {extract, pack} from 'tar-stream';
import type {Entry} from './role.ts';

type Destination = {directory: string; file: string; uid: number; gid: number; entries: readonly Entry[]};

/** `directory` without a leading slash; nothing is read before the stream is. Ends with `signal`, however large the dump. */
export async function dumpTar(
  dumpPath: string,
  {directory, file, uid, gid, entries}: Destination,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const {size} = await stat(dumpPath);
  const tar = pack();
  tar.entry({name: `${directory}/`, type: 'directory', mode: 0o700, uid, gid});
  for (const {path, text, linkTo} of entries) {
    const name = `${directory}/${path}`;
    if (text !== undefined) tar.entry({name, mode: 0o400, uid, gid}, text);
    else if (linkTo !== undefined) tar.entry({name, type: 'symlink', linkname: linkTo, uid, gid});
    else tar.entry({name: `${name}/`, type: 'directory', mode: 0o700, uid, gid});
  }
  const entry = tar.entry({name: `${directory}/${file}`, size, mode: 0o400, uid, gid}, error => {
    if (error) tar.destroy(error);
    else tar.finalize();
  });
  createReadStream(dumpPath)
    .on('error', error => tar.destroy(error))
    .pipe(entry);
  const stream = Readable.from(tar);
  return signal ? addAbortSignal(signal, stream) : stream;
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
