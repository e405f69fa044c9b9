/**
 * `server.config`: production's own redis.conf, read before anything starts. A file that cannot be had is a problem of
 * the config; what is wrong in it is a finding of the drill. On a stranger's word no file outside of the workspace is read.
 */
import {realpath} from 'node:fs/promises';
import {dirname, relative, resolve, sep} from 'node:path';
import type {Problem} from '../errors.ts';
import {type Conf, readConf} from '../redis/conf-files.ts';
import {problemsError} from './problems.ts';

/** `null` where none is named or, with a problem, where it cannot be had. */
export async function readProduction(
  path: string | undefined,
  origin: string,
  untrusted: string | undefined,
  problems: Problem[],
): Promise<Conf | null> {
  if (path === undefined) return null;
  const workspace = process.cwd();
  const inside = isBelow(workspace, resolve(path));
  // Beside a file of the machine's own lie the files that it includes.
  const root = inside || untrusted !== undefined ? workspace : dirname(resolve(path));
  const conf = await readConf(path, {root: await realpath(root).catch(() => root)});
  if (!('unreadable' in conf)) return conf;
  if (conf.unreadable === 'outside' && untrusted !== undefined) {
    throw problemsError(
      [{origin, message: 'server.config: a file outside of the workspace is refused here'}],
      {
        code: 'config/untrusted',
        hint: `Nothing was started: ${untrusted}. Keep the file in the repository.`,
      },
    );
  }
  const why = conf.unreadable === 'outside' ? 'a link leads out of its directory' : conf.unreadable;
  problems.push({origin, message: `server.config: ${path} cannot be read (${why})`});
  return null;
}

function isBelow(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}
