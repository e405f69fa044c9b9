/**
 * The throwaway server in a container: no network, no capabilities, never root, and nothing left behind. The only
 * importer of testcontainers, itself imported lazily (it costs some 0.4 s). Where a bind mount cannot work (the engine
 * lives on another file system), the dump is copied in and the image's own CLI carries the questions.
 */
import {cp} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
} from 'testcontainers';
import {DrillError, throwIfAborted, unlessAborted} from '../errors.ts';
import {OWNER_FILE} from '../private/left-behind.ts';
import {fromLabels, isDead, type Owner, RUN_LABEL, toLabels} from '../private/owner.ts';
import {connectToSocket, type ServerClient} from '../redis/client.ts';
import {formatLine, parseLine, type ServerLine} from '../redis/server-line.ts';
import {startWithDebug} from './debug-directive.ts';
import {dumpTar} from './dump-tar.ts';
import {inContainer} from './engine-trouble.ts';
import {connectByExec} from './exec-client.ts';
import {DUMP_FILE} from './frozen.ts';
import type {Room} from './memory.ts';
import {soon} from './patience.ts';
import type {Payload} from './payload.ts';
import {makePrivateDir, type PrivateDir} from './private-dir.ts';
import {pullUntilAborted} from './pull.ts';
import {whenReachable} from './reach.ts';
import {frozenRole, type Inside, type Role, type RoleIn} from './role.ts';
import {NotShared, RunningContainer, removed} from './running-container.ts';
import {answering, type Ended, EndedEarly, type ServerDescription, type Throwaway} from './throwaway.ts';

/** `undefined` where the engine is reached over the network. */
type Modem = {socketPath?: string};

/** On images that are a server of a known line, wherever they came from: `restore-drill.server=redis:7.0`. */
const SERVER_LABEL = 'restore-drill.server';

/** In the container: the private directory, and the directory that holds the dump. */
const INSIDE = {privateDir: '/drill', socket: '/drill/redis.sock', dumpDir: '/drill-dump'};

/** The server itself needs 4; the entrypoints of official images and the modules of Redis 8 need more. */
const PIDS_LIMIT = 256;
/** Of the engine's memory: the drill's server is killed before the machine's other work is. */
const MEMORY_SHARE = 0.85;
/** To be told who the engine is, by one or two that may be there. */
const CONNECT_MS = 15_000;
/** To make and start a container takes a second; to copy a large dump into it, as long as the line needs. */
const LAUNCH_MS = 60 * 60_000;
/** How often a program is looked at that runs to its end. */
const LOOK_EVERY_MS = 100;
/** How long a cancelled drill waits for the container that it had asked for, so that it can remove it. */
const SETTLE_MS = 1500;

export type ContainerOptions = {
  image: string;
  line: ServerLine | null;
  because: string;
  payload: Payload;
  highestDatabase: number;
  memoryBytes: number | null;
  tempDir: string;
  owner: Owner;
  signal: AbortSignal | undefined;
  /** Without one it is the frozen restore. */
  role?: RoleIn | undefined;
};

/** A container that runs, as far as anybody knows, and all that goes with it. */
type Launched = {
  running: RunningContainer;
  directory: PrivateDir;
  server: Pick<Throwaway, 'description' | 'log' | 'ended'>;
  role: Role;
  dispose: () => Promise<void>;
};
type Via = 'socket' | 'exec';

/** A server that can be ended as in production, and leaves its files. */
export type ContainerServer = Throwaway & {
  /** Answers whether it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean>;
  /** Copies a directory of the private one to `target`, with what the server wrote; also when it has ended. */
  copyTreeOut(inside: string, target: string): Promise<void>;
};

/**
 * The container engine that testcontainers finds: at DOCKER_HOST, or at the sockets of Docker and rootless Docker.
 * Answers `null` where there is none, or not the one that was asked for: testcontainers goes on to the next.
 */
