/** The very server of a line's image, unpacked beside it: as a process it starts in a tenth of the time. Some lines tests have as processes only. */
import {execFileSync} from 'node:child_process';
import {cpSync, existsSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {formatLine, lineOf, type Product, type ServerLine} from '../src/redis/server-line.ts';
import type {scratch} from './drills.ts';
import {servers} from './servers.ts';

type Scratch = ReturnType<typeof scratch>;

const unpacked = ({path}: {path: string}) => path.includes('/run/');

/** How a drill asks for it; `null` where there is none. */
export function unpackedServer({line, version}: {line: string; version: string}, dir: Scratch) {
  const found = servers.binaries.find(binary => binary.version === version && unpacked(binary));
  if (!found) return null;
  const root = dir.file(line.replace(':', '-'));
  if (!existsSync(root)) copyTree(dirname(dirname(found.path)), root);
  const run = join(root, 'run');
  return {
    how: 'as processes',
    asked: {server: 'process'},
    deps: {searchPath: run},
    binary: join(run, basename(found.path)),
  };
}

/** Root's drills run it as another user, who may not enter root's cache. Links cost nothing, where there can be any. */
function copyTree(from: string, to: string): void {
  try {
    execFileSync('cp', ['-al', from, to], {stdio: 'ignore'});
  } catch {
    cpSync(from, to, {recursive: true, force: true, verbatimSymlinks: true});
  }
}

/** What tests have as processes only, named as images are. */
export const processesOnly: {line: string; version: string}[] = servers.binaries
  .filter(binary => unpacked(binary) && !servers.images.some(({version}) => version === binary.version))
  .map(({product, version}) => ({line: formatLine(lineOf(product as Product, version)), version}));

/** All of them, by product and version. */
export function unpackedServers(
  dir: Scratch,
): [string, NonNullable<ReturnType<typeof unpackedServer>> & {line: ServerLine}][] {
  return servers.binaries.filter(unpacked).map(({product, version}) => {
    const name = `${product}:${version}`;
    const line = lineOf(product as Product, version);
    return [name, {...unpackedServer({line: name, version}, dir)!, line}];
  });
}
