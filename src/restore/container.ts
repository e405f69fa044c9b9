/**
 * The throwaway server in a container: no network, no capabilities, never root, and nothing left behind. The only
 * importer of testcontainers, itself imported lazily (it costs some 0.4 s). Where a bind mount cannot work (the engine
 * lives on another file system), the dump is copied in and the image's own CLI carries the questions.
 */
import {stat} from 'node:fs/promises';
import type {IncomingMessage} from 'node:http';
import type {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  ImageName,
} from 'testcontainers';
import {DrillError, throwIfAborted, unlessAborted} from '../errors.ts';
import {fromLabels, isDead, type Owner, RUN_LABEL, toLabels} from '../private/owner.ts';
import {connectToSocket, type ServerClient} from '../redis/client.ts';
import {formatLine, parseLine, type ServerLine} from '../redis/server-line.ts';
import {startWithDebug} from './debug-directive.ts';
import {dumpTar} from './dump-tar.ts';
import {connectByExec} from './exec-client.ts';
import {DUMP_FILE, frozenFlags} from './frozen.ts';
import {LogBuffer} from './log-buffer.ts';
import {makePrivateDir, type PrivateDir} from './private-dir.ts';
import {whenReachable} from './reach.ts';
import {answering, type Ended, EndedEarly, type ServerDescription, type Throwaway} from './throwaway.ts';

/** On images that are a server of a known line, wherever they came from: `restore-drill.server=redis:7.0`. */
const SERVER_LABEL = 'restore-drill.server';

/** In the container: the private directory, and the directory that holds the dump. */
const INSIDE = {privateDir: '/drill', socket: '/drill/redis.sock', dumpDir: '/drill-dump'};

/** The server itself needs 4; the entrypoints of official images and the modules of Redis 8 need more. */
const PIDS_LIMIT = 256;
/** Of the engine's memory: the drill's server is killed before the machine's other work is. */
const MEMORY_SHARE = 0.85;
/** How long the end of a dead server's log may take to arrive. */
const LOG_END_MS = 2000;
/** How often a container is looked at while an exec in it takes its time. */
const LOOK_EVERY_MS = 500;

/** Engines report times in nanoseconds or in seconds. */
const CLOCK_GRAIN_MS = 1001;

type Container = ReturnType<ContainerRuntimeClient['container']['getById']>;

export type ContainerOptions = {
  image: string;
  line: ServerLine | null;
  because: string;
  dumpPath: string;
  highestDatabase: number;
  memoryBytes: number | null;
  tempDir: string;
  owner: Owner;
  signal: AbortSignal | undefined;
};

/** The container engine that testcontainers finds (DOCKER_HOST, contexts, rootless and podman sockets); throws without one. */
export async function connectEngine(): Promise<Engine> {
  return new Engine(await getContainerRuntimeClient());
}

export class Engine {
  readonly #client: ContainerRuntimeClient;

  constructor(client: ContainerRuntimeClient) {
    this.#client = client;
  }

  async hasImage(reference: string): Promise<boolean> {
    return this.#client.image.exists(ImageName.fromString(reference));
  }

