/**
 * What a container runs, and what it finds beside the dump: the frozen restore, production's own restore, or a checker. A
 * role is made once it is known where the container has its private directory and the dump.
 */
import {frozenFlags} from './frozen.ts';

/** In the container's own view of the file system. */
export type Inside = {directory: string; dumpDir: string; dump: string; socket: string};

/** In the private directory, in the order in which they are made: a file, a link, or a directory that the server may write to. */
export type Entry = {path: string; text?: string; linkTo?: string};

export type Role = {
  /** In the place of the image's own, which else is kept: Redis 8's loads the modules. */
  entrypoint?: string[];
  command: string[];
  entries: Entry[];
};

export type RoleIn = (inside: Inside) => Role;

export const frozenRole =
  (options: {highestDatabase: number; debugCommand: boolean}): RoleIn =>
  ({dumpDir, socket}) => ({command: frozenFlags({directory: dumpDir, socket}, options), entries: []});
