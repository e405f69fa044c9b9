/**
 * Files that a redis.conf names and that are in no backup of data: users, the slots of a cluster's node. In: directives, and
 * what lies beside the backup. Out: which of them are there.
 */
import {readdir} from 'node:fs/promises';
import {basename} from 'node:path';
import type {Directive} from '../redis/conf.ts';
import {saysYes, settingOf} from './production-settings.ts';

/** Names in the backup's archive, and where the backup lies, if that can be looked at. */
type Neighbours = {beside: readonly string[]; directory: string | null};

type Companion = {directive: string; name: string; origin: string; found: boolean | null};

/** `null` where nobody can tell. */
async function namesBeside({directory, beside}: Neighbours): Promise<string[] | null> {
  const names = directory === null ? null : await readdir(directory).catch(() => null);
  return names ? [...beside, ...names] : beside.length > 0 ? [...beside] : null;
}

/** An ACL file holds the users, a cluster's node file which slots are its own: neither is in a dump. */
export async function companionsOf(
  directives: readonly Directive[],
  neighbours: Neighbours,
): Promise<Companion[]> {
  const beside = await namesBeside(neighbours);
  const wanted = [
    {directive: 'aclfile', ...settingOf(directives, 'aclfile')},
    ...(saysYes(directives, 'cluster-enabled')
      ? [{directive: 'cluster-config-file', ...(settingOf(directives, 'cluster-config-file') ?? NODES_CONF)}]
      : []),
  ];
  return wanted.flatMap(({directive, value, origin}) => {
    if (!value) return [];
    const name = basename(value);
    return [{directive, name, origin: origin ?? '', found: beside?.includes(name) ?? null}];
  });
}

const NODES_CONF = {value: 'nodes.conf', origin: ''};