  /** Answers `null` when the image is there afterwards, else why not, in the engine's words. */
  async pull(reference: string, signal: AbortSignal | undefined): Promise<string | null> {
    try {
      await unlessAborted(this.#client.image.pull(ImageName.fromString(reference)), signal);
    } catch (error) {
      throwIfAborted(signal);
      return error instanceof Error ? firstLine(error.message) : String(error);
    }
    // A pull that breaks off in the middle of its stream resolves all the same.
    return (await this.hasImage(reference)) ? null : 'the pull ended without the image';
  }

  /** Local images that say which server they are. Images made from one inherit its label, so the oldest come first. */
  async labelledImages(): Promise<{image: string; line: ServerLine}[]> {
    const images = await this.#client.container.dockerode.listImages({filters: {label: [SERVER_LABEL]}});
    const oldestFirst = images.toSorted((a, b) => a.Created - b.Created);
    return oldestFirst.flatMap(({Id, RepoTags, Labels}) => {
      const line = parseLine(Labels?.[SERVER_LABEL] ?? '');
      return line ? [{image: RepoTags?.[0] ?? Id, line}] : [];
    });
  }

  /** A server on its way to load the dump; throws EndedEarly when it died before it could be asked anything. */
  async start(options: ContainerOptions): Promise<Throwaway> {
    await this.removeContainers(owner => isDead(owner));
    return await startWithDebug(options.line, debugCommand => this.#startReachable(options, debugCommand));
  }

  /** By a shared directory where that works, else by copying and exec. */
  async #startReachable(options: ContainerOptions, debugCommand: boolean): Promise<Throwaway> {
    try {
      return await this.#startOne(options, debugCommand, 'socket');
    } catch (error) {
      if (!(error instanceof NotShared)) throw error;
      return await this.#startOne(options, debugCommand, 'exec');
    }
  }

  async #startOne(
    options: ContainerOptions,
    debugCommand: boolean,
    via: 'socket' | 'exec',
  ): Promise<Throwaway> {
    throwIfAborted(options.signal);
    const directory = await makePrivateDir(options.tempDir, options.owner, 'mount');
    const log = new LogBuffer();
    const container = new DrillContainer(options.image);
    const dispose = async () => {
      if (container.id !== null) await this.#remove(container.id);
      await directory[Symbol.asyncDispose]();
    };
    try {
      const dumpDir = via === 'socket' ? INSIDE.dumpDir : INSIDE.privateDir;
      const {highestDatabase, image, dumpPath} = options;
      const flags = frozenFlags({directory: dumpDir, socket: INSIDE.socket}, {highestDatabase, debugCommand});
      container
        .lockedIn(directory, options.memoryBytes ?? this.#client.info.containerRuntime.memory * MEMORY_SHARE)
        .withLabels(toLabels(options.owner))
        .withLogConsumer(stream => container.follow(stream, log))
        .withCommand(await this.#withProgram(image, flags));
      const readable = via === 'socket' ? await directory.readableDump(dumpPath) : dumpPath;
      if (via === 'socket') container.share(directory, readable);
      else container.withCopyArchivesToContainer([{tar: await copyOf(dumpPath, directory), target: '/'}]);
      await this.#launch(container, options.image);
      const running = this.#client.container.getById(container.id!);
      const description: ServerDescription = {
        kind: 'container',
        image: options.image,
        line: options.line && formatLine(options.line),
        version: null,
        because: options.because,
        via,
      };
      const server = {
        description,
        log: async () => {
          if (await this.#ended(running)) await Promise.race([container.logEnd, sleep(LOG_END_MS)]);
          return log.lines();
        },
        ended: () => this.#ended(running),
      };
      if (via === 'socket') await this.#assertShared(running, directory, readable);
      const client = await this.#connect(running, directory, server, options.signal);
      return answering(server, client, dispose);
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  /** Images without an entrypoint name the server in their command; flags alone would be taken for a program. */
  async #withProgram(image: string, flags: string[]): Promise<string[]> {
    const {Config} = await this.#client.image.inspect(ImageName.fromString(image));
    const entrypoint = Config?.Entrypoint ?? [];
    if (entrypoint.length > 0) return flags;
    const program = [Config?.Cmd ?? []].flat()[0] ?? 'redis-server';
    return [program, ...flags];
  }

  async #launch(container: DrillContainer, image: string): Promise<void> {
    try {
      await container.start();
    } catch (cause) {
      const message = cause instanceof Error ? firstLine(cause.message) : String(cause);
      if (/bind source path does not exist|invalid mount config|mounts denied|not shared/i.test(message))
        throw new NotShared();
      throw new DrillError(
        'server/unavailable',
        `the image ${image} does not start as a server: ${message}`,
        {
          hint: 'Name an image whose entrypoint or command is redis-server or valkey-server.',
          cause,
        },
      );
    }
  }

  async #ended(container: Container): Promise<Ended | null> {
    try {
      const {State} = await this.#client.container.inspect(container);
      if (State.Running || State.Status === 'created') return null;
      return {exitCode: State.ExitCode, outOfMemory: State.OOMKilled};
    } catch (cause) {
      throw new DrillError('server/unreachable', 'the container is gone, or its engine is', {
        hint: 'Did somebody remove it, or stop the engine?',
        cause,
      });
    }
  }

  /**
   * A path that exists on our side may be another file on the engine's side, and a wrong file would be a wrong
   * verdict: so the engine is asked what it sees of a file with an unguessable path, and of the dump.
   */
  async #assertShared(container: Container, directory: PrivateDir, dumpPath: string): Promise<void> {
    const seen = async (path: string): Promise<{size: number; mtime: string}> => {
      // The answer to HEAD: only its headers are of interest, and unread it would keep the connection open.
      const answer = (await container.infoArchive({path})) as unknown as IncomingMessage;
      answer.destroy();
      const encoded = answer.headers['x-docker-container-path-stat'];
      if (typeof encoded !== 'string') throw new NotShared();
      return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
    };
    try {
      for (const [inside, ours] of [
        [`${INSIDE.privateDir}/owner.json`, `${directory.path}/owner.json`],
        [`${INSIDE.dumpDir}/${DUMP_FILE}`, dumpPath],
      ] as const) {
        const [theirs, mine] = [await seen(inside), await stat(ours)];
        const sameTime = Math.abs(Date.parse(theirs.mtime) - mine.mtimeMs) < CLOCK_GRAIN_MS;
        if (theirs.size !== mine.size || !sameTime) throw new NotShared();
      }
    } catch {
      throw new NotShared();
    }
  }

  async #connect(
    container: Container,
    directory: PrivateDir,
    server: Pick<Throwaway, 'description' | 'log' | 'ended'>,
    signal: AbortSignal | undefined,
  ): Promise<ServerClient> {
    if (server.description.via === 'exec') {
      // The image's own working directory may be a volume that is not there, or not open to the server's uid.
      const exec = (command: string[]) =>
        this.#unlessEnded(container, this.#client.container.exec(container, command, {workingDir: '/'}));
      return await whenReachable(() => connectByExec(exec, INSIDE.socket), server, signal);
    }
    try {
      return await whenReachable(() => connectToSocket(directory.socket), server, signal);
    } catch (error) {
      // A uid that the engine maps elsewhere (rootless) cannot write to our directory.
      const denied = /Opening Unix socket: bind: Permission denied/i;
      if (error instanceof EndedEarly && error.log.some(line => denied.test(line))) throw new NotShared();
      throw error;
    }
  }

