/**
 * A redis.conf with all that it includes, in the order in which Redis reads the lines. In: a path, and the directory
 * that nothing may lead out of. Out: directives, problems, and the includes that were not followed; an include is found
 * from the directory of the first file, because nobody knows where production's server is started.
 */
import {readdir, readFile, realpath, stat} from 'node:fs/promises';
import {basename, dirname, isAbsolute, join, relative, resolve, sep} from 'node:path';
import type {Problem} from '../errors.ts';
import {confText, type Directive, parseConf} from './conf.ts';
import {fnmatch, isPattern} from './fnmatch.ts';

/** Of one file: the stock redis.conf has 110 kB. */
const MAX_FILE_BYTES = 4 * 1024 ** 2;
const MAX_FILES = 100;
/** Redis itself has no limit and dies of a circle. */
const MAX_DEPTH = 16;

export type Conf = {
  /** As it was named. */
  path: string;
  directives: Directive[];
  problems: Problem[];
  /** Includes of files that are not here, or not ours to read: settings in them are not known. */
  notFollowed: {origin: string; because: string}[];
  /** All that were read. */
  files: string[];
};

/** `code` of what stands in the way, or 'outside' of the directory that it has to lie in. */
export type Unreadable = {unreadable: string};

/** Nothing outside of `root` is read, whatever links there are. */
export async function readConf(path: string, {root}: {root: string}): Promise<Conf | Unreadable> {
  const conf: Conf = {path, directives: [], problems: [], notFollowed: [], files: []};
  const reading = {conf, root: await realpath(root), base: dirname(resolve(path))};
  const text = await textOf(resolve(path), reading.root);
  if (typeof text !== 'string') return text;
  await readInto(reading, {path: resolve(path), shown: path, text, within: []});
  return conf;
}

type Reading = {conf: Conf; root: string; base: string};
type File = {path: string; shown: string; text: string /** The files that led here. */; within: string[]};

async function readInto(reading: Reading, {path, shown, text, within}: File): Promise<void> {
  const {conf} = reading;
  conf.files.push(shown);
  const {directives, problems} = parseConf(text, shown);
  conf.problems.push(...problems);
  for (const directive of directives) {
    if (directive.name !== 'include' || directive.args.length !== 1) conf.directives.push(directive);
    else await include(reading, directive, [...within, path]);
  }
}

async function include({conf, ...reading}: Reading, directive: Directive, within: string[]): Promise<void> {
  const origin = `${directive.file}:${directive.line}`;
  const named = confText(directive.args[0]!);
  const problem = (message: string) => conf.problems.push({origin, message});
  const paths = isPattern(named) ? await matching(named, reading) : [resolve(reading.base, named)];
  if (paths === null) {
    conf.notFollowed.push({origin, because: OUTSIDE});
    return;
  }
  for (const path of paths) {
    if (within.includes(path)) return void problem('the include leads back to a file that it is in');
    if (within.length >= MAX_DEPTH) return void problem(`includes are nested more than ${MAX_DEPTH} deep`);
    if (conf.files.length >= MAX_FILES) return void problem(`more than ${MAX_FILES} files are included`);
    const text = await textOf(path, reading.root);
    if (typeof text === 'string') {
      const shown = isAbsolute(directive.file) ? path : relative(process.cwd(), path);
      await readInto({conf, ...reading}, {path, shown, text, within});
    } else if (text.unreadable === 'outside') conf.notFollowed.push({origin, because: OUTSIDE});
    else problem(`the included file cannot be read (${text.unreadable})`);
  }
}

const OUTSIDE = 'the included file lies outside of the directory that may be read';

/** In the order of glob(3); what matches nothing is no error. `null` where it leads outside of `root`. */
async function matching(
  pattern: string,
  {base, root}: Pick<Reading, 'base' | 'root'>,
): Promise<string[] | null> {
  const steps = pattern.split(sep).filter(step => step !== '');
  let paths = [isAbsolute(pattern) ? sep : base];
  for (const step of steps) {
    const found = paths.map(async path => {
      if (!isPattern(step)) return [join(path, step)];
      // What is outside is not even looked at.
      if (!isInside(await realpath(path).catch(() => path), root)) return null;
      const names = await readdir(path).catch(() => []);
      return names.filter(name => fnmatch(step, name)).map(name => join(path, name));
    });
    const all = await Promise.all(found);
    if (all.includes(null)) return null;
    paths = all.flatMap(names => names ?? []);
  }
  return paths.toSorted((a, b) => (a < b ? -1 : 1));
}

const isInside = (path: string, root: string): boolean => path === root || path.startsWith(root + sep);

/** Bytes as characters. A pipe, which would be waited for, and a device are no files. */
async function textOf(path: string, root: string): Promise<string | Unreadable> {
  try {
    const real = await realpath(path).catch(() => null);
    const place = real ?? join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path));
    if (!isInside(place, root)) return {unreadable: 'outside'};
    const stats = await stat(place);
    if (!stats.isFile()) return {unreadable: 'not a file'};
    if (stats.size > MAX_FILE_BYTES) return {unreadable: `larger than ${MAX_FILE_BYTES} bytes`};
    return await readFile(place, 'latin1');
  } catch (error) {
    return {unreadable: (error as NodeJS.ErrnoException).code ?? 'unknown error'};
  }
}
