/**
 * What a container runs, and what it finds beside the dump: the frozen restore, production's own restore, or a checker. A
 * role is made once it is known where the container has its private directory and the dump.
 */
import {DUMP_FILE, frozenFlags} from './frozen.ts';
import {AOF_DIRECTORY, AOF_FILE, type Payload} from './payload.ts';

/** In the container's own view of the file system. */
export type Inside = {directory: string; dumpDir: string; dump: string; socket: string};

/**
 * In the private directory, in the order in which they are made: a file, a link, a copy that the server may alter, or a
 * directory that it may write to.
 */
export type Entry = {path: string; text?: string; linkTo?: string; copy?: {from: string; bytes: number}};

export type Role = {
  /** In the place of the image's own, which else is kept: Redis 8's loads the modules. */
  entrypoint?: string[];
  command: string[];
  entries: Entry[];
  /** What SAVE writes, in the private directory; absent where nobody asks for it. */
  saves?: string;
};

export type RoleIn = (inside: Inside) => Role;

/**
 * The server works in a directory of its own, where a link bears the name of the dump: SAVE puts a new file in the place
 * of the link, and never writes through it.
 */
export const frozenRole =
  (options: {highestDatabase: number; debugCommand: boolean; payload: Payload}): RoleIn =>
  ({directory, dump, socket}) => ({
    command: frozenFlags({directory: `${directory}/${WORK_DIR}`, socket}, options),
    entries: [{path: WORK_DIR}, ...loaded(options.payload, dump)],
    saves: SAVED,
  });

function loaded(payload: Payload, dump: string): Entry[] {
  if (payload.kind === 'rdb') return [{path: SAVED, linkTo: dump}];
  const below = payload.multiPart ? [{path: `${WORK_DIR}/${AOF_DIRECTORY}`}] : [];
  return [
    ...below,
    ...payload.files.map(({to, from, bytes}) => ({path: `${WORK_DIR}/${to}`, copy: {from, bytes}})),
  ];
}

/** A program of the image on what a server would load; of an AOF on a copy, because such programs open it to write. */
export const checkerRole =
  (program: string, payload: Payload): RoleIn =>
  ({directory, dump}) => ({
    entrypoint: [program],
    command: [payload.kind === 'rdb' ? dump : `${directory}/${startOf(payload.multiPart)}`],
    entries: [{path: WORK_DIR}, ...loaded(payload, dump)],
  });

/** The file of an AOF that is named to who reads it. */
const startOf = (multiPart: boolean): string =>
  `${WORK_DIR}/${multiPart ? `${AOF_DIRECTORY}/${AOF_FILE}.manifest` : AOF_FILE}`;

const WORK_DIR = 'server';
const SAVED = `${WORK_DIR}/${DUMP_FILE}`;
