/**
 * What every store does, whatever it speaks: list what is there, and open one of it as a stream, from any byte where it
 * can. A store tries once and says what went wrong (StoreFault); patience, retries and verification are transfer.ts's.
 */
import type {Checksum} from './backup.ts';

export type Entry = {
  /** Below the place that was listed, with `/` between its parts. */
  name: string;
  /** A path or URI without credentials. */
  location: string;
  /** `null`: known when it has been read. */
  sizeBytes: number | null;
  /** ISO 8601; `null` where the store has no time of it. */
  modifiedAt: string | null;
  /** Another one when the bytes are others: an ETag, a version, a modification time. */
  version?: string;
  /** The store's own word of what the bytes are. */
  checksum?: {
    algorithm: Checksum['algorithm'] | 'crc32c';
    hex: string | null;
    /** Some stores mean something else by it. */
    probable?: true;
  };
  /** It begins like a dump, whatever its name. */
  isDump?: boolean;
  /** Of a file of this machine, or the directory of an append-only file, which is read where it lies. */
  path?: string;
  /** Of such a directory: all that is read in it. */
  files?: string[];
  /** A dump beside an append-only file, which servers ignore. */
  dumpBeside?: string;
  /** Of a backup of several files, which are fetched together, and the dump beside them. */
  parts?: Entry[];
  dumpOfSet?: Entry;
};

export type Listing = {
  /** For messages: the directory, prefix or pattern that was listed. */
  place: string;
  /** With what lies beside backups (checksums), as far as the store can tell. */
  entries: Entry[];
  /** Name of the one thing that was asked for; absent where one of several is to be chosen. */
  named?: string;
  /** What the store passed over, and why; said where a backup is chosen, and where there is none. */
  remarks?: string[];
};

/**
 * One try: `alive` says that something moves, without which the signal ends it; and whether it is further than any try
 * before, which gives another one its chance.
 */
export type Attempt = {signal: AbortSignal; alive(further?: boolean): void};

/** `to` is exclusive, `null` the end. A store without ranges is only ever asked for all of it. */
export type Range = {from: number; to: number | null};

export type Store = AsyncDisposable & {
  /** Whether `open` can begin in the middle. */
  ranges: boolean;
  /** Whether several parts at once are faster. */
  parallel: boolean;
  list(attempt: Attempt): Promise<Listing>;
  /** Which of the files `names` lie beside an entry; only of stores whose listing does not show them. */
  beside?(entry: Entry, names: string[], attempt: Attempt): Promise<Entry[]>;
  /** What one entry is exactly, where listing tells less; asked before it is fetched. */
  look?(entry: Entry, attempt: Attempt): Promise<Entry>;
  /**
   * Throws StoreFault `changed` where it is no longer the version that was listed. Each piece is lent until the next one is
   * asked for: its bytes may be others then.
   */
  open(entry: Entry, range: Range, attempt: Attempt): Promise<AsyncIterable<Uint8Array>>;
};

/**
 * denied: who asks may not read it. gone: it was there. changed: it is another by now. unreachable, busy, broken: may be
 * different next time. refused, failed: will not.
 */
export type FaultKind =
  | 'denied'
  | 'gone'
  | 'changed'
  | 'unreachable'
  | 'busy'
  | 'broken'
  | 'refused'
  | 'failed';

const WORTH_ANOTHER_TRY: FaultKind[] = ['unreachable', 'busy', 'broken'];

export class StoreFault extends Error {
  override readonly name = 'StoreFault';
  readonly kind: FaultKind;
  /** What to do about it; empty where nothing more is known than the kind tells. */
  readonly hint: string;
  /** How long the store asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  /** `message`: without credentials, and without the location, which is added. */
  constructor(
    kind: FaultKind,
    message: string,
    parts: {hint?: string; retryAfterMs?: number | undefined; cause?: unknown} = {},
  ) {
    super(message, {cause: parts.cause});
    this.kind = kind;
    this.hint = parts.hint ?? '';
    this.retryAfterMs = parts.retryAfterMs;
  }

  get worthAnotherTry(): boolean {
    return WORTH_ANOTHER_TRY.includes(this.kind);
  }
}

/** 408, 425 and 429 ask for patience like the 5xx do; a 404 is for the store to judge. */
export function faultOfStatus(status: number, message: string, retryAfter?: string | null): StoreFault {
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter && seconds >= 0 ? seconds * 1000 : undefined;
  if (status === 401 || status === 403 || status === 407) return new StoreFault('denied', message);
  if (status === 404 || status === 410) return new StoreFault('gone', message);
  if (status === 412) return new StoreFault('changed', message);
  if ([408, 425, 429].includes(status) || status >= 500)
    return new StoreFault('busy', message, {retryAfterMs});
  return new StoreFault('refused', message);
}

/** Who may not look may still read what was named; who was told to wait asks again. */
export function notTold(error: unknown): null {
  if (error instanceof StoreFault && !error.worthAnotherTry) return null;
  throw error;
}

export function unlessDenied(error: unknown): void {
  if (!(error instanceof StoreFault) || error.kind !== 'denied') throw error;
}
