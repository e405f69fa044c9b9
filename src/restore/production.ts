/**
 * The second restore, as production would do it: the user's own redis.conf, in a throwaway container and nowhere else,
 * started as a primary on the backup under that file's names. In: the parsed file and the dump. Out: what became of the
 * data, as evidence for judge. A server that refuses a line is started again without it, so that everything that is wrong
 * with a file is told at once.
 */
import {basename} from 'node:path';
import {z} from 'zod';
import {DrillError, type Problem, throwIfAborted} from '../errors.ts';
import type {Progress} from '../progress.ts';
import type {Conf} from '../redis/conf-files.ts';
import {diedOfWantOfMemory, explainRefusal, lastComplaint} from '../redis/load-log.ts';
import {formatLine} from '../redis/server-line.ts';
import {beganAppendOnly} from '../redis/start-log.ts';
import type {DumpHeader} from './choose-image.ts';
import {companionsOf} from './companions.ts';
import {awaitLoaded, loadSchema, type Restored} from './loading.ts';
import type {Payload} from './payload.ts';
import {type AofSet, aofEntries, aofSchema, nothingIgnored, underItsNames} from './production-aof.ts';
import {
  nameSet,
  originOf,
  productionSettings,
  type Settings,
  saysYes,
  settingOf,
  writtenOut,
} from './production-settings.ts';
import {refusedLines} from './refused-lines.ts';
import type {Entry, RoleIn} from './role.ts';
import {settledSchema, whenSettled} from './settled.ts';
import {type ServerOptions, type Surroundings, startServer} from './start-server.ts';
import {EndedEarly, serverSchema, type Throwaway} from './throwaway.ts';

const count = z.int().min(0);
const setting = z.strictObject({value: z.string(), origin: z.string()}).nullable();

export const productionSchema = z.strictObject({
  /** The redis.conf, as the config names it. */
  config: z.string(),
  /** Directives that the throwaway server got differently or not at all; of what may be a secret not even the name. */
  changed: z.array(z.strictObject({directive: z.string(), origin: z.string(), because: z.string()})),
  /** Includes of files that could not be had: what they set is not known. */
  notFollowed: z.array(z.strictObject({origin: z.string(), because: z.string()})),
  /** Lines that nobody, or not this server, can read. */
  refused: z.array(z.strictObject({origin: z.string(), message: z.string()})),
  /** Where modules are loaded that the image does not have. */
  modulesAbsent: z.array(z.string()),
  /** As far as the file sets them. */
  settings: z.strictObject({
    appendfilename: setting,
    appenddirname: setting,
    appendonly: setting,
    aofLoadTruncated: setting,
    databases: setting,
    dbfilename: setting,
    maxmemory: setting,
  }),
  /** It makes the server a node of a cluster. */
  cluster: z.boolean(),
  /** Files that the configuration names and that are not in the dump. */
  companions: z.array(
    z.strictObject({
      directive: z.string(),
      name: z.string(),
      origin: z.string(),
      found: z.boolean().nullable(),
    }),
  ),
  /** What the dump is called where it lies; as its server called it, or the backup's own name. `null` of an AOF. */
  dumpName: z.strictObject({name: z.string(), asWritten: z.boolean()}).nullable(),
  /** Of an append-only file, `null` of a dump. */
  aof: aofSchema.nullable(),
  /** Of the line that wrote the backup, or asked for by name: what it refuses, production refuses. */
  sameLine: z.boolean(),
  /** What the server wrote when it passed the dump over for an append-only file that is not there; what follows is with `appendonly no`. */
  dumpIgnored: z.array(z.string()).nullable(),
  server: serverSchema.nullable(),
  load: loadSchema.nullable(),
  /** Some time after the load: eviction goes on for a while. */
  census: settledSchema.nullable(),
  /** Why it was not held, or not to its end. */
  notHeld: z.string().optional(),
  durationMs: count,
});
export type Production = z.infer<typeof productionSchema>;

