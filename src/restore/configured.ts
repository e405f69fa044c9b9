/**
 * Servers that run with a configuration of their own, one after another over the same files, and end as they would in
 * production: in order, or killed. In: settings, and a volume. Out: a server that has loaded what lay there, or why there
 * is none. In containers only: whoever wrote the configuration may be a stranger.
 */
import {lstat, readdir, rm} from 'node:fs/promises';
import {join, relative} from 'node:path';
import {throwIfAborted} from '../errors.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory, serverUser} from '../private/private-dir.ts';
import {silent} from '../progress.ts';
import type {Directive} from '../redis/conf.ts';
import {explainRefusal, lastComplaint} from '../redis/load-log.ts';
import type {ServerLine} from '../redis/server-line.ts';
import type {ContainerServer, Engine} from './container.ts';
import {awaitLoaded} from './loading.ts';
import {NO_PAYLOAD} from './payload.ts';
import {type Settings, writtenOut} from './production-settings.ts';
import {refusedLines} from './refused-lines.ts';
import type {Entry, RoleIn} from './role.ts';
import {engineFor, type ServerOptions, type Surroundings} from './start-server.ts';
import {EndedEarly} from './throwaway.ts';

/** What is in it outlives the servers; each gets a copy, and only one that is ended leaves its own. */
export type Volume = AsyncDisposable & {path: string};

export type Configured = AsyncDisposable & {
  server: ContainerServer;
  line: ServerLine;
  version: string;
  /** Ends it, and puts what it leaves into the volume in the place of what was there; answers whether it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean>;
};

/** Lines that it does not start with. It was started without them, if it was. */
export type Refusals = {
  refused: {directive: Directive | null; complaint: string}[];
  modulesAbsent: Directive[];
};

export type Started = Refusals & {started: Configured | null; because: string};

export type Host = {
  engine: Engine;
  image: {image: string; line: ServerLine | null; because: string};
  surroundings: Surroundings;
};

/** A server that dies of one line after another is not asked for ever. */
const MAX_STARTS = 12;
/** In the private directory. */
const FILE = 'redis.conf';
const VOLUME = 'volume';
/** A few keys, of a configuration that somebody else wrote. */
const MEMORY_BYTES = 1024 ** 3;

/** `line`: of which it should be; else whatever is at hand. Throws DrillError `server/unavailable`. */
export async function hostFor(
  line: ServerLine | null,
  options: Pick<ServerOptions, 'image' | 'registry' | 'askedBy'>,
  surroundings: Surroundings,
): Promise<Host> {
  // Every line reads what the oldest wrote: nothing but the product and its line decides.
  const header = {magic: 'REDIS', rdbVersion: 9, producer: line, highestDatabase: 0} as const;
  return {...(await engineFor(header, options, surroundings)), surroundings};
}

export async function makeVolume({tempDir, run}: Pick<Surroundings, 'tempDir' | 'run'>): Promise<Volume> {
  return await makePrivateDirectory(tempDir, {tempDir, owner: thisDrill(run), user: serverUser()});
}

export type StartIn = {
  volume: Volume;
  /** Which of the volume's directories stands for its `dir`. */
  directory: string;
  /** All there are. */
  directories: readonly string[];
  /** Starts it without lines that it refuses; else it is not started, as in production. Modules that the image lacks are left out anyway. */
  withoutRefused: boolean;
};

export async function startConfigured(settings: Settings, place: StartIn, host: Host): Promise<Started> {
  const refusals: Refusals = {refused: [], modulesAbsent: []};
  let next: Settings | null = settings;
  let because = `it refuses more than ${MAX_STARTS} lines`;
  for (let starts = 0; next !== null && starts < MAX_STARTS; starts += 1) {
    const result = await oneStart(next, place, host);
    if (!('log' in result)) return {...refusals, started: result, because: ''};
    const refusal = refusedLines(next, result.log);
    if (refusal?.kind === 'line') refusals.refused.push(refusal);
    if (refusal?.kind === 'module') refusals.modulesAbsent.push(...refusal.directives);
    next = refusal?.kind === 'line' && !place.withoutRefused ? null : (refusal?.without ?? null);
    because = refusal?.kind === 'line' ? `a line of its file: ${refusal.complaint}` : wordsOf(result.log);
  }
  return {...refusals, started: null, because};
}

const wordsOf = (log: readonly string[]): string =>
  explainRefusal(log)?.message ?? lastComplaint(log) ?? 'it ended and did not say why';

async function oneStart(
  settings: Settings,
  {volume, directory, directories}: StartIn,
  {engine, image, surroundings}: Host,
): Promise<Configured | {log: readonly string[]}> {
  const files = await entriesOf(volume);
  const made = new Set(files.map(({path}) => path));
  const empty = directories.map(name => ({path: `${VOLUME}/${name}`})).filter(({path}) => !made.has(path));
  const role: RoleIn = ({directory: own, socket}) => ({
    command: [`${own}/${FILE}`],
    entries: [
      {path: FILE, text: writtenOut(settings, {dir: `${own}/${VOLUME}/${directory}`, socket})},
      {path: VOLUME},
      ...empty,
      ...files,
    ],
  });
  try {
    const options = {...surroundings, ...image, owner: thisDrill(surroundings.run)};
    const server = await engine.startAs(role, {
      ...options,
      payload: NO_PAYLOAD,
      highestDatabase: 0,
      memoryBytes: MEMORY_BYTES,
    });
    return await loaded(server, volume, surroundings);
  } catch (error) {
    if (!(error instanceof EndedEarly)) throw error;
    return {log: error.log};
  }
}

async function loaded(
  server: ContainerServer,
  volume: Volume,
  {signal}: Surroundings,
): Promise<Configured | {log: readonly string[]}> {
  try {
    const {load, line, server: description} = await awaitLoaded(server, {progress: silent, signal});
    if (load.status !== 'refused' && line !== null) {
      return {
        server,
        line,
        version: description.version ?? '',
        end: async how => {
          const ended = await server.end(how);
          if (ended) await replace(volume, server);
          return ended;
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    }
  } catch (error) {
    throwIfAborted(signal);
    // A server that ended without a word of loading is an error there, and an answer here.
    if (!(await server.ended().catch(() => null))) {
      await Promise.resolve(server[Symbol.asyncDispose]()).catch(() => {});
      throw error;
    }
  }
  const log = await server.log();
  await server[Symbol.asyncDispose]();
  return {log};
}

/** Directories before what lies in them; links and sockets are nobody's data. */
async function entriesOf(volume: Volume): Promise<Entry[]> {
  const root = join(volume.path, VOLUME);
  const found = await readdir(root, {recursive: true, withFileTypes: true}).catch(() => []);
  const entries: Entry[] = [];
  for (const entry of found) {
    const from = join(entry.parentPath, entry.name);
    const path = `${VOLUME}/${relative(root, from)}`;
    if (entry.isDirectory()) entries.push({path});
    else if (entry.isFile()) entries.push({path, copy: {from, bytes: (await lstat(from)).size}});
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function replace(volume: Volume, server: ContainerServer): Promise<void> {
  const target = join(volume.path, VOLUME);
  await rm(target, {recursive: true, force: true});
  await server.copyTreeOut(VOLUME, target);
}