export async function connectEngine(
  host: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Engine | null> {
  const connecting = getContainerRuntimeClient().catch(() => null);
  const client = await unlessAborted(Promise.race([connecting, late(CONNECT_MS)]), signal);
  if (client === null || client === 'late') return null;
  const {socketPath} = client.container.dockerode.modem as Modem;
  const other = host && socketPath !== (host.startsWith('unix:') ? new URL(host).pathname : undefined);
  return other ? null : new Engine(client);
}

export class Engine {
  readonly #client: ContainerRuntimeClient;

  constructor(client: ContainerRuntimeClient) {
    this.#client = client;
  }

  async hasImage(reference: string): Promise<boolean> {
    return await soon(this.#client.image.exists(ImageName.fromString(reference)));
  }

  /** The limit that a container of ours gets. */
  roomFor({memoryBytes}: Pick<ContainerOptions, 'memoryBytes'>): Room {
    if (memoryBytes !== null) return {bytes: memoryBytes, of: 'server.memory', asked: true};
    const bytes = Math.floor(this.#client.info.containerRuntime.memory * MEMORY_SHARE);
    return {bytes, of: 'most of what the engine has', asked: false};
  }

  /** Answers `null` when the image is there afterwards, else why not, in the engine's words. */
  async pull(reference: string, signal: AbortSignal | undefined): Promise<string | null> {
    const {image, container} = this.#client;
    const failure = await pullUntilAborted(
      container.dockerode,
      dockerode => {
        const images: typeof image = Object.create(image, {dockerode: {value: dockerode}});
        return images.pull(ImageName.fromString(reference), {force: true, platform: undefined});
      },
      signal,
    );
    return (await this.hasImage(reference)) ? null : (failure ?? 'the pull ended without the image');
  }

  /** Local images that say which server they are. Images made from one inherit its label, so the oldest come first. */
  async labelledImages(): Promise<{image: string; line: ServerLine}[]> {
    const {dockerode} = this.#client.container;
    const images = await soon(dockerode.listImages({filters: {label: [SERVER_LABEL]}}));
    const oldestFirst = images.toSorted((a, b) => a.Created - b.Created);
    return oldestFirst.flatMap(({Id, RepoTags, Labels}) => {
      const line = parseLine(Labels?.[SERVER_LABEL] ?? '');
      return line ? [{image: RepoTags?.[0] ?? Id, line}] : [];
    });
  }

  /** A server on its way to load the dump; throws EndedEarly when it died before it could be asked anything. */
  async start(options: ContainerOptions): Promise<Throwaway> {
    const {role, highestDatabase, payload} = options;
    if (role) return await this.startAs(role, options);
    await this.removeContainers(owner => isDead(owner));
    return await startWithDebug(options.line, debugCommand => {
      const frozen = frozenRole({highestDatabase, debugCommand, payload});
      return this.#reaching(options.signal, via => this.#startOne(options, frozen, via));
    });
  }

  async startAs(role: RoleIn, options: ContainerOptions): Promise<ContainerServer> {
    await this.removeContainers(owner => isDead(owner));
    return await this.#reaching(options.signal, via => this.#startOne(options, role, via));
  }

  /** A program of the image on the dump, to its end; `null` when it takes longer. */
  async run(options: ContainerOptions & {role: RoleIn}, limitMs: number): Promise<RanToEnd | null> {
    return await this.#reaching(options.signal, async via => {
      const {server, dispose} = await this.#launch(options, options.role, via);
      try {
        const ended = await endedWithin(limitMs, server, options.signal);
        return ended && {ended, log: await server.log()};
      } finally {
        await dispose();
      }
    });
  }

  /** By a shared directory where that works, else by copying and exec. */
  async #reaching<T>(signal: AbortSignal | undefined, start: (via: Via) => Promise<T>): Promise<T> {
    if (!(await this.#mayMount(signal))) return await start('exec');
    try {
      return await start('socket');
    } catch (error) {
      if (!(error instanceof NotShared)) throw error;
      return await start('exec');
    }
  }

  /**
   * podman makes a directory on its own side for every source of a mount that is missing there, and nobody would remove
   * it: so nothing is mounted there unless its side is surely ours.
   */
  async #mayMount(signal: AbortSignal | undefined): Promise<boolean> {
    const {dockerode} = this.#client.container;
    const {Components = []} = await soon(dockerode.version(), signal);
    if (!Components.some(({Name}) => /podman/i.test(Name))) return true;
    return (dockerode.modem as Modem).socketPath !== undefined && !(await inContainer());
  }

  async #startOne(options: ContainerOptions, roleIn: RoleIn, via: Via): Promise<ContainerServer> {
    const {running, directory, server, role, dispose} = await this.#launch(options, roleIn, via);
    const {saves} = role;
    const copied = () => running.copyOut(`${INSIDE.privateDir}/${saves}`, join(directory.path, DUMP_FILE));
    const saved = via === 'socket' && saves !== undefined ? join(directory.path, saves) : copied;
    const copyTreeOut = (inside: string, target: string) =>
      via === 'socket'
        ? cp(join(directory.path, inside), target, {recursive: true})
        : running.copyTreeOut(`${INSIDE.privateDir}/${inside}`, target);
    try {
      const client = await connect(running, directory, server, options.signal);
      const answers = answering(server, client, {saved, dispose});
      return {...answers, end: signal => running.end(signal), copyTreeOut};
    } catch (error) {
      // What is known already says more than that something could not be removed.
      await dispose().catch(() => {});
      throw error;
    }
  }

  async #launch(options: ContainerOptions, roleIn: RoleIn, via: Via): Promise<Launched> {
    const {image, signal} = options;
    // Of an AOF there is a copy in the private directory.
    const dump = options.payload.kind === 'rdb' ? options.payload.path : null;
    throwIfAborted(signal);
    const directory = await makePrivateDir(options.tempDir, options.owner, 'mount');
    // Named like its directory: it can be removed by name while the engine still makes it, and nobody knows its id.
    const name = basename(directory.path);
    const running = new RunningContainer(this.#client.container.getById(name), signal);
    let launching: Promise<unknown> | null = null;
    const dispose = async () => {
      try {
        if (launching) await settledSoon(launching);
        if (launching) await running.remove();
      } finally {
        await directory[Symbol.asyncDispose]();
      }
    };
    try {
      const role = roleIn(insideOf(via));
      const {bytes: memory} = this.roomFor(options);
      const container = new DrillContainer(image)
        .lockedIn(directory, memory)
        .withName(name)
        .withLabels(toLabels(options.owner))
        .withLogConsumer(stream => running.follow(stream))
        .withCommand(await this.#withProgram(image, role, signal));
      if (role.entrypoint) container.withEntrypoint(role.entrypoint);
      const readable = dump !== null && via === 'socket' ? await directory.readableDump(dump) : dump;
      if (via === 'socket') {
        await directory.furnish(role.entries);
        container.share(directory, readable);
      } else {
        const tar = await copyOf(dump, directory, role, signal);
        container.withCopyArchivesToContainer([{tar, target: '/'}]);
      }
      launching = container.start();
      await launched(launching, options);
      if (via === 'socket') await running.assertShared(sharedFiles(directory, readable));
      const description = {...descriptionOf(options, via), memoryBytes: memory};
      const server = {description, log: () => running.log(), ended: () => running.ended()};
      return {running, directory, server, role, dispose};
    } catch (error) {
      await dispose().catch(() => {});
      throw error;
    }
  }

  /** Images without an entrypoint name the server in their command; flags alone would be taken for a program. */
  async #withProgram(
    image: string,
    {entrypoint: own, command}: Role,
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    if (own) return command;
    const {Config} = await soon(this.#client.image.inspect(ImageName.fromString(image)), signal);
    const entrypoint = Config?.Entrypoint ?? [];
    if (entrypoint.length > 0) return command;
    const program = [Config?.Cmd ?? []].flat()[0] ?? 'redis-server';
    return [program, ...command];
  }

  /** Kills and removes those of our containers whose owner is `unwanted`. One that cannot be removed holds up no other. */
  async removeContainers(
    unwanted: (owner: Owner) => boolean,
  ): Promise<{removed: number; problems: string[]}> {
    const filters = {label: [RUN_LABEL]};
    const {dockerode} = this.#client.container;
    const ours = await soon(dockerode.listContainers({all: true, filters}));
    const left = ours.filter(({Labels}) => {
      const owner = fromLabels(Labels);
      return owner !== null && unwanted(owner);
    });
    const results = await Promise.allSettled(left.map(({Id}) => soon(removed(dockerode.getContainer(Id)))));
    const problems = results.flatMap((result, index) =>
      result.status === 'fulfilled'
        ? []
        : [`container ${left[index]!.Id.slice(0, 12)}: ${firstLine(String(result.reason?.message))}`],
    );
    return {removed: left.length - problems.length, problems};
  }
}

class DrillContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.PidsLimit = PIDS_LIMIT;
  }

  /** No network, no capabilities, no root; and nothing that testcontainers would do on its own. */
  lockedIn({uid, gid}: PrivateDir, memoryBytes: number): this {
    return this.withNetworkMode('none')
      .withUser(`${uid}:${gid}`)
      .withDroppedCapabilities('ALL')
      .withSecurityOpt('no-new-privileges')
      .withResourcesQuota({memory: memoryBytes / 1024 ** 3})
      .withAutoCleanup(false)
      .withWaitStrategy(new NoWait());
  }

  /** Mounts, not binds: for a bind whose source is missing the engine would make a directory on its own side. */
  share(directory: PrivateDir, dumpPath: string | null): void {
    this.hostConfig.Mounts = [{Type: 'bind', Source: directory.path, Target: INSIDE.privateDir}];
    if (dumpPath === null) return;
    const target = `${INSIDE.dumpDir}/${DUMP_FILE}`;
    this.hostConfig.Mounts.push({Type: 'bind', Source: dumpPath, Target: target, ReadOnly: true});
  }
}

