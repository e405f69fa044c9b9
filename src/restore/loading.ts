/**
 * From a running server to a server that has provably loaded the dump, or to the reason why it has not. Ready is
 * `INFO loading:0` together with the line in the log that only a load writes: a server that found nothing to load is
 * just as ready. Exit codes are not looked at: a failed load can end with 0.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {DrillError, throwIfAborted, unlessAborted} from '../errors.ts';
import type {Progress} from '../progress.ts';
import {type Info, infoNumber, parseInfo, serverIdentity} from '../redis/info.ts';
import {
  diedOfWantOfMemory,
  explainRefusal,
  type LoadEvidence,
  lastComplaint,
  readEvidence,
} from '../redis/load-log.ts';
import {formatLine, type ServerLine} from '../redis/server-line.ts';
import type {Payload} from './payload.ts';
import {type Ended, EndedEarly, type ServerDescription, serverSchema, type Throwaway} from './throwaway.ts';

const count = z.int().min(0).nullable();

export const loadSchema = z.strictObject({
  /**
   * `silent-empty`: the server is ready, but nothing shows that it loaded the dump. `crashed`: it loaded the dump and died
   * when the data were read.
   */
  status: z.enum(['loaded', 'refused', 'silent-empty', 'crashed']),
  /**
   * INFO persistence (7.0 and later), else the log (6.2); `null` on 6.0, which counts nothing. Of an AOF only what was
   * loaded from the dump at its beginning: what its commands make of it is not counted.
   */
  keysLoaded: count,
  keysExpired: count,
  emptyKeysSkipped: count,
  /** Of an AOF, from the log: parts that held anything; `null` before 7.0. */
  aofPartsLoaded: count.optional(),
  /** Of an AOF, from the log (7.0 and later): commands that the server refused to carry out, and went on. */
  aofCommandsFailed: count.optional(),
  /** As the server measured it. */
  loadMs: count,
  /** Lines of the server's log that prove the load, without key names. */
  evidence: z.array(z.string()),
  refusal: z.strictObject({rule: z.string(), message: z.string(), hint: z.string()}).optional(),
});
export type Load = z.infer<typeof loadSchema>;

export type Restored = {server: ServerDescription; load: Load; line: ServerLine | null};

/** No progress for this long means stuck. One key of some GB shows no progress while it loads. */
const STALL_MS = 10 * 60_000;
/** A server that neither answers nor ends for this long is given up. */
const NO_ANSWER_MS = 10_000;
const FIRST_POLL_MS = 5;
const MAX_POLL_MS = 250;

/** Throws DrillError: `capacity/memory`, `server/stalled`, `server/unreachable`, `cancelled`. */
export async function awaitLoaded(
  server: Throwaway,
  deps: {progress: Progress; signal?: AbortSignal | undefined},
  kind: Payload['kind'] = 'rdb',
): Promise<Restored> {
  const phase = deps.progress.phase('load', 100, 'percent');
  try {
    const info = await whenLoaded(server, deps.signal, percent => phase.update(percent));
    const {line, version} = serverIdentity(info);
    const evidence = await evidenceOf(server, kind);
    return {
      line,
      server: serverSchema.parse({...server.description, line: formatLine(line), version}),
      load: {
        status: provesLoad(evidence, kind) ? 'loaded' : 'silent-empty',
        ...(kind === 'aof' && {
          aofPartsLoaded: evidence.aofPartsLoaded || null,
          aofCommandsFailed: evidence.aofCommandsFailed,
        }),
        keysLoaded: infoNumber(info, 'rdb_last_load_keys_loaded') ?? evidence.keysLoaded,
        keysExpired: infoNumber(info, 'rdb_last_load_keys_expired') ?? evidence.keysExpired,
        emptyKeysSkipped: evidence.keysLoaded === null ? null : evidence.emptyKeysSkipped,
        loadMs: evidence.loadMs,
        evidence: evidence.lines,
      },
    };
  } catch (error) {
    if (error instanceof EndedEarly) return refused(error);
    throw error;
  } finally {
    phase.end();
  }
}

/** Old servers check little while loading and crash on what they loaded; `null` when the server is still there. */
export async function crashedReading(
  server: Throwaway,
  load: Load,
  doing = 'every key was read (DEBUG DIGEST)',
): Promise<Load | null> {
  const ended = await endedSoon(server);
  if (!ended) return null;
  if (ranOutOfMemory(ended)) throw outOfMemory('read');
  return {
    ...load,
    status: 'crashed',
    refusal: {
      rule: 'restore/crashed',
      message: `the server loaded the dump and crashed when ${doing}`,
      hint: 'The dump is damaged in a way that this server does not check while loading: production would crash later.',
    },
  };
}

