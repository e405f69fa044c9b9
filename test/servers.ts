/**
 * The real servers that tests run against, as scripts/setup.mjs found or made them: container images by line, and
 * binaries. Where there is no container engine, container suites are skipped by name, which CI counts as a failure.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from '@jest/globals';

type Servers = {
  engine: boolean;
  reason?: string;
  images: {line: string; version: string; image: string}[];
  skipped: {line: string; reason: string}[];
  binaries: {product: string; version: string; path: string}[];
};

export const ROOT = join(import.meta.dirname, '..');
export const SAMPLE = join(ROOT, 'examples', 'sample', 'dump.rdb');
export const SAMPLE_EXPECTATIONS = join(ROOT, 'examples', 'sample', 'expected.json');

export const servers = JSON.parse(readFileSync(join(ROOT, '.cache', 'servers.json'), 'utf8')) as Servers;

/** Image of a line such as `redis:7.0`; `valkey:9` takes whichever 9.x there is. */
export function imageOf(line: string): string {
  const found = servers.images.find(({line: other}) => other === line || other.startsWith(`${line}.`));
  if (!found)
    throw new Error(
      `no image of ${line}: ${servers.skipped.find(s => s.line === line)?.reason ?? 'not set up'}`,
    );
  return found.image;
}

/** `test`, or a skip that says why. */
export const containerTest: typeof test.skip = servers.engine
  ? (test as unknown as typeof test.skip)
  : (((title: string, ...rest: [never]) =>
      test.skip(
        `${title} (skipped: ${servers.reason ?? 'no container engine'})`,
        ...rest,
      )) as typeof test.skip);
