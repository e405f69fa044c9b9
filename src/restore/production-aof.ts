/**
 * An append-only file as production's own restore gets it: a copy of the whole set, its cut tail included, under the names
 * that its own server gave it. In: the files and what our reader found. Out: where each goes in production's data directory;
 * a server whose configuration names another place finds nothing there, and that is what is to be shown.
 */
import {stat} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {z} from 'zod';
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {AofFiles} from '../unpack/aof-files.ts';
import {AOF_DIRECTORY, AOF_FILE, type Copied, type Payload} from './payload.ts';
import {nameSet, type Settings} from './production-settings.ts';
import type {Entry} from './role.ts';

/** `asWritten`: its own server's name for it, not one that a backup job gave it. */
const named = z.strictObject({name: z.string(), asWritten: z.boolean()});

export const aofSchema = z.strictObject({
  appendfilename: named,
  /** `null` of a single file, which lies in the data directory itself. */
  appenddirname: named.nullable(),
  /** The last file ends in the middle of a command. */
  cut: z.boolean(),
  /** What the server came up with instead, and what it wrote of an AOF that it began; what follows is with the AOF found. */
  ignored: z
    .strictObject({
      keys: z.int().min(0),
      dumpBeside: z.boolean(),
      began: z.array(z.string()),
    })
    .nullable(),
});
type Aof = z.infer<typeof aofSchema>;

export type AofSet = Omit<Aof, 'ignored'> & {
  payload: Extract<Payload, {kind: 'aof'}>;
  /** A dump that would be loaded if the AOF were not. */
  dumpBeside: {from: string; bytes: number} | null;
};

type Place = {
  /** Of its manifest, or of itself, in an archive. */
  nameInside: string | null;
  dumpBeside: string | null;
};

/** Nothing is taken away from the last file: whether production loads what is cut is production's own setting. */
export async function aofSet(
  {files}: AofFiles,
  {layout, parts, cutTail}: AofInspection,
  {nameInside, dumpBeside}: Place,
): Promise<AofSet> {
  const multiPart = layout === 'multi-part';
  const listed = new Set(parts.map(({name}) => name));
  const isManifest = (name: string) => multiPart && name.endsWith(MANIFEST);
  const wanted = files.filter(({name}) => isManifest(name) || listed.has(name));
  const manifest = files.find(({name}) => isManifest(name));
  const copies = wanted.map(({name, path, sizeBytes}): Copied => ({from: path, to: name, bytes: sizeBytes}));
  const single = files[0]!.name;
  return {
    payload: {kind: 'aof', files: copies, multiPart},
    appendfilename: manifest
      ? {name: manifest.name.slice(0, -MANIFEST.length), asWritten: true}
      : {name: single, asWritten: nameInside !== null || single === AOF_FILE},
    appenddirname: manifest ? directoryOf(nameInside ?? manifest.path, nameInside !== null) : null,
    cut: cutTail !== undefined,
    dumpBeside: dumpBeside === null ? null : {from: dumpBeside, bytes: (await stat(dumpBeside)).size},
  };
}

const MANIFEST = '.manifest';

/** A backup job may call the directory what it likes: only the usual name, or one below another in an archive, is its server's. */
function directoryOf(path: string, archived: boolean): Aof['appenddirname'] {
  const name = basename(dirname(path));
  const below = archived && basename(dirname(dirname(path))) !== '' && dirname(dirname(path)) !== '.';
  return {name, asWritten: name === AOF_DIRECTORY || below};
}

export const nothingIgnored = ({appendfilename, appenddirname, cut}: AofSet): Aof => ({
  appendfilename,
  appenddirname,
  cut,
  ignored: null,
});

type Names = {file: string; directory: string | null};

/** Those that its server gave it; what a backup job renamed, a runbook renames to what is asked for. */
function namesOf({appendfilename, appenddirname}: AofSet, settings: Settings): Names {
  const asked = (directive: string, usual: string) => nameSet(settings, directive, usual) ?? usual;
  const {name, asWritten} = appendfilename;
  const directory = appenddirname?.asWritten ? appenddirname.name : asked('appenddirname', AOF_DIRECTORY);
  return {
    file: asWritten ? name : asked('appendfilename', AOF_FILE),
    directory: appenddirname && directory,
  };
}

/** In production's data directory, with the dump that lies beside the AOF. */
export function aofEntries(
  set: AofSet,
  settings: Settings,
  place: {directory: string; dumpName: string | null},
): Entry[] {
  const {file, directory} = namesOf(set, settings);
  const home = directory === null ? place.directory : `${place.directory}/${directory}`;
  const made: Entry[] = directory === null ? [] : [{path: home}];
  const copies = set.payload.files.map(({from, to, bytes}): Entry => {
    return {path: `${home}/${directory === null ? file : to}`, copy: {from, bytes}};
  });
  if (set.dumpBeside === null || place.dumpName === null) return [...made, ...copies];
  return [...made, ...copies, {path: `${place.directory}/${place.dumpName}`, copy: set.dumpBeside}];
}

/** As the file is, but with the AOF on and found. */
export function underItsNames(settings: Settings, set: AofSet): Settings {
  const {file, directory} = namesOf(set, settings);
  const own: Settings['own'] = [
    ['appendonly', 'yes'],
    ['appendfilename', file],
  ];
  if (directory !== null) own.push(['appenddirname', directory]);
  return {...settings, own: [...settings.own, ...own]};
}
