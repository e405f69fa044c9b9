/**
 * What every archive gives: its entries in order, each with its bytes as a stream. Nothing is ever written under an
 * entry's name, and links are never followed; a name or link that would lead out of the archive is refused all the same,
 * because whoever unpacks this in an emergency does it with another program.
 */
import type {ByteStream} from './byte-stream.ts';
import {PackingFault} from './packing-fault.ts';

export type Entry = {
  /** As it stands in the archive. */
  name: string;
  /** `other`: directories, devices. */
  kind: 'file' | 'link' | 'other';
  /** Of a link. */
  target?: string;
  /** Of a file: it may be a link in disguise, whose target is its content (zip says so only at its end). */
  maybeLink?: boolean;
  /** Of what is not read, the archive's reader takes care. */
  bytes: ByteStream;
};

export function assertHarmless({name, kind, target = ''}: Pick<Entry, 'name' | 'kind' | 'target'>): void {
  if (leadsOut(name)) {
    throw new PackingFault(
      'backup/unsafe-path',
      `the archive holds ${quoted(name)}, which leads out of the place where it is unpacked`,
    );
  }
  if (kind === 'link' && leadsOut(target, name)) {
    throw new PackingFault(
      'backup/unsafe-link',
      `the archive holds the link ${quoted(name)} to ${quoted(target)}, which leads out of the place where it is unpacked`,
    );
  }
}

/** Windows' ways count as well: names are read there, too. */
function leadsOut(path: string, from = ''): boolean {
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(path) || path.includes('\0')) return true;
  let depth = segments(from).length - 1;
  if (from === '') depth = 0;
  for (const segment of segments(path)) {
    depth += segment === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

const segments = (path: string): string[] =>
  path.split(/[/\\]/).filter(segment => segment !== '' && segment !== '.');

/** Names are other people's: cut, and without what a terminal or a log would take for its own. */
export function quoted(name: string): string {
  const shown = name.length > 200 ? `${name.slice(0, 200)}…` : name;
  return JSON.stringify(shown);
}
