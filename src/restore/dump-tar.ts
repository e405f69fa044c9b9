/** A dump on its way into a container whose engine does not see our files: a tar stream, owned by the server's uid. */
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {addAbortSignal, Readable} from 'node:stream';
import {pack} from 'tar-stream';
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