/** The backup that the dump came out of, or itself: its name, and where it lies, if that can be looked at. */
export type Stored = {
  name: string;
  directory: string | null;
  /** A dump that lies beside it, if it is an append-only file. */
  dumpBeside: string | null;
};

export type ProductionJob = {
  conf: Conf;
  dump: {
    path: string;
    /** It is an append-only file instead. */
    aof: AofSet | null;
    header: DumpHeader;
    artifact: Stored;
    /** Names of what lies in an archive with it. */
    beside: readonly string[];
    /** Its name in an archive. */
    nameInside: string | null;
  };
  /** What the frozen restore was asked for, and where it went. */
  options: ServerOptions;
  frozen: Restored;
};

type Deps = Surroundings & {progress: Progress};

/** A server that dies of one line after another is not asked for ever. */
const MAX_STARTS = 12;
/** In the private directory. */
const FILE = 'redis.conf';
const DATA = 'production';

/** Throws `cancelled` and our own bugs; whatever else keeps it from being held is in what it returns. */
export async function restoreAsProduction(job: ProductionJob, deps: Deps): Promise<Production> {
  const startedMs = performance.now();
  const known = await knownOfFile(job);
  try {
    if (known.refused.length === 0) await hold(known, job, deps);
  } catch (error) {
    throwIfAborted(deps.signal);
    if (!(error instanceof DrillError) || /^(cancelled|bug|source)/.test(error.code)) throw error;
    known.notHeld = error.message;
  }
  return {...known, durationMs: Math.round(performance.now() - startedMs)};
}

type Known = Omit<Production, 'durationMs'>;

/** What can be said before any server has read it. */
async function knownOfFile({conf, dump, options, frozen}: ProductionJob): Promise<Known> {
  const {directives} = conf;
  const of = (name: string) => settingOf(directives, name);
  const {producer} = dump.header;
  const {line} = frozen;
  const asWritten = producer !== null && line !== null && formatLine(producer) === formatLine(line);
  return {
    config: conf.path,
    changed: productionSettings(conf).changed,
    notFollowed: conf.notFollowed,
    refused: conf.problems.map(({origin, message}: Problem) => ({origin, message})),
    modulesAbsent: [],
    settings: {
      appendfilename: of('appendfilename'),
      appenddirname: of('appenddirname'),
      appendonly: of('appendonly'),
      aofLoadTruncated: of('aof-load-truncated'),
      databases: of('databases'),
      dbfilename: of('dbfilename'),
      maxmemory: of('maxmemory'),
    },
    cluster: saysYes(directives, 'cluster-enabled'),
    companions: await companionsOf(directives, {...dump.artifact, beside: dump.beside}),
    dumpName: dump.aof ? null : nameOf(dump),
    aof: dump.aof && {...nothingIgnored(dump.aof)},
    sameLine: options.image !== 'auto' || asWritten,
    dumpIgnored: null,
    server: null,
    load: null,
    census: null,
  };
}

/** In an archive, and where it is called like the stock file. */
function nameOf({artifact, nameInside}: ProductionJob['dump']): NonNullable<Known['dumpName']> {
  const name = basename(nameInside ?? artifact.name);
  return {name, asWritten: nameInside !== null || name === DEFAULT_NAME};
}

const DEFAULT_NAME = 'dump.rdb';

/** Fills in what becomes known. */
async function hold(known: Known, job: ProductionJob, deps: Deps): Promise<void> {
  let settings = productionSettings(job.conf);
  for (let starts = 0; starts < MAX_STARTS; starts += 1) {
    const next = await oneStart(settings, known, job, deps);
    known.changed = settings.changed;
    if (next === null) return;
    settings = next;
  }
  known.notHeld = `the server refuses more than ${MAX_STARTS} lines`;
}