/** testcontainers removes a container whose wait fails, and with it exit code and reason: so nothing is waited for. */
class NoWait {
  async waitUntilReady(): Promise<void> {}
  withStartupTimeout(): this {
    return this;
  }
  isStartupTimeoutSet(): boolean {
    return true;
  }
  getStartupTimeout(): number {
    return 0;
  }
}

async function connect(
  running: RunningContainer,
  directory: PrivateDir,
  server: Pick<Throwaway, 'description' | 'log' | 'ended'>,
  signal: AbortSignal | undefined,
): Promise<ServerClient> {
  if (server.description.via === 'exec') {
    const exec = (command: string[]) => running.exec(command);
    return await whenReachable(() => connectByExec(exec, INSIDE.socket), server, signal);
  }
  try {
    return await whenReachable(() => connectToSocket(directory.socket), server, signal);
  } catch (error) {
    if (error instanceof EndedEarly && DENIED.test(error.log.join('\n'))) throw new NotShared();
    throw error;
  }
}

/** A uid that the engine maps elsewhere (rootless) cannot enter our directory: by the directive, from 7.0 on, or by itself. */
const DENIED =
  /(?:Opening Unix socket: bind|Can't chdir to '.*'|can't open config file '.*'): Permission denied|>>> 'dir .*\n.*Permission denied/i;

