/**
 * Where configurations are kept: a path becomes the configurations and scripts that the file holds, by what is in it
 * rather than by its name. In: a file of the repository. Out: both, with places; nothing outside of the directory that
 * may be read is opened, nothing is executed, and a file that has neither is left without a word.
 */
import {readFileSync, statSync} from 'node:fs';
import {basename, dirname, join, relative, resolve} from 'node:path';
import {type Conf, readConf} from '../../redis/conf-files.ts';
import {asSetting, type Configuration, isTemplated, type Place} from '../setting.ts';
import {serverCommand} from './command.ts';
import {looksLikeConf, readConfText} from './conf-text.ts';
import {readConfigGet} from './config-get.ts';
import {shellCommands} from './words.ts';
import {readYaml} from './yaml-home.ts';

export type Script = {text: string; place: Place};
export type Found = {configurations: Configuration[]; scripts: Script[]};

/** No configuration is larger; a stock redis.conf has 110 kB. */
const MAX_BYTES = 1024 ** 2;

/** `null` where the file cannot be read, with its code; what is no text of ours is empty. */
export async function findIn(path: string, root: string): Promise<Found | {unreadable: string}> {
  try {
    // Thousands of small files: one after the other is faster than thousands of promises.
    const stats = statSync(path);
    if (!stats.isFile()) return {unreadable: 'not a file'};
    if (stats.size > MAX_BYTES) return {configurations: [], scripts: []};
    return await findInText(readFileSync(path, 'utf8'), path, root);
  } catch (error) {
    return {unreadable: (error as NodeJS.ErrnoException).code ?? 'unknown error'};
  }
}

/** The words without which nothing here is about us. */
const OURS = /redis|valkey|appendonly|rdbc|maxmemory|\.rdb\b|dbfilename|bgsave|^\s*save\s/im;

export async function findInText(text: string, path: string, root: string): Promise<Found> {
  if (text.includes('\0') || !(OURS.test(text) || isConfName(path))) return {configurations: [], scripts: []};
  const live = readConfigGet(text, path);
  if (live) return {configurations: [live], scripts: []};
  if (/\.ya?ml$/i.test(path)) return await fromYaml(text, path, root);
  if (!looksLikeProgram(text) && (looksLikeConf(text) || isConfName(path)))
    return {configurations: [await fromConf(text, path, root)], scripts: []};
  if (OTHER_LANGUAGES.test(path)) return {configurations: [], scripts: []};
  const configurations = [...fromHereDocuments(text, path), ...fromCommands(text, path)];
  return {configurations, scripts: [{text, place: {file: path, line: 1, column: 1}}]};
}

/** A shell's commands are read, and what is written like them. */
export const OTHER_LANGUAGES =
  /\.(py|rb|[cm]?[jt]sx?|md|rst|adoc|json|sarif|go|java|php|rs|lua|html?|css|txt|sql|lock|toml|xml|svg|csv|c|h|cc)$/i;

const isConfName = (path: string): boolean => /(redis|valkey).*\.conf(\.|$)/i.test(basename(path));
const looksLikeProgram = (text: string): boolean => /^#!|^\[[\w:-]+\]\s*$/m.test(text);

async function fromConf(text: string, path: string, root: string): Promise<Configuration> {
  const base = {
    file: path,
    line: 1,
    column: 1,
    name: basename(path),
    complete: false,
    bare: false,
    target: null,
  };
  const conf = await readConf(path, {root}).catch(() => null);
  if (conf === null || 'unreadable' in conf)
    return {...base, ...readConfText(text, (line, column) => ({file: path, line, column})), files: [path]};
  return {...base, ...readAgain(conf, text, path), files: conf.files};
}

/** With all that is included; where a line is a template's, the text is read with these lines told apart. */
function readAgain(
  conf: Conf,
  text: string,
  path: string,
): Pick<Configuration, 'settings' | 'unreadable' | 'open'> {
  const own = readConfText(text, (line, column) => ({file: path, line, column}));
  const included = conf.directives.filter(({file}) => file !== path);
  const problems = conf.problems.filter(({origin}) => placeOf(origin).file !== path);
  const notFollowed = [...conf.notFollowed, ...conf.problems.filter(({message}) => /include/.test(message))];
  if (included.length === 0 && notFollowed.length === 0 && !/^\s*include\s/im.test(text)) return own;
  const templated = new Set(own.open.map(({line}) => line));
  const ours = conf.directives.filter(({file, line}) => file !== path || !templated.has(line));
  return {
    settings: ours.map(asSetting),
    unreadable: [
      ...own.unreadable,
      ...problems.map(({origin, message}) => ({...placeOf(origin), because: message})),
    ],
    open: [
      ...own.open.filter(({because}) => !/included/.test(because)),
      ...notFollowed.map(problem => ({
        ...placeOf(problem.origin),
        because: 'because' in problem ? problem.because : problem.message,
      })),
    ],
  };
}

