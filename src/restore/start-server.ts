/**
 * Which throwaway server, and why: a container where an engine and an image can be had, else a local binary. What was
 * asked for by name is used or the drill cannot be held; only `auto` looks for another.
 */
import {DrillError} from '../errors.ts';
import {thisDrill} from '../private/owner.ts';
import {formatLine} from '../redis/server-line.ts';
import {canReadHeader, chooseImage, type DumpHeader} from './choose-image.ts';
import type {ContainerOptions, Engine} from './container.ts';
import {configTrouble, type DockerSettings, pullTrouble, whyNoEngine} from './engine-trouble.ts';
import type {LocalBinary} from './local-process.ts';
import {assertRoom, roomHere} from './memory.ts';
import type {Payload} from './payload.ts';
import type {RoleIn} from './role.ts';
import type {Throwaway} from './throwaway.ts';

export type ServerOptions = {
  kind: 'auto' | 'container' | 'process';
  /** `auto`, or an image reference. */
  image: string;
  /** Prefix for official images, for mirrors. */
  registry: string | null;
  memoryBytes: number | null;
  /** Who names the image. */
  askedBy?: string;
};

/** One of several servers that a backup has to load on; what an optional one does decides nothing. */
export type OnServer = {image: string; optional: boolean};

/** What restore takes from its surroundings; the edges read them from the environment. */
export type Surroundings = {
  /** Where private directories are made. */
  tempDir: string;
  /** PATH. */
  searchPath: string;
  /** Who asks: 16 hexadecimal digits, by which cleanUp() finds what this drill leaves when it is killed. */
  run?: string | undefined;
  /** How the engine and its registries are reached. */
  docker?: DockerSettings;
  signal: AbortSignal | undefined;
};

/** Why there is no server of a kind, and what to do about it, where that is known. */
type Failure = {because: string; hint?: string; noneNewEnough?: boolean};
type Attempt = {start: () => Promise<Throwaway>} | Failure;

/**
 * Throws DrillError `server/unavailable` or `server/none-new-enough` when there is no server to be had, and EndedEarly when
 * the server died at once.
 */
export async function startServer(
  payload: Payload,
  header: DumpHeader,
  options: ServerOptions,
  surroundings: Surroundings,
  /** Of a container only: without one it is the frozen restore. */
  role?: RoleIn,
): Promise<Throwaway> {
  const common = {
    payload,
    role,
    highestDatabase: header.highestDatabase,
    owner: thisDrill(surroundings.run),
    ...surroundings,
  };
  const failures: Failure[] = [];
  if (options.kind !== 'process') {
    const result = await container(header, options, common);
    if ('start' in result) return await result.start();
    failures.push(result);
  }
  if (options.kind !== 'container' && options.image === 'auto') {
    const result = await localProcess(header, options, common, failures[0]);
    if ('start' in result) return await result.start();
    failures.push(result);
  }
  throw nothingToRestoreInto(failures);
}

function nothingToRestoreInto(failures: Failure[]): DrillError {
  const noneNewEnough = failures.some(failure => failure.noneNewEnough);
  const hints = failures.flatMap(({hint}) => hint ?? []);
  return new DrillError(
    noneNewEnough ? 'server/none-new-enough' : 'server/unavailable',
    `no server to restore into: ${failures.map(failure => failure.because).join('; ')}`,
    {
      hint: noneNewEnough
        ? 'Name an image of the version that wrote the backup with --image.'
        : (hints[0] ??
          'Put redis-server or valkey-server on the PATH, start Docker (or another engine), or name an image with --image.'),
    },
  );
}

type Common = Surroundings & {
  payload: Payload;
  role: RoleIn | undefined;
  highestDatabase: number;
  owner: ReturnType<typeof thisDrill>;
};

async function container(header: DumpHeader, options: ServerOptions, common: Common): Promise<Attempt> {
  const found = await engineWithImage(header, options, common);
  if (!('engine' in found)) return found;
  const {engine, image} = found;
  return {
    start: () => startIn(engine, header, {...common, ...image, memoryBytes: options.memoryBytes}),
  };
}

type Image = Pick<ContainerOptions, 'image' | 'line' | 'because'>;

/** An engine, and an image that it has, pulled where that was necessary. */
async function engineWithImage(
  header: DumpHeader,
  options: Pick<ServerOptions, 'image' | 'registry' | 'askedBy'>,
  {signal, docker = {}}: Pick<Surroundings, 'signal' | 'docker'>,
): Promise<{engine: Engine; image: Image} | Failure> {
  const trouble = await configTrouble(docker);
  if (trouble) return trouble;
  const {connectEngine} = await import('./container.ts');
  const engine = await connectEngine(docker.host, signal);
  if (!engine) return await whyNoEngine(docker);
  if (options.image === 'auto') {
    const chosen = await chooseImage(engine, header, {registry: options.registry, signal});
    return 'image' in chosen ? {engine, image: chosen} : chosen;
  }
  const {image} = options;
  const failure = (await engine.hasImage(image)) ? null : await engine.pull(image, signal);
  if (failure !== null) {
    const {because, hint} = pullTrouble(image, failure);
    return {because: `the image cannot be had: ${because}`, hint};
  }
  return {engine, image: {image, line: null, because: `asked for by ${options.askedBy ?? '--image'}`}};
}

/** For servers that are nothing but containers. Throws DrillError `server/unavailable`. */
export async function engineFor(
  ...args: Parameters<typeof engineWithImage>
): Promise<{engine: Engine; image: Image}> {
  const found = await engineWithImage(...args);
  if ('engine' in found) return found;
  throw new DrillError('server/unavailable', `no container to start a server in: ${found.because}`, {
    hint: found.hint ?? 'Start Docker (or another engine), or name an image with --image.',
  });
}

async function startIn(engine: Engine, header: DumpHeader, options: ContainerOptions): Promise<Throwaway> {
  await assertRoom(options.payload, header, engine.roomFor(options));
  return await engine.start(options);
}

/** `noContainer`: why `auto` comes to this. */
async function localProcess(
  header: DumpHeader,
  options: ServerOptions,
  common: Common,
  noContainer: Failure | undefined,
): Promise<Attempt> {
  const {findBinaries, startProcess} = await import('./local-process.ts');
  const binaries = await findBinaries(common.searchPath);
  const preferred = binaries.toSorted((a, b) => rank(b, header) - rank(a, header));
  // Asked for by name, the binary has to answer for what it cannot read; auto only takes one that can.
  const asked = options.kind === 'process';
  const binary = asked ? preferred[0] : preferred.find(({line}) => canReadHeader(line, header));
  if (!binary) {
    const because =
      binaries.length === 0
        ? 'neither redis-server nor valkey-server is on the PATH'
        : `${binaries.map(({line}) => formatLine(line)).join(' and ')} on the PATH cannot read RDB version ${header.rdbVersion}`;
    return {because, noneNewEnough: binaries.length > 0};
  }
  const because = asked
    ? 'asked for by --server process'
    : `no container can be had (${noContainer?.because}); this binary is on the PATH`;
  return {
    start: async () => {
      const room = await roomHere();
      if (room) await assertRoom(common.payload, header, room);
      return await startProcess({...common, binary, because});
    },
  };
}

function rank({line}: LocalBinary, header: DumpHeader): number {
  return (canReadHeader(line, header) ? 2 : 0) + (line.product === header.producer?.product ? 1 : 0);
}
