/**
 * Which image restores a dump when nobody named one: the producer's own line first, because that is what production
 * would restore with; then the nearest other line that can read the dump. Official images first, then local images
 * that say which server they are.
 */
import {isDeepStrictEqual} from 'node:util';
import type {AofServerNeeds} from '../inspect/aof/server-needs.ts';
import {
  canRead,
  compareLines,
  formatLine,
  KNOWN_LINES,
  lineOf,
  type ServerLine,
} from '../redis/server-line.ts';
import type {Engine} from './container.ts';
import {pullTrouble} from './engine-trouble.ts';
import {databasesFor} from './frozen.ts';

/** What the choice needs to know of a dump. */
export type DumpHeader = {
  magic: 'REDIS' | 'VALKEY';
  rdbVersion: number;
  /** The line that wrote it; `null` when it does not say, or was no Redis or Valkey. */
  producer: ServerLine | null;
  highestDatabase: number;
  /** AUX `used-mem`: what the producer used. */
  usedMemoryBytes?: number | null | undefined;
};

/** `null` for a file without an RDB header: no server needs to be asked about it. */
export function headerOf({
  magic,
  rdbVersion,
  producer,
  highestDatabase,
  usedMemoryBytes = null,
  error,
}: ServerNeeds): DumpHeader | null {
  if (magic === null || rdbVersion === null) return null;
  const {product, version} = producer;
  const known = product === 'redis' || product === 'valkey';
  const line = known && version !== null && /^\d+\.\d+/.test(version) ? lineOf(product, version) : null;
  const highest = error ? 0 : (highestDatabase ?? 0);
  return {magic, rdbVersion, producer: line, highestDatabase: highest, usedMemoryBytes};
}

/** Of an inspection; the beginning of a file does not tell the highest database, an AOF not what its producer used. */
type ServerNeeds = Omit<AofServerNeeds, 'highestDatabase'> & {
  highestDatabase?: number;
  usedMemoryBytes?: number | null;
};

/** Whether a server that was started for the one serves the other. */
export const sameServer = (a: DumpHeader, b: DumpHeader): boolean =>
  isDeepStrictEqual(
    {...a, highestDatabase: databasesFor(a.highestDatabase), usedMemoryBytes: null},
    {...b, highestDatabase: databasesFor(b.highestDatabase), usedMemoryBytes: null},
  );

export type ChosenImage = {image: string; line: ServerLine; because: string};
export type NoImage = {because: string; hint?: string; noneNewEnough: boolean};

/** Older lines know no replicaof; 7.0 is the first that reports how many keys it loaded. */
const OLDEST_LINE = {major: 6, minor: 0};
const FIRST_THAT_COUNTS = {major: 7, minor: 0};

/** The engine or the registry is out of reach, as opposed to: there is no such image. */
const UNREACHABLE =
  /no such host|timeout|timed out|deadline exceeded|connection refused|unreachable|TLS|EOF|proxyconnect|dial tcp/i;

export async function chooseImage(
  engine: Pick<Engine, 'hasImage' | 'pull' | 'labelledImages'>,
  header: DumpHeader,
  options: {registry: string | null; signal: AbortSignal | undefined},
): Promise<ChosenImage | NoImage> {
  const lines = linesFor(header);
  const labelled = await engine.labelledImages();
  const own = lines.own;
  const tried: string[] = [];
  let hint: string | undefined;
  let online = true;

  const local = async (line: ServerLine): Promise<string | null> => {
    const official = officialImage(line, options.registry);
    if (await engine.hasImage(official)) return official;
    return labelled.find(({line: other}) => formatLine(other) === formatLine(line))?.image ?? null;
  };
  const pulled = async (line: ServerLine): Promise<string | null> => {
    if (!online) return null;
    const image = officialImage(line, options.registry);
    const failure = await engine.pull(image, options.signal);
    if (failure === null) return image;
    const trouble = pullTrouble(image, failure);
    tried.push(trouble.because);
    hint ??= trouble.hint;
    online = !UNREACHABLE.test(failure);
    return null;
  };

  if (own) {
    const official = officialImage(own, options.registry);
    const image = (await engine.hasImage(official)) ? official : ((await pulled(own)) ?? (await local(own)));
    if (image) return {image, line: own, because: `the backup was written by ${formatLine(own)}`};
  }
  const others = [
    ...lines.others,
    ...labelled.map(({line}) => line).filter(line => canReadHeader(line, header)),
  ];
  const because = own
    ? `${formatLine(own)}, which wrote the backup, is not to be had`
    : 'the backup does not name a line to restore with';
  for (const line of others) {
    const image = await local(line);
    if (image) return {image, line, because: `${because}; ${formatLine(line)} is at hand and reads it`};
  }
  for (const line of lines.others) {
    const image = await pulled(line);
    if (image) return {image, line, because: `${because}; ${formatLine(line)} is the nearest that reads it`};
  }
  if (!own && lines.others.length === 0) {
    return {
      noneNewEnough: true,
      because: `no known server reads ${header.magic} RDB version ${header.rdbVersion}`,
    };
  }
  return {
    noneNewEnough: false,
    because: `no image that reads RDB version ${header.rdbVersion}: ${tried.join('; ')}`,
    ...(hint && {hint}),
  };
}

/** `own`: the producer's line, where it can be restored with. `others`: nearest first, the product's own before the rest. */
function linesFor(header: DumpHeader): {own: ServerLine | null; others: ServerLine[]} {
  const {producer} = header;
  const floor =
    producer && compareLines(producer, {...producer, ...OLDEST_LINE}) >= 0 ? producer : FIRST_THAT_COUNTS;
  const product = producer?.product ?? (header.magic === 'VALKEY' ? 'valkey' : 'redis');
  const known = KNOWN_LINES.filter(line => canReadHeader(line, header));
  const newer = known.filter(
    line => line.product === product && compareLines(line, {...line, ...floor}) >= 0,
  );
  const older = known.filter(line => line.product === product && !newer.includes(line)).reverse();
  const foreign = known.filter(line => line.product !== product);
  const own = producer && isRestorable(producer) && mayRead(producer, header) ? producer : null;
  const isOwn = (line: ServerLine) => own !== null && formatLine(own) === formatLine(line);
  return {own, others: [...newer, ...older, ...foreign].filter(line => !isOwn(line))};
}

const isRestorable = (line: ServerLine): boolean => compareLines(line, {...line, ...OLDEST_LINE}) >= 0;

/** A line newer than all we know reads what it writes; a known one that cannot is contradicted by the file. */
function mayRead(line: ServerLine, header: DumpHeader): boolean {
  const unknown = KNOWN_LINES.every(known => known.product !== line.product || compareLines(known, line) < 0);
  return unknown || canReadHeader(line, header);
}

/** A version below 1 is damage that every server refuses alike: any of them will do to say so. */
export function canReadHeader(line: ServerLine, {magic, rdbVersion}: DumpHeader): boolean {
  return rdbVersion < 1 || canRead(line, {magic, rdbVersion});
}

function officialImage(line: ServerLine, registry: string | null): string {
  const repository = line.product === 'valkey' ? 'valkey/valkey' : line.product;
  return `${registry === null ? '' : `${registry}/`}${repository}:${line.major}.${line.minor}`;
}
