/**
 * Puts damaged files into an archive again, the plainest there is: what a set was compressed or encrypted with is damaged by
 * itself. In: a file, or a directory of files, and where it lay in the archive. What is not there any more is not packed.
 */
import {createWriteStream} from 'node:fs';
import {readdir, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {basename, dirname} from 'node:path/posix';
import {pipeline} from 'node:stream/promises';
import {dumpTar} from '../restore/dump-tar.ts';

const NOBODYS = {uid: 0, gid: 0};

export async function repack(from: string, to: string, name: string, signal?: AbortSignal): Promise<void> {
  const stats = await stat(from).catch(() => null);
  const isDirectory = stats?.isDirectory() ?? false;
  const names = isDirectory ? await readdir(from) : stats ? [basename(name)] : [];
  const entries = await Promise.all(
    names.map(async path => {
      const file = isDirectory ? join(from, path) : from;
      return {path, copy: {from: file, bytes: (await stat(file)).size}};
    }),
  );
  const directory = isDirectory ? name : dirname(name);
  await pipeline(await dumpTar(null, {directory, ...NOBODYS, entries}, signal), createWriteStream(to));
}