function placeOf(origin: string): Place {
  const [, file = origin, line = '1'] = /^(.*):(\d+)$/.exec(origin) ?? [];
  return {file, line: Number(line), column: 1};
}

/** A script that writes a configuration. */
function fromHereDocuments(text: string, path: string): Configuration[] {
  const found: Configuration[] = [];
  let misses = 0;
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const [, mark] = /<<-?\s*["']?([A-Za-z_]\w*)["']?/.exec(lines[index]!) ?? [];
    // Each that has no end is looked for to the end of the file.
    if (mark === undefined || misses >= 100) continue;
    const end = lines.findIndex((line, at) => at > index && line.trim() === mark);
    if (end < 0) {
      misses += 1;
      continue;
    }
    const body = lines.slice(index + 1, end).join('\n');
    const first = index + 2;
    if (looksLikeConf(body)) {
      const placed = (line: number, column: number) => ({file: path, line: first + line - 1, column});
      found.push(configuration(`${basename(path)}, ${mark}`, placed(1, 1), readConfText(body, placed)));
    }
    index = end;
  }
  return found;
}

const configuration = (
  name: string,
  place: Place,
  read: Pick<Configuration, 'settings' | 'unreadable' | 'open'>,
): Configuration => ({
  ...place,
  name,
  ...read,
  complete: false,
  bare: false,
  target: null,
  files: [place.file],
});

/** `ExecStart=` of a unit, `command=` of a supervisor, and a line of a script that starts a server. */
function fromCommands(text: string, path: string): Configuration[] {
  const lines = text.split('\n');
  return lines.flatMap((first, index) => {
    // A supervisor's command goes on where the next lines are indented.
    const more = /^command\s*=/.test(first) ? lines.slice(index + 1, index + 51) : [];
    const end = more.findIndex(text => !/^\s+\S/.test(text));
    const line = [first, ...more.slice(0, end < 0 ? more.length : end)].join(' ');
    if (!/(?:redis|valkey|redict)-server\s/.test(line) || /^\s*#/.test(line)) return [];
    const start = /^\s*(?:command|ExecStart)\s*=\s*[-@:+!]*/.exec(line)?.[0].length ?? 0;
    const place = {file: path, line: index + 1, column: start + 1};
    const commands = shellCommands(line.slice(start), place).map(words =>
      serverCommand(words, {assumed: false}),
    );
    const command = commands.find(
      found => found !== null && (found.settings.length > 0 || found.confPath !== null),
    );
    if (!command) return [];
    const open = [...command.open, ...(command.confPath ? [notHere(command.confPath)] : [])];
    return [
      configuration(`${basename(path)}, line ${index + 1}`, place, {
        settings: command.settings,
        unreadable: [],
        open,
      }),
    ];
  });
}

const notHere = ({file, line, column, text}: Place & {text: string}) => ({
  ...{file, line, column},
  because: isTemplated(text)
    ? 'a template names the configuration file'
    : `${text} is not in this repository`,
});

async function fromYaml(text: string, path: string, root: string): Promise<Found> {
  const {configurations, mounted, scripts} = readYaml(text, path);
  for (const {configuration, confPath, mounts} of mounted) {
    const source = sourceOf(confPath, mounts);
    const beside = configurations.find(
      ({name}) => name.split('.').at(-1) === basename(confPath) || name.endsWith(`.${basename(confPath)}`),
    );
    const conf =
      source === null
        ? null
        : await readConf(shortest(join(dirname(resolve(path)), source)), {root}).catch(() => null);
    if (conf && !('unreadable' in conf)) {
      configuration.settings = [...conf.directives.map(asSetting), ...configuration.settings];
      configuration.open = [
        ...conf.notFollowed.map(({origin, because}) => ({...placeOf(origin), because})),
        ...configuration.open,
      ];
      configuration.files = [...configuration.files, ...conf.files];
    } else if (beside && beside !== configuration) {
      configuration.settings = [...beside.settings, ...configuration.settings];
      configuration.open = [...beside.open, ...configuration.open];
    } else configuration.open.push(notHere({...configuration, text: confPath}));
  }
  return {configurations, scripts};
}

/** From the working directory where it lies in it: so it is called by whoever names it, and by GitHub. */
function shortest(path: string): string {
  const way = relative(process.cwd(), path);
  return way.startsWith('..') ? path : way;
}

/** The file of this repository that is mounted at, or around, a path in the container. */
function sourceOf(path: string, mounts: Map<string, string>): string | null {
  for (const [target, source] of mounts) {
    if (target === path) return source;
    const inside = path.startsWith(`${target.replace(/\/$/, '')}/`);
    if (inside) return join(source, path.slice(target.replace(/\/$/, '').length));
  }
  return null;
}
