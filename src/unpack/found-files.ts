/**
 * What an archive held, written to disk as it streams by and then sorted out: an append-only file, whose parts come in
 * any order, or a dump. Nothing is written under a name from the archive. Of several backups none is chosen.
 */

import {basename, dirname} from 'node:path/posix';
import {DrillError} from '../errors.ts';
import {manifestText} from '../regular-file.ts';
import type {Load} from '../source/source-job.ts';
import {type AofFile, type AofFiles, aofFiles, belongsToAof, hashOfSet, isManifestName} from './aof-files.ts';
import {quoted} from './archive.ts';
import type {Found} from './find-dumps.ts';
import type {PlainFile, Written} from './plain-file.ts';

export type Sorted = {
  found: Found;
  aof: AofFiles | null;
  plain: Written;
  /** A dump beside an AOF. */
  dumpBeside: string | null;
};

type Part = {found: Found; directory: string; name: string; written: Written};

/** Names of backups in an archive that holds several; more are not told. */
const MAX_NAMES = 10;

export class FoundFiles {
  readonly #room: PlainFile;
  readonly #load: Load;
  /** With the name under which it lay in the archive. */
  readonly #parts: Part[] = [];
  readonly #dumps: {found: Found; written: Written | null}[] = [];

  constructor(room: PlainFile, load: Load) {
    this.#room = room;
    this.#load = load;
  }

  /** Reads it to its end, or leaves it where nobody will want it. */
  async take(found: Found): Promise<void> {
    const path = found.path.at(-1) ?? found.name;
    const name = basename(path);
    if (found.form === 'aof' || belongsToAof(name)) {
      if (this.#load === 'rdb') return;
      const written = await this.#room.write(found.bytes.rest(), `part-${this.#parts.length}`);
      const directory = [...found.path.slice(0, -1), dirname(path)].join(': ');
      this.#parts.push({found, directory, name, written});
      return;
    }
    const first = this.#dumps.length === 0;
    const written = first ? await this.#room.write(found.bytes.rest(), 'dump.rdb') : null;
    this.#dumps.push({found, written});
  }

  /** `null` where there was nothing. Throws DrillError `unpack/several-dumps`. */
  async sorted(): Promise<Sorted | null> {
    const [dump] = this.#dumps;
    if (this.#parts.length > 0) return await this.#theAof();
    if (this.#dumps.length > 1) throw several(this.#dumps.map(({found}) => found));
    if (!dump) return null;
    return {found: dump.found, aof: null, plain: dump.written!, dumpBeside: null};
  }

  async #theAof(): Promise<Sorted> {
    const {directory} = this.#parts[0]!;
    const manifest = this.#parts.find(({name}) => isManifestName(name));
    const strangers = this.#parts.filter(part => part.directory !== directory);
    const singles = this.#parts.filter(({name}) => !/\.\d+\.(base|incr)\./.test(name));
    if (strangers.length > 0 || (!manifest && singles.length > 1))
      throw several(this.#parts.map(({found}) => found));
    // A manifest may call its base what it likes.
    const text = manifest ? await manifestText(manifest.written.path) : '';
    const base = this.#dumps.find(
      ({found, written}) => written && belongsToAof(basename(found.path.at(-1)!), text),
    );
    const named = base ? [{name: basename(base.found.path.at(-1)!), written: base.written!}] : [];
    // Of two entries with one name the last counts, as for tar.
    const files = new Map([...this.#parts, ...named].map(({name, written}) => [name, written]));
    const aof = aofFiles([...files].map(([name, written]): AofFile => ({name, ...written})));
    const sizeBytes = aof.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const dumps = this.#dumps.filter(dump => dump !== base);
    return {
      found: (manifest ?? this.#parts[0]!).found,
      aof,
      plain: {path: aof.files[0]!.path, sizeBytes, sha256: hashOfSet(aof)},
      dumpBeside: this.#load === 'auto' && dumps.length === 1 ? (dumps[0]!.written?.path ?? null) : null,
    };
  }
}

function several(found: Found[]): DrillError {
  const names = found.map(({path}) => quoted(path.join(': ')));
  const listed = [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ['…'] : [])].join(', ');
  return new DrillError('unpack/several-dumps', `the archive holds ${names.length} dumps: ${listed}`, {
    hint: 'A drill is of one dump: unpack the archive in an earlier step and drill them one by one.',
  });
}
