/**
 * Files in directories that anybody may have filled: what is no regular file (a pipe, a socket, a device, a link to
 * nothing) is as good as not there, because opening it may wait for ever, and reading it may never end. Texts are read up
 * to a limit.
 */
import type {Stats} from 'node:fs';
import {open, stat} from 'node:fs/promises';

/** A link counts as what it leads to. */
const NOWHERE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** `null` where nothing is. Throws where one may not look. */
export async function statOrNull(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (NOWHERE.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** `null` also where something else is. */
export async function regularFile(path: string): Promise<Stats | null> {
  const stats = await statOrNull(path);
  return stats?.isFile() ? stats : null;
}

/** Of a manifest no server writes a thousandth of this. */
const MAX_MANIFEST_BYTES = 1024 * 1024;

/** One character a byte; cut where it is far too long for one. */
export async function manifestText(path: string): Promise<string> {
  await using file = await open(path);
  const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(MAX_MANIFEST_BYTES), position: 0});
  return buffer.toString('latin1', 0, bytesRead);
}
