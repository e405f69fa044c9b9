/**
 * A file or directory by SFTP: `sftp://user@host/path`. The host must show a key that is known, and nobody is asked. One
 * connection, made anew when it breaks; many reads are on their way at a time, or the way would be all that counts.
 */
import {DrillError} from '../errors.ts';
import {isAofPart} from './backup-name.ts';
import {listingOf, type Place, placeOf} from './place.ts';
import {
  type Connection,
  call,
  connect,
  type FileEntryWithStats,
  type SFTPWrapper,
  STATUS,
  type Stats,
} from './sftp-connection.ts';
import type {Access, StoreDeps} from './source-job.ts';
import {type SshAddress, type SshLogin, sshAddress, sshLogin} from './ssh-login.ts';
import {type Attempt, type Entry, type Listing, type Range, type Store, StoreFault} from './store.ts';

/** What every server takes in one packet. Source: draft-ietf-secsh-filexfer-02, section 3. */
const READ_BYTES = 32 * 1024;
/** As many as OpenSSH's own sftp. */
const READS_AT_A_TIME = 64;

export async function sftpStore(uri: string, access: Access, deps: StoreDeps): Promise<Store> {
  const address = sshAddress(uri);
  return new SftpDirectory(address, await sshLogin(address, access, deps));
}

class SftpDirectory implements Store {
  readonly ranges = true;
  readonly parallel = false;
  readonly #address: SshAddress;
  readonly #login: SshLogin;
  readonly #place: Place;
  #connection: Connection | null = null;

  constructor(address: SshAddress, login: SshLogin) {
    this.#address = address;
    this.#login = login;
    this.#place = placeOf(address.path);
    if (this.#place.pattern?.includes('/')) {
      throw new DrillError('usage/invalid', 'source: a pattern is of the files of one directory by SFTP', {
        hint: 'Let the pattern begin behind the last / of the path.',
      });
    }
  }

