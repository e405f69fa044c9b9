/**
 * What a server's log says about loading: the evidence that it loaded a dump at all, and the reason when it did not.
 * Log lines carry key names, so nothing of a line is passed on except numbers, versions and module names; what no
 * rule knows is passed on with everything quoted blacked out. Source of the lines: rdb.c, server.c, debug.c.
 */

/** Lines of a successful load, as the server counted. Fields stay `null` where the server's version prints no such line. */
export type LoadEvidence = {
  /** `Done loading RDB, keys loaded: …` (6.2 and later). */
  keysLoaded: number | null;
  keysExpired: number | null;
  /** Aggregates without elements that the server skipped (old, damaged dumps). */
  emptyKeysSkipped: number;
  /** `DB loaded from disk: … seconds`: the one line that proves on every version that a dump was loaded. */
  loadedFromDisk: boolean;
  /** `DB loaded from append only file: … seconds`, likewise of an AOF. */
  loadedFromAof: boolean;
  /** Parts of an AOF that held anything; no server before 7.0 says so. */
  aofPartsLoaded: number;
  /** Commands that ended in an error, of which a server makes a line in its log and nothing else. */
  aofCommandsFailed: number;
  loadMs: number | null;
  /** The server's own words, at most one line each, without key names. */
  lines: string[];
};

export type RefusalRule =
  | 'restore/version-unsupported'
  | 'restore/module-missing'
  | 'restore/functions-rejected'
  | 'restore/duplicate-key'
  | 'restore/too-many-databases'
  | 'restore/wrong-signature'
  | 'restore/checksum-mismatch'
  | 'restore/short-read'
  | 'restore/corrupt'
  | 'restore/crashed'
  | 'restore/unknown-command'
  | 'restore/aof-manifest'
  | 'restore/aof-file-missing'
  | 'restore/refused';

export type Refusal = {rule: RefusalRule; message: string; hint: string};

