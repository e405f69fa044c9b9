/** The very server of a line's image, unpacked beside it: as a process it starts in a tenth of the time. */
import {cpSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import type {scratch} from './drills.ts';
import {servers} from './servers.ts';

type Image = (typeof servers.images)[number];

/** How a drill asks for it; `null` where there is none. Root's drills run it as another user, who may not enter root's cache. */
export function unpackedServer({line, version}: Image, dir: ReturnType<typeof scratch>) {
  const binary = servers.binaries.find(binary => binary.version === version && binary.path.includes('/run/'));
  if (!binary) return null;
  const root = dir.file(line.replace(':', '-'));
  cpSync(dirname(dirname(binary.path)), root, {recursive: true, verbatimSymlinks: true});
  const run = join(root, 'run');
  return {
    how: 'as processes',
    asked: {server: 'process'},
    deps: {searchPath: run},
    binary: join(run, basename(binary.path)),
  };
}