  async list(attempt: Attempt): Promise<Listing> {
    const {directory, named, pattern} = this.#place;
    const place = this.#location(directory + (named ?? pattern ?? ''));
    return this.#during(attempt, async sftp => {
      if (named !== null) {
        const entry = await this.#entry(sftp, named);
        return listingOf(this.#place, place, entry ? [entry] : []);
      }
      const listed = await call<FileEntryWithStats[]>(done => sftp.readdir(directory || '.', done)).catch(
        noSuchFile,
      );
      const entries: Entry[] = [];
      for (const {filename, attrs} of listed ?? []) {
        if (attrs.isDirectory() && pattern === null) entries.push(...(await this.#parts(sftp, filename)));
        // What a link leads to is what counts.
        const entry = attrs.isFile()
          ? this.#entryOf(filename, attrs)
          : attrs.isSymbolicLink() && (await this.#entry(sftp, filename));
        if (entry) entries.push(entry);
        attempt.alive();
      }
      return listingOf(this.#place, place, entries);
    });
  }

  async beside(_entry: Entry, names: string[], attempt: Attempt): Promise<Entry[]> {
    return this.#during(attempt, async sftp => {
      const found = await Promise.all(names.map(name => this.#entry(sftp, name).catch(notTold)));
      return found.filter(entry => entry !== null);
    });
  }

  async open(entry: Entry, range: Range, attempt: Attempt): Promise<AsyncIterable<Uint8Array>> {
    return this.#read(entry, range, attempt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection?.end();
  }

  async *#read(
    {name, version, sizeBytes}: Entry,
    {from, to}: Range,
    attempt: Attempt,
  ): AsyncGenerator<Uint8Array> {
    const connection = await this.#connected(attempt);
    const stop = () => connection.end();
    attempt.signal.addEventListener('abort', stop, {once: true});
    try {
      const {sftp} = connection;
      const handle = await call<Buffer>(done => sftp.open(this.#place.directory + name, 'r', done));
      const assertSame = async () => {
        const stats = await call<Stats>(done => sftp.fstat(handle, done));
        if (versionOf(stats) !== version)
          throw new StoreFault('changed', 'it is not what it was a moment ago');
      };
      await assertSame();
      yield* pieces(sftp, handle, {from, to: to ?? sizeBytes ?? 0});
      await assertSame();
      await call<void>(done => sftp.close(handle, done));
    } catch (error) {
      throw connection.explain(error);
    } finally {
      attempt.signal.removeEventListener('abort', stop);
    }
  }

  async #during<T>(attempt: Attempt, work: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
    const connection = await this.#connected(attempt);
    const stop = () => connection.end();
    attempt.signal.addEventListener('abort', stop, {once: true});
    try {
      return await work(connection.sftp);
    } catch (error) {
      throw connection.explain(error);
    } finally {
      attempt.signal.removeEventListener('abort', stop);
    }
  }

  async #connected({signal}: Attempt): Promise<Connection> {
    if (this.#connection?.alive) return this.#connection;
    this.#connection = await connect(this.#login, signal);
    return this.#connection;
  }

  async #entry(sftp: SFTPWrapper, name: string): Promise<Entry | null> {
    const stats = await call<Stats>(done => sftp.stat(this.#place.directory + name, done)).catch(noSuchFile);
    return stats?.isFile() ? this.#entryOf(name, stats) : null;
  }

  /** Of an append-only file in a directory of its own; nothing else is looked for below. */
  async #parts(sftp: SFTPWrapper, directory: string): Promise<Entry[]> {
    const path = this.#place.directory + directory;
    const listed = await call<FileEntryWithStats[]>(done => sftp.readdir(path, done)).catch(notTold);
    return (listed ?? []).flatMap(({filename, attrs}) =>
      attrs.isFile() && isAofPart(filename) ? [this.#entryOf(`${directory}/${filename}`, attrs)] : [],
    );
  }

  #entryOf(name: string, stats: Stats): Entry {
    return {
      name,
      location: this.#location(this.#place.directory + name),
      sizeBytes: stats.size,
      modifiedAt: new Date(stats.mtime * 1000).toISOString(),
      version: versionOf(stats),
    };
  }

  #location(path: string): string {
    const {host, port} = this.#address;
    return `sftp://${host}${port === 22 ? '' : `:${port}`}${path.startsWith('/') ? '' : '/~/'}${path}`;
  }
}

const versionOf = ({size, mtime}: Stats): string => `${size} ${mtime}`;

/** In order, however many are on their way. */
async function* pieces(
  sftp: SFTPWrapper,
  handle: Buffer,
  {from, to}: {from: number; to: number},
): AsyncGenerator<Uint8Array> {
  const coming: Promise<Buffer>[] = [];
  let next = from;
  for (;;) {
    while (coming.length < READS_AT_A_TIME && next < to) {
      const piece = readWhole(sftp, handle, next, Math.min(READ_BYTES, to - next));
      // Met when its turn comes, or never.
      piece.catch(() => {});
      coming.push(piece);
      next += READ_BYTES;
    }
    const piece = await coming.shift();
    if (piece === undefined || piece.length === 0) return;
    yield piece;
  }
}

/** A server may send less than it was asked for; at the end of the file there is no more. */
async function readWhole(sftp: SFTPWrapper, handle: Buffer, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const read = await call<number>(done =>
      sftp.read(handle, buffer, filled, length - filled, at + filled, done as never),
    ).catch(error => {
      if ((error as {code?: number}).code === STATUS.endOfFile) return 0;
      throw error;
    });
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

/** Whatever the server answers, but not that it answers no more. */
function notTold(error: unknown): null {
  if (typeof (error as {code?: unknown}).code === 'number') return null;
  throw error;
}

function noSuchFile(error: unknown): null {
  if ((error as {code?: number}).code === STATUS.noSuchFile) return null;
  throw error;
}
