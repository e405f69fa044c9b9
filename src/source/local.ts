/**
 * Backups on the local file system: a file, a directory (its newest dump) or a glob (the newest match). Returns where
 * the backup is or that there is none; throws only when it cannot find out (no permission, not a regular file).
 */
import {glob, open, readdir, stat} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {DrillError} from '../errors.ts';
import type {Located} from './backup.ts';
import {CHECKSUM_FILE, checksumsBeside} from './checksums.ts';

/**
 * `dump.rdb`, `dump.rdb.gz` and archives: a newer backup in another form must not let an older one pass for the newest,
 * not even in one that we cannot read. Checksums, recordings and partial files beside a dump are no backups.
 */
const PACKED_OR_PLAIN =
  /^[^.].*\.(rdb|tar|tgz|tbz2?|txz|tzst|zip)(\.(gz|bz2|xz|zst|lz4|lzo|sz|7z|zip|tar|tgz|age|gpg|pgp|asc|enc|aes))*$/;

type Candidate = {path: string; sizeBytes: number; modifiedMs: number};

/** Left behind by an interrupted BGSAVE or rewrite; never a backup. Source: rdbSaveBackground, rewriteAppendOnlyFile. */
const TEMPORARY = /^temp-.*\.(rdb|aof)$/;

export async function locateLocal(spec: string): Promise<Located> {
  const path = toPath(spec);
  const stats = await statOrNull(path);
  if (stats?.isFile())
    return await located(await readable({path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs}));
  if (stats?.isDirectory()) {
    const newest = newestOf(await dumpsIn(path));
    if (newest) return await located(await readable(newest));
    return nothing(
      'backup/none-found',
      `the directory ${path} holds no dump`,
      'Name the directory that the producer writes to (`dir` in its redis.conf), or the file itself.',
    );
  }
  if (stats) {
    throw new DrillError('source/unreadable', `${path} is neither a file nor a directory`, {
      hint: 'Name a regular file: a pipe or device cannot be read twice, and a drill reads twice (once itself, once by the server).',
    });
  }
  if (isGlob(path)) {
    const newest = newestOf(await matches(path));
    if (newest) return await located(await readable(newest));
    return nothing(
      'backup/none-found',
      `no file matches ${path}`,
      'Did the last backup run? Compare the pattern with the names that the producer writes.',
    );
  }
  return nothing(
    'backup/missing',
    `there is no file ${path}`,
    'Did the last backup run, and does it write to this place?',
  );
}

export const LOCAL_ONLY = 'this version drills files only, it cannot fetch them from elsewhere';

/** Schemes that later versions fetch from; written without slashes they are no less meant. */
const STORES = /^(s3|gs|az|sftp|https?|ftp|rclone|github-artifact):/i;

/** A URI of another place than the local file system. */
export const isRemote = (spec: string): boolean =>
  /^(?!file:)[a-z][a-z0-9+-]*:\/\//i.test(spec) || STORES.test(spec);

function toPath(spec: string): string {
  if (/^file:/i.test(spec)) {
    try {
      if (!/^file:\//i.test(spec)) throw new TypeError('no absolute path');
      return fileURLToPath(spec);
    } catch (cause) {
      throw new DrillError('usage/invalid', `${spec} is no usable file: URI`, {
        hint: 'Write file:///absolute/path, or just the path.',
        cause,
      });
    }
  }
  if (isRemote(spec)) {
    throw new DrillError('usage/invalid', LOCAL_ONLY, {
      hint: 'Download the backup in an earlier step and drill the file.',
    });
  }
  return resolve(spec);
}

/** Asked of what is no file: a file whose name looks like a pattern is that file. */
const isGlob = (path: string): boolean => /[*?[\]{}]/.test(path);

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw unreadable(path, error);
  }
}

async function dumpsIn(directory: string): Promise<Candidate[]> {
  const names = await readdir(directory, {withFileTypes: true}).catch(error => {
    throw unreadable(directory, error);
  });
  const candidates: Candidate[] = [];
  for (const entry of names) {
    const path = join(directory, entry.name);
    if (TEMPORARY.test(entry.name)) continue;
    if (entry.name.endsWith('.manifest')) throw appendOnly(directory);
    const stats = await statOrNull(path);
    if (!stats?.isFile()) continue;
    if (PACKED_OR_PLAIN.test(entry.name) || (await startsLikeDump(path))) {
      candidates.push({path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs});
    }
  }
  return candidates;
}

function appendOnly(directory: string): DrillError {
  return new DrillError(
    'unpack/unsupported-form',
    `${directory} holds an append-only file (AOF), which this version cannot restore`,
    {
      hint: 'Let the producer SAVE or BGSAVE, and drill the dump that it writes.',
    },
  );
}

async function startsLikeDump(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const {buffer, bytesRead} = await file.read({buffer: Buffer.alloc(6), position: 0});
    return /^(REDIS|VALKEY)/.test(buffer.toString('latin1', 0, bytesRead));
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function matches(pattern: string): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for await (const path of glob(pattern)) {
    const stats = await statOrNull(path);
    if (stats?.isFile() && !TEMPORARY.test(basename(path)) && !CHECKSUM_FILE.test(basename(path))) {
      candidates.push({path: resolve(path), sizeBytes: stats.size, modifiedMs: stats.mtimeMs});
    }
  }
  return candidates;
}

/** Newest by modification time; of two with the same time, the later name, so that the choice is stable. */
function newestOf(candidates: Candidate[]): Candidate | undefined {
  return candidates.toSorted((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : 1)).at(-1);
}

/** By opening it: access(2) asks for another user (the real one), and knows nothing of some network file systems. */
async function readable(candidate: Candidate): Promise<Candidate> {
  try {
    await using _file = await open(candidate.path);
    return candidate;
  } catch (error) {
    throw unreadable(candidate.path, error);
  }
}

function unreadable(path: string, cause: unknown): DrillError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new DrillError('source/unreadable', `${path} cannot be read (${code})`, {
    hint: 'Give the user that runs the drill permission to read the backup. Dumps are often 0600 and owned by redis.',
    cause,
  });
}

async function located({path, sizeBytes, modifiedMs}: Candidate): Promise<Located> {
  const modifiedAt = new Date(modifiedMs).toISOString();
  const backup = {name: basename(path), location: path, sizeBytes, modifiedAt};
  return {found: true, path, backup, checksums: await checksumsBeside(path)};
}

function nothing(rule: 'backup/missing' | 'backup/none-found', message: string, hint: string): Located {
  return {found: false, reason: {rule, message, hint}};
}