/** An image that cannot be started is no verdict; one whose mounts the engine does not find is tried otherwise. */
async function launched(launching: Promise<unknown>, {image, signal}: ContainerOptions): Promise<void> {
  try {
    await soon(launching, signal, LAUNCH_MS);
  } catch (error) {
    const {cause} = error as DrillError;
    const answered = (cause as {statusCode?: number} | undefined)?.statusCode !== undefined;
    if (!answered) throw error;
    const message = firstLine((cause as Error).message);
    if (/bind source path does not exist|invalid mount config|mounts denied|not shared/i.test(message))
      throw new NotShared();
    throw new DrillError('server/unavailable', `the image ${image} does not start as a server: ${message}`, {
      hint: 'Name an image whose entrypoint or command is redis-server or valkey-server.',
      cause,
    });
  }
}

/** A container that is still being made cannot be removed yet. */
const settledSoon = (launching: Promise<unknown>): Promise<unknown> =>
  Promise.race([launching.catch(() => {}), sleep(SETTLE_MS, undefined, {ref: false})]);

export type RanToEnd = {ended: Ended; log: readonly string[]};

async function endedWithin(
  limitMs: number,
  server: Pick<Throwaway, 'ended'>,
  signal: AbortSignal | undefined,
): Promise<Ended | null> {
  const deadline = performance.now() + limitMs;
  while (performance.now() < deadline) {
    const ended = await server.ended();
    if (ended) return ended;
    await unlessAborted(sleep(LOOK_EVERY_MS), signal);
  }
  return null;
}

function insideOf(via: Via): Inside {
  const {privateDir, socket} = INSIDE;
  const dumpDir = via === 'socket' ? INSIDE.dumpDir : privateDir;
  return {directory: privateDir, dumpDir, dump: `${dumpDir}/${DUMP_FILE}`, socket};
}

const descriptionOf = ({image, line, because}: ContainerOptions, via: Via): ServerDescription => ({
  kind: 'container',
  image,
  line: line && formatLine(line),
  version: null,
  because,
  via,
});

const sharedFiles = (directory: PrivateDir, dumpPath: string | null) => [
  {inside: `${INSIDE.privateDir}/${OWNER_FILE}`, ours: join(directory.path, OWNER_FILE)},
  ...(dumpPath === null ? [] : [{inside: `${INSIDE.dumpDir}/${DUMP_FILE}`, ours: dumpPath}]),
];

function copyOf(
  dump: string | null,
  {uid, gid}: PrivateDir,
  {entries}: Role,
  signal: AbortSignal | undefined,
) {
  const file = dump === null ? null : {path: dump, file: DUMP_FILE};
  return dumpTar(file, {directory: INSIDE.privateDir.slice(1), uid, gid, entries}, signal);
}

const late = (ms: number): Promise<'late'> => sleep(ms, 'late' as const, {ref: false});

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 300);