/** pid:role date time level, or the older forms; what follows is the message. */
const LOG_PREFIX = /^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ [.\-*#] /;

export const message = (line: string): string => line.replace(LOG_PREFIX, '').trim();

export function readEvidence(log: readonly string[]): LoadEvidence {
  const evidence: LoadEvidence = {
    keysLoaded: null,
    keysExpired: null,
    emptyKeysSkipped: 0,
    loadedFromDisk: false,
    loadedFromAof: false,
    aofPartsLoaded: 0,
    aofCommandsFailed: 0,
    loadMs: null,
    lines: [],
  };
  for (const line of log.map(message)) {
    const done =
      /^Done loading RDB, keys loaded: (\d+), keys expired: (\d+)(?:, empty keys skipped: (\d+))?(?:, all fields expired hashes: \d+)?\.$/.exec(
        line,
      );
    if (done) {
      evidence.keysLoaded = Number(done[1]);
      evidence.keysExpired = Number(done[2]);
      evidence.emptyKeysSkipped = Number(done[3] ?? 0);
    }
    const [, from, seconds] = /^DB loaded from (disk|append only file): ([\d.]+) seconds$/.exec(line) ?? [];
    if (seconds !== undefined) {
      if (from === 'disk') evidence.loadedFromDisk = true;
      else evidence.loadedFromAof = true;
      evidence.loadMs = Math.round(Number(seconds) * 1000);
    }
    if (AOF_PART.test(line)) evidence.aofPartsLoaded += 1;
    if (AOF_COMMAND_FAILED.test(line)) evidence.aofCommandsFailed += 1;
    if (done || seconds !== undefined || EVIDENCE.test(line)) evidence.lines.push(line);
  }
  return evidence;
}

/** One for each part that was not empty. */
const AOF_PART = /^DB loaded from (base|incr) file .{1,300}: [\d.]+ seconds$/;

/** Source: afterErrorReply in networking.c. */
const AOF_COMMAND_FAILED = /^== CRITICAL == This server is sending an error to its AOF-loading-client: /;

/** Whole lines: a function library can write what it likes into the log while it is loaded. */
const EVIDENCE =
  /^(Loading RDB produced by (\w+ )?version [\w.+-]+|RDB age -?\d+ seconds|RDB memory usage when created [\d.]+ Mb|RDB file was saved with checksum disabled: no check performed\.|The server is now ready to accept connections at \S+|Ready to accept connections( (tcp|unix|tls))?)$/;

type Explanation = {
  pattern: RegExp;
  rule: RefusalRule;
  say: (found: RegExpExecArray) => string;
  hint: string;
};

const DAMAGED =
  'The backup was damaged or cut after it was written, or its producer is faulty: drill the one before it.';

/** In the order in which they explain best: the first that is found anywhere in the log wins. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /Can't handle RDB format version (-?\d+)/,
    rule: 'restore/version-unsupported',
    say: found => `the server cannot read RDB version ${found[1]}`,
    hint: 'Restore with the product and version that wrote the backup or a newer one: --image auto finds it.',
  },
  {
    pattern: /Can't handle foreign type or opcode (\d+)/,
    rule: 'restore/version-unsupported',
    say: found => `the server does not know the type or opcode ${found[1]}, which another product wrote`,
    hint: 'Restore with the product and version that wrote the backup: --image auto finds it.',
  },
  {
    pattern: /Wrong signature trying to load DB from file/,
    rule: 'restore/wrong-signature',
    say: () => 'the server finds no RDB signature that it knows at the start of the file',
    hint: 'The file is no dump, or of another product (a Valkey 9 dump starts with VALKEY): look at `restore-drill inspect`.',
  },
  {
    pattern: /The RDB file contains AUX module data I can't load: no matching module '([\w-]{1,9})'/,
    rule: 'restore/module-missing',
    say: found => `the dump holds data of the module ${found[1]}, which this server has not loaded`,
    hint: 'Name an image that brings the module (--image redis:8, redis/redis-stack-server, valkey/valkey-bundle).',
  },
  {
    pattern: /no matching module type '([\w-]{1,9})'/,
    rule: 'restore/module-missing',
    say: found => `the dump holds values of the module type ${found[1]}, which this server has not loaded`,
    hint: 'Name an image that brings the module (--image redis:8, redis/redis-stack-server, valkey/valkey-bundle).',
  },
  {
    pattern: /that the responsible module is not able to load/,
    rule: 'restore/module-missing',
    say: () => 'a module of this server cannot load its own data from the dump',
    hint: 'Restore with the same module version that wrote the backup, or a newer one.',
  },
  {
    pattern: /Failed loading library|Failed creating function|Pre-release function format not supported/,
    rule: 'restore/functions-rejected',
    say: () => 'the server rejects a function library of the dump',
    hint: 'Restore with the version that wrote the backup; libraries of 7.0 release candidates load in 7.0 only.',
  },
  {
    pattern: /RDB has duplicated key|Duplicated key found in RDB file/,
    rule: 'restore/duplicate-key',
    say: () => 'the dump holds the same key twice',
    hint: 'The producer wrote a broken dump (or two dumps were joined): take a new backup and look at the producer.',
  },
  {
    pattern: /configured to handle more than (\d+) databases/,
    rule: 'restore/too-many-databases',
    say: found => `the dump selects a database beyond the ${found[1]} that the server has`,
    hint: 'Production needs `databases` at least that high to restore this backup.',
  },
  {
    pattern: /Wrong RDB checksum|RDB CRC error/,
    rule: 'restore/checksum-mismatch',
    say: () => 'the checksum at the end of the dump does not match its content',
    hint: DAMAGED,
  },
  {
    pattern:
      /Short read or OOM loading DB|Unexpected EOF reading RDB file|Error loading data from RDB \(short read or EOF\)/,
    rule: 'restore/short-read',
    say: () => 'the dump ends before its end, or a length in it is damaged',
    hint: DAMAGED,
  },
  {
    pattern: /Internal error in RDB reading offset \d+, function at \S+ -> (.*)/,
    rule: 'restore/corrupt',
    say: found => `the server cannot make sense of the dump: ${blackOut(found[1]!)}`,
    hint: DAMAGED,
  },
  {
    pattern: /Internal error in RDB reading function at \S+ -> (.*)/,
    rule: 'restore/corrupt',
    say: found => `the server cannot make sense of the dump: ${blackOut(found[1]!)}`,
    hint: DAMAGED,
  },
  {
    pattern: /Unknown command '|error: unknown command '/,
    rule: 'restore/unknown-command',
    say: () => 'the AOF holds a command that this server does not know',
    hint: 'It was written by a newer server, with a module, or under `rename-command`: restore with the product, version and modules that wrote it (--image).',
  },
  {
    pattern: /FATAL AOF MANIFEST FILE ERROR/,
    rule: 'restore/aof-manifest',
    say: () => 'the server cannot read the manifest of the AOF',
    hint: DAMAGED,
  },
  {
    pattern: /Unable to obtain the AOF file .* length|The append log file .* doesn't exist/,
    rule: 'restore/aof-file-missing',
    say: () => 'a file that the manifest names is not there',
    hint: 'The set was copied while the server rewrote it, or a file was lost on the way: drill the one before it.',
  },
  {
    pattern: /Unexpected end of file reading the append only file|the truncated file is not the last file/,
    rule: 'restore/short-read',
    say: () => 'the AOF ends before its end',
    hint: DAMAGED,
  },
  {
    pattern:
      /Bad file format reading the append only file|Error reading the RDB (base file|preamble)|Unrecoverable error reading the append only file/,
    rule: 'restore/corrupt',
    say: () => 'the server cannot make sense of the AOF',
    hint: DAMAGED,
  },
  {
    pattern: /Guru Meditation|crashed by signal: (\d+)|=== (?:REDIS|VALKEY) BUG REPORT START/,
    rule: 'restore/crashed',
    say: () => 'the server crashed while loading the dump',
    hint: 'Try the newest patch release of the same line; if it crashes too, the dump is damaged in a way that the server does not check.',
  },
];

/**
 * Text in quotes may be a key, and a key may hold quotes: everything from the first to the last goes (the one in
 * `can't` opens none). So does what follows the word key, and what a library's compiler quotes of its code.
 */
export function blackOut(text: string): string {
  return text
    .replace(/(?<![a-z])['"](?:.*['"]|.*)/i, "'…'")
    .replace(/\bkey:? \S+.*/i, 'key …')
    .replace(/(Failed loading library|Failed creating function),.*/, '$1')
    .replace(/\bBODY:.*/, 'BODY: …')
    .slice(0, 200);
}

/** What keeps a server from loading that has nothing to do with the backup. */
const NOT_THE_BACKUP =
  /Received SIG(TERM|INT)|Received shutdown signal|User requested shutdown|Permission denied|Input\/output error|No such file or directory|Can't chdir|Opening Unix socket|FATAL CONFIG FILE ERROR|Too many open files|Cannot allocate memory/i;

/** A line that only a server writes which was at the dump when it ended. */
const AT_THE_DUMP =
  /loading the DB|\bRDB\b|append only file|\bAOF\b|crashed by signal|Guru Meditation|BUG REPORT START/;

/** Why the server refused, from its log; `null` when it ended for a reason that says nothing about the backup. */
export function explainRefusal(log: readonly string[]): Refusal | null {
  // Whatever wrote this is no server: its words mean nothing.
  if (!log.some(line => LOG_PREFIX.test(line))) return null;
  const lines = log.map(message);
  for (const {pattern, rule, say, hint} of EXPLANATIONS) {
    for (const line of lines) {
      const found = pattern.exec(line);
      if (found) return {rule, message: say(found), hint};
    }
  }
  if (lines.some(line => NOT_THE_BACKUP.test(line)) || !lines.some(line => AT_THE_DUMP.test(line)))
    return null;
  return {
    rule: 'restore/refused',
    message: `the server ended while loading: ${lastComplaint(log) ?? 'it did not say why'}`,
    hint: 'Start a server by hand on a copy of the backup and read its log.',
  };
}

/** The last line that complains, blacked out; `null` when none does. */
export function lastComplaint(log: readonly string[]): string | null {
  const last = log
    .map(message)
    .filter(line => /fatal|error|can't|cannot|failed|denied/i.test(line))
    .at(-1);
  return last === undefined ? null : blackOut(last);
}

/** From the first line of the report on, whether or not it comes to its end. Source: bugReportStart in debug.c. */
export function hasCrashed(log: readonly string[]): boolean {
  return log.some(line => /^=== \w+ BUG REPORT START: /.test(message(line)));
}

/** malloc gave nothing: a limit of the machine, not a fault of the backup (server.c: redisOutOfMemoryHandler). */
export function diedOfWantOfMemory(log: readonly string[]): boolean {
  return log.some(line => /Out Of Memory allocating \d+ bytes|aborting for OUT OF MEMORY/.test(line));
}

/** An old server that dies of a directive it does not know (6.0 and `enable-debug-command`). */
export function diedOfUnknownDirective(log: readonly string[]): boolean {
  return log.some(line => /Bad directive or wrong number of arguments/.test(line));
}