  /** An exec whose container ends under it may never be told so. */
  async #unlessEnded<T>(container: Container, work: Promise<T>): Promise<T> {
    const done = Symbol('done');
    const finished = work.then(
      () => done,
      () => done,
    );
    while ((await Promise.race([finished, sleep(LOOK_EVERY_MS)])) !== done) {
      if (await this.#ended(container)) throw new Error('the server ended before it answered');
    }
    return await work;
  }

  /** Kill and remove in one call: an orderly stop takes 9 s while a server loads. */
  async #remove(id: string): Promise<void> {
    await this.#client.container
      .getById(id)
      .remove({force: true, v: true})
      .catch((error: {statusCode?: number}) => {
        // 404: gone already. 409: somebody else (the post step) is removing it.
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      });
  }

  /** Kills and removes those of our containers whose owner is `unwanted`. One that cannot be removed holds up no other. */
  async removeContainers(
    unwanted: (owner: Owner) => boolean,
  ): Promise<{removed: number; problems: string[]}> {
    const filters = {label: [RUN_LABEL]};
    const ours = await this.#client.container.dockerode.listContainers({all: true, filters});
    const left = ours.filter(({Labels}) => {
      const owner = fromLabels(Labels);
      return owner !== null && unwanted(owner);
    });
    const results = await Promise.allSettled(left.map(({Id}) => this.#remove(Id)));
    const problems = results.flatMap((result, index) =>
      result.status === 'fulfilled'
        ? []
        : [`container ${left[index]!.Id.slice(0, 12)}: ${firstLine(String(result.reason?.message))}`],
    );
    return {removed: left.length - problems.length, problems};
  }
}

/** The engine does not see our files: copy instead. Never a verdict. */
class NotShared extends Error {}

class DrillContainer extends GenericContainer {
  id: string | null = null;
  /** Resolves when the log has been read to its end, which is soon after the server's. */
  logEnd: Promise<void> = Promise.resolve();

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
  share(directory: PrivateDir, dumpPath: string): void {
    this.hostConfig.Mounts = [
      {Type: 'bind', Source: directory.path, Target: INSIDE.privateDir},
      {Type: 'bind', Source: dumpPath, Target: `${INSIDE.dumpDir}/${DUMP_FILE}`, ReadOnly: true},
    ];
  }

  follow(stream: Readable, log: LogBuffer): void {
    this.logEnd = new Promise(resolve => {
      stream.on('data', (chunk: Buffer | string) => log.append(chunk.toString()));
      stream.on('end', resolve).on('error', resolve).on('close', resolve);
    });
  }

  protected override containerCreated = async (id: string): Promise<void> => {
    this.id = id;
  };
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

const copyOf = (dumpPath: string, {uid, gid}: PrivateDir) =>
  dumpTar(dumpPath, {directory: INSIDE.privateDir.slice(1), file: DUMP_FILE, uid, gid});

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 300);
