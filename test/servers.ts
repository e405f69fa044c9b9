/**
 * The real servers that tests run against, as scripts/setup.mjs found or made them: container images by line, and
 * binaries. Where there is no container engine, container suites are skipped by name, which CI counts as a failure.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from '@jest/globals';
import {GenericContainer, Wait} from 'testcontainers';

type Servers = {
  engine: boolean;
  reason?: string;
  images: {line: string; version: string; image: string}[];
  skipped: {line: string; reason: string}[];
  binaries: Binary[];
  /** Lines that tests know as processes only and that cannot be had; not there after an older setup. */
  missing?: {line: string; reason: string}[];
  /** RediSearch, whose values only it can read. */
  module?: {path: string} | {reason: string};
  /** Further engines and a registry, for tests of the places where Actions run; not there after an older setup. */
  places?: Partial<Record<Place, {reason?: string}>>;
  /** Programs that serve backups, for tests of sources. */
  stores?: Partial<Record<StoreProgram, {path: string} | {reason: string}>>;
};

type Binary = {product: string; version: string; path: string};
export type StoreProgram = 'rclone' | 'sshd' | 'nginx' | 'moto';
export type Place = 'podman' | 'rootless' | 'registry';

export const ROOT = join(import.meta.dirname, '..');
export const SAMPLE = join(ROOT, 'examples', 'sample', 'dump.rdb');
export const SAMPLE_EXPECTATIONS = join(ROOT, 'examples', 'sample', 'expected.json');

export const servers = JSON.parse(readFileSync(join(ROOT, '.cache', 'servers.json'), 'utf8')) as Servers;

/** Each version once, by its name: the same binary may be found twice. */
export const binaries: [string, Binary][] = [
  ...new Map(servers.binaries.map(binary => [`${binary.product}:${binary.version}`, binary])),
];

/** Says in the titles of skipped tests what `suite` could not be run on. */
export function skipMissing(suite: string): void {
  if (binaries.length === 0) test.skip(`${suite} (skipped: no local server)`, () => {});
  for (const {line, reason} of servers.missing ?? [])
    test.skip(`${suite} (skipped: ${line} cannot be had: ${reason})`, () => {});
}

/** Image of a line such as `redis:7.0`; `valkey:9` takes whichever 9.x there is. */
export function imageOf(line: string): string {
  const found = servers.images.find(({line: other}) => other === line || other.startsWith(`${line}.`));
  if (!found)
    throw new Error(
      `no image of ${line}: ${servers.skipped.find(s => s.line === line)?.reason ?? 'not set up'}`,
    );
  return found.image;
}

type ContainerTest = typeof test.skip;

/** `test`, or a skip that says why, for what takes a container engine and a place that setup has seen to. */
export function placeTest(place: Place, trouble?: string): ContainerTest {
  const {reason} = servers.places?.[place] ?? {reason: 'setup has not seen to it'};
  if (!servers.engine || (reason ?? trouble) === undefined) return containerTest;
  return skippedBecause(`${place} cannot be had: ${reason ?? trouble}`);
}

export const skippedBecause = (reason: string): ContainerTest =>
  ((title: string, ...rest: [never]) => test.skip(`${title} (skipped: ${reason})`, ...rest)) as ContainerTest;

/** `test`, or a skip that says why. */
export const containerTest: ContainerTest = servers.engine
  ? (test as unknown as ContainerTest)
  : skippedBecause(servers.reason ?? 'no container engine');

/**
 * For what needs `docker exec`. An engine that runs in a chroot starts containers all right, but enters running ones at
 * the root of the machine around it: setns leads to the root of the mount namespace, which is not the chroot's.
 */
export async function execTest(): Promise<ContainerTest> {
  if (!servers.engine || (await engineEntersContainers())) return containerTest;
  return skippedBecause('the engine cannot enter containers, as in a chroot');
}

async function engineEntersContainers(): Promise<boolean> {
  const command = ['redis-server', '--port', '0', '--unixsocket', '/tmp/probe.sock'];
  await using container = await new GenericContainer(imageOf('redis:7.0'))
    .withNetworkMode('none')
    .withAutoCleanup(false)
    .withCommand(command)
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/i))
    .start();
  const {output} = await container.exec(['redis-cli', '-s', '/tmp/probe.sock', 'PING'], {workingDir: '/'});
  return output.trim() === 'PONG';
}
