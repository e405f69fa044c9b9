/**
 * What a drill is told about its source: where, how to log in there, which backup, and how long to wait. Secrets are names
 * in the environment until the moment they are used; then whoever masks logs is told first.
 */
import {z} from 'zod';
import {DrillError} from '../errors.ts';
import type {Limits} from './patience.ts';
import type {Select} from './select.ts';

/** A path, a glob, a URI or `env:NAME` that holds one; or a program whose output is the backup. */
export type Spec = string | {command: string[]};

/** Without the value in its message: a secret may have gone astray there. */
export const secretSchema = z
  .string()
  .regex(/^env:[A-Za-z_][A-Za-z0-9_]*$/, 'write env:NAME; secrets come from the environment only');

/** How to reach a store and log in there; what is left out is as the store's own tools find it. */
export type Access = {
  /** `s3:` of others than AWS, an account of Azure's own clouds, an emulator; GitHub's API elsewhere. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** Buckets in the path, not in the host name. */
  pathStyle?: boolean | undefined;
  /** Of GitHub; its artifacts only of one workflow file, branch or event. */
  token?: string | undefined;
  workflow?: string | undefined;
  branch?: string | undefined;
  event?: string | undefined;
  bearer?: string | undefined;
  basic?: {user: string; password: string} | undefined;
  /** A private key for `sftp:`, and the file of one. */
  identity?: string | undefined;
  identityFile?: string | undefined;
  passphrase?: string | undefined;
  /** Files with the keys of hosts. */
  knownHosts?: string | undefined;
};

/** What is the backup where an append-only file and a dump lie together; `auto` does as `appendonly yes` does. */
export const loadSchema = z.enum(['auto', 'aof', 'rdb']);
export type Load = z.infer<typeof loadSchema>;

export type SourceJob = {
  spec: Spec;
  access: Access;
  select: Select;
  patience: Limits;
  /** `auto`, unless it says otherwise. */
  load?: Load;
};

/** What a store takes from its surroundings; the edges read it from the environment. */
export type StoreDeps = {
  env: (name: string) => string | undefined;
  mask?: ((secret: string) => void) | undefined;
  /** Of programs that the config names: all of ours, as in a step that runs them. */
  environment?: Record<string, string> | undefined;
};

/** `env:NAME`. Throws DrillError `source/denied` where the environment does not have it. */
export function secretOf(reference: string, {env, mask}: StoreDeps): string {
  const name = reference.slice('env:'.length);
  const value = env(name);
  if (!value) {
    throw new DrillError(
      'source/denied',
      `the environment variable ${name} is not set, which the config names for the source`,
      {
        hint: 'Give the step the secret (`env:` in the workflow). Workflows of forks never get secrets.',
      },
    );
  }
  mask?.(value);
  return value;
}