/** One server, to what it came to; answers with what to start the next one with, if anything is left to find out. */
async function oneStart(
  settings: Settings,
  known: Known,
  {dump, options, frozen}: ProductionJob,
  deps: Deps,
): Promise<Settings | null> {
  const image = frozen.server.image ?? options.image;
  const asked: ServerOptions = {...options, kind: 'container', image};
  const payload = dump.aof?.payload ?? ({kind: 'rdb', path: dump.path} satisfies Payload);
  const role = roleOf(settings, dump);
  try {
    await using server = await startServer(payload, dump.header, asked, deps, role);
    const restored = await loadedOr(server, deps, payload.kind);
    if ('log' in restored) return died(restored, settings, known);
    known.server = {...restored.server, because: 'production’s own configuration'};
    known.load = restored.load;
    const began = beganAppendOnly(await server.log());
    if (dump.aof && known.aof?.ignored === null && restored.load.status === 'silent-empty') {
      const {keys} = await whenSettled(server.client, deps.signal);
      known.aof.ignored = {keys, dumpBeside: dump.aof.dumpBeside !== null, began};
      return underItsNames(settings, dump.aof);
    }
    if (
      !dump.aof &&
      restored.load.status === 'silent-empty' &&
      began.length > 0 &&
      known.dumpIgnored === null
    ) {
      known.dumpIgnored = began;
      return {...settings, own: [...settings.own, ['appendonly', 'no']]};
    }
    if (restored.load.status === 'loaded') known.census = await whenSettled(server.client, deps.signal);
    return null;
  } catch (error) {
    if (!(error instanceof EndedEarly)) throw error;
    return died({log: error.log, outOfMemory: error.ended.outOfMemory}, settings, known);
  }
}

type Died = {log: readonly string[]; outOfMemory: boolean};

/** With the log of a server that ended, whatever loading makes of its end. */
async function loadedOr(server: Throwaway, deps: Deps, kind: Payload['kind']): Promise<Restored | Died> {
  try {
    const restored = await awaitLoaded(server, deps, kind);
    if (restored.load.status !== 'refused') return restored;
  } catch (error) {
    throwIfAborted(deps.signal);
    if (!(await server.ended())) throw error;
  }
  return {log: await server.log(), outOfMemory: (await server.ended())?.outOfMemory ?? false};
}

function died({log, outOfMemory}: Died, settings: Settings, known: Known): Settings | null {
  const refusal = refusedLines(settings, log);
  if (refusal?.kind === 'line') {
    const {directive, complaint} = refusal;
    known.refused.push({origin: directive ? originOf(directive) : known.config, message: complaint});
    return refusal.without;
  }
  if (refusal?.kind === 'module') {
    known.modulesAbsent.push(...refusal.directives.map(originOf));
    return refusal.without;
  }
  if (outOfMemory || diedOfWantOfMemory(log)) {
    known.notHeld = 'the server was killed for want of memory';
    return null;
  }
  known.load = {...NOTHING_LOADED, refusal: explainRefusal(log) ?? unexplained(log)};
  return null;
}

const NOTHING_LOADED = {
  status: 'refused',
  keysLoaded: null,
  keysExpired: null,
  emptyKeysSkipped: null,
  loadMs: null,
  evidence: [],
} satisfies Production['load'];

const unexplained = (log: readonly string[]) => ({
  rule: 'restore/refused',
  message: `the server ended: ${lastComplaint(log) ?? 'it did not say why'}`,
  hint: 'Start a server by hand with this file on a copy of the backup, and read its log.',
});

/** The dump, or the AOF and what dump lies beside it, each under the name that production would look for. */
function roleOf(settings: Settings, {aof}: ProductionJob['dump']): RoleIn {
  const dumpName = nameSet(settings, 'dbfilename', DEFAULT_NAME);
  return ({directory, dump, socket}) => {
    const text = writtenOut(settings, {dir: `${directory}/${DATA}`, socket});
    const entries: Entry[] = [{path: FILE, text}, {path: DATA}];
    if (aof) entries.push(...aofEntries(aof, settings, {directory: DATA, dumpName}));
    else if (dumpName !== null) entries.push({path: `${DATA}/${dumpName}`, linkTo: dump});
    return {command: [`${directory}/${FILE}`], entries};
  };
}
