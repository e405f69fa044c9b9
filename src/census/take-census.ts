/**
 * Asks a restored server what it holds: INFO, FUNCTION LIST and DEBUG DIGEST. One census a drill, after loading has been
 * proved; it changes nothing on the server. An error reply to a question it cannot do without is `server/unreachable`.
 */
import {DrillError} from '../errors.ts';
import type {CanaryKey} from '../inspect/canaries/canary-schema.ts';
import type {Depth, Digest} from '../inspect/inspection.ts';
import type {ServerClient} from '../redis/client.ts';
import {infoNumber, parseInfo, parseKeyspace, serverIdentity} from '../redis/info.ts';
import {compareLines, digestDialect, type ServerLine} from '../redis/server-line.ts';
import {askForCanaries} from './canaries.ts';
import type {Census} from './census.ts';
import {digestOfCode} from './function-code.ts';

/** What the file says that the server is to be asked about. */
export type Asked = {
  /** Of all function libraries together. */
  codeBytes?: number | undefined;
  /** Why the digest is not, where values are proved otherwise. */
  noDigest?: string | undefined;
  /** Keys that are asked for one by one. */
  canaries?: readonly CanaryKey[] | undefined;
};

/** Code of functions that is fetched as a whole, to be held against ours. Libraries are some KiB. */
const MAX_CODE_BYTES = 8 * 1024 * 1024;

export async function takeCensus(
  client: ServerClient,
  depth: Depth = 'full',
  {codeBytes = 0, noDigest, canaries = []}: Asked = {},
): Promise<Census> {
  const notAsked = depth === 'quick' ? 'depth quick' : noDigest;
  const info = parseInfo(String(await ask(client, 'INFO')));
  const {line} = serverIdentity(info);
  const databases = parseKeyspace(info);
  const counts = Object.values(databases);
  return {
    keys: counts.reduce((sum, {keys}) => sum + keys, 0),
    expires: counts.reduce((sum, {expires}) => sum + expires, 0),
    databases,
    ...(await functionLibraries(
      client,
      line,
      depth === 'full' && codeBytes > 0 && codeBytes <= MAX_CODE_BYTES,
    )),
    ...(notAsked === undefined ? await digest(client, line) : {digest: null, digestBecause: notAsked}),
    ...(canaries.length > 0 && (await askedCanaries(client, canaries, {databases, line}))),
    usedMemoryBytes: infoNumber(info, 'used_memory'),
    evictedKeys: infoNumber(info, 'evicted_keys'),
  };
}

async function askedCanaries(
  client: ServerClient,
  canaries: readonly CanaryKey[],
  {databases, line}: {databases: Census['databases']; line: ServerLine},
): Promise<Pick<Census, 'canaries' | 'canariesAtMs'>> {
  const having = new Set(Object.keys(databases));
  const asked = await askForCanaries(client, canaries, {databases: having, dialect: digestDialect(line)});
  return {canaries: asked, canariesAtMs: Date.now()};
}

async function functionLibraries(
  client: ServerClient,
  line: ServerLine,
  withCode: boolean,
): Promise<Pick<Census, 'functions' | 'functionCode'>> {
  if (compareLines(line, {...line, major: 7, minor: 0}) < 0) return {functions: null};
  const libraries = await ask(client, 'FUNCTION', 'LIST', ...(withCode ? ['WITHCODE'] : []));
  if (!Array.isArray(libraries)) throw unexpected('FUNCTION LIST');
  return {functions: libraries.length, ...(withCode && {functionCode: digestOfCode(libraries)})};
}

/** Reads every key: the server's own proof of content, some 3 µs a key. */
async function digest(
  client: ServerClient,
  line: ServerLine,
): Promise<Pick<Census, 'digest' | 'digestBecause' | 'digestAtMs'>> {
  try {
    const hex = String(await client.call('DEBUG', 'DIGEST'));
    if (!/^[0-9a-f]{40}$/.test(hex)) throw unexpected('DEBUG DIGEST');
    const digest: Digest = {algorithm: 'redis-debug-digest', dialect: digestDialect(line), hex};
    return {digest, digestAtMs: Date.now()};
  } catch (error) {
    if (error instanceof Error && /not allowed|unknown command|NOPERM/i.test(error.message)) {
      return {digest: null, digestBecause: 'the server does not allow DEBUG'};
    }
    throw error instanceof DrillError ? error : unanswered('DEBUG DIGEST', error);
  }
}

async function ask(client: ServerClient, command: string, ...args: string[]) {
  try {
    return await client.call(command, ...args);
  } catch (cause) {
    throw unanswered([command, ...args].join(' '), cause);
  }
}

function unanswered(command: string, cause: unknown): DrillError {
  return new DrillError('server/unreachable', `the restored server did not answer ${command}`, {
    hint: 'Was it killed, or is the machine out of memory?',
    cause,
  });
}

function unexpected(command: string): DrillError {
  return new DrillError(
    'server/unreachable',
    `the restored server gave an answer to ${command} that no Redis gives`,
    {
      hint: 'Is the image really a Redis or Valkey server?',
    },
  );
}