/** A server that ended is a refusal, unless it was killed for want of memory: then nothing is known of the backup. */
export function refused({description, log, ended}: EndedEarly): Restored {
  if (ranOutOfMemory(ended) || diedOfWantOfMemory(log)) throw outOfMemory('load');
  const refusal = explainRefusal(log);
  if (refusal === null) {
    const complaint = lastComplaint(log) ?? 'it did not say why';
    throw new DrillError('server/unavailable', `the server ended before it loaded anything: ${complaint}`, {
      hint: 'This says nothing about the backup. Start the server by hand and read its log.',
    });
  }
  const evidence = readEvidence(log);
  return {
    line: null,
    server: description,
    load: {
      status: 'refused',
      keysLoaded: null,
      keysExpired: null,
      emptyKeysSkipped: null,
      loadMs: null,
      evidence: evidence.lines,
      refusal,
    },
  };
}

/** 128 + SIGKILL, which is the kernel's doing: restore itself looks away before it kills. */
const ranOutOfMemory = ({outOfMemory, exitCode}: Ended): boolean => outOfMemory || exitCode === 137;

function outOfMemory(doing: 'load' | 'read'): DrillError {
  return new DrillError(
    'capacity/memory',
    `the server ended for want of memory when it had to ${doing} the backup`,
    {
      hint: 'Give the runner more memory, or raise the limit with --set server.memory=SIZE.',
    },
  );
}

async function whenLoaded(
  server: Throwaway,
  signal: AbortSignal | undefined,
  report: (percent: number) => void,
): Promise<Info> {
  let lastBytes = -1;
  let lastMoveMs = performance.now();
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, MAX_POLL_MS)) {
    throwIfAborted(signal);
    const info = await unlessAborted(askInfo(server), signal);
    if (infoNumber(info, 'loading') === 0) return info;
    const bytes = infoNumber(info, 'loading_loaded_bytes') ?? 0;
    report(infoNumber(info, 'loading_loaded_perc') ?? 0);
    if (bytes !== lastBytes) {
      lastBytes = bytes;
      lastMoveMs = performance.now();
    }
    if (performance.now() - lastMoveMs > STALL_MS) {
      throw new DrillError(
        'server/stalled',
        `the server stopped loading at byte ${bytes} and has not moved for 10 minutes`,
        {
          hint: 'Is the machine out of memory or its disk stuck?',
        },
      );
    }
    await sleep(pollMs);
  }
}

/**
 * Throws EndedEarly when the server is gone: its log says why. It is asked again until it answers or ends: through exec
 * the first question may come before there is a socket.
 */
async function askInfo(server: Throwaway): Promise<Info> {
  const deadlineMs = performance.now() + NO_ANSWER_MS;
  while (true) {
    try {
      return parseInfo(String(await server.client.call('INFO')));
    } catch (cause) {
      const ended = await server.ended();
      if (ended) throw new EndedEarly(server.description, await server.log(), ended);
      if (performance.now() > deadlineMs) {
        throw new DrillError('server/unreachable', 'the server runs but does not answer INFO', {
          hint: 'Start it by hand and read its log.',
          cause,
        });
      }
    }
    await sleep(50);
  }
}

/** A connection breaks a moment before the process is seen to have ended; a crash report takes longer to write. */
async function endedSoon(server: Throwaway): Promise<Ended | null> {
  for (let waitedMs = 0; waitedMs < NO_ANSWER_MS; waitedMs += 50) {
    const ended = await server.ended();
    if (ended) return ended;
    await sleep(50);
  }
  return null;
}

/** The log travels apart from the answers: the line that proves the load may arrive a moment later. */
async function evidenceOf(server: Throwaway, kind: Payload['kind']): Promise<LoadEvidence> {
  for (let tries = 0; ; tries += 1) {
    const log = await server.log();
    const evidence = readEvidence(log);
    const ready = log.some(line => /ready to accept connections/i.test(line));
    if (provesLoad(evidence, kind) || tries >= 100 || (ready && tries >= 5)) return evidence;
    await sleep(20);
  }
}

/** A server that loads something else than it was given proves nothing. */
const provesLoad = ({loadedFromDisk, loadedFromAof}: LoadEvidence, kind: Payload['kind']): boolean =>
  kind === 'aof' ? loadedFromAof : loadedFromDisk;
