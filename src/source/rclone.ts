/**
 * A remote of rclone: `rclone:remote:path`, with rclone's own config, on the PATH. It lists (`lsjson`) and reads
 * (`cat`); that it is still the same file is asked again when it has been read.
 */
import {z} from 'zod';
import {DrillError} from '../errors.ts';
import type {Filtered} from '../process.ts';
import {exitOf, lastWords, outputOf} from './command.ts';
import {listingOf, type Place, placeOf} from './place.ts';
import type {StoreDeps} from './source-job.ts';
import {type Attempt, type Entry, type Listing, type Range, type Store, StoreFault} from './store.ts';

/** What it lists of a million files; more is no listing. */
const MAX_LISTING_BYTES = 512 * 1024 ** 2;

const listSchema = z.array(
  z.object({Path: z.string(), Size: z.number(), ModTime: z.string(), IsDir: z.boolean().optional()}),
);

/** Source: https://rclone.org/docs/#exit-code */
const EXIT = {directoryNotFound: 3, fileNotFound: 4, temporary: 5};

export function rcloneStore(uri: string, {environment = {}}: StoreDeps): Store {
  // A remote that is described in its name (`:sftp,pass=…:`) would bring credentials along.
  const [, remote, path] = /^rclone:(?:\/\/)?([\w.+@ -]+):(.*)$/i.exec(uri) ?? [];
  if (remote === undefined) {
    throw new DrillError('usage/invalid', 'source: not a remote of rclone and a path in it', {
      hint: 'Write rclone:remote:path, with a remote of rclone’s own config (RCLONE_CONFIG, RCLONE_CONFIG_REMOTE_TYPE …).',
    });
  }
  return new Remote(remote, placeOf(path!), environment);
}

class Remote implements Store {
  readonly ranges = true;
  /** Each part would be a process, and a login. */
  readonly parallel = false;
  readonly #remote: string;
  readonly #place: Place;
  readonly #environment: Record<string, string>;

  constructor(remote: string, place: Place, environment: Record<string, string>) {
    this.#remote = remote;
    this.#place = place;
    this.#environment = environment;
  }

  async list(attempt: Attempt): Promise<Listing> {
    const {directory, named, pattern} = this.#place;
    const place = this.#location(directory + (named ?? pattern ?? ''));
    // Beside one file only what may be its checksum.
    const only = named === null ? ['--recursive'] : includes(named);
    const args = ['lsjson', '--files-only', '--no-mimetype', ...only];
    // A directory that is not there holds no backup; stores without directories do not even know.
    const text = await this.#run(args, directory, attempt).catch(error => {
      if (error instanceof StoreFault && error.kind === 'gone') return '';
      throw error;
    });
    const entries = listSchema.parse(JSON.parse(text || '[]')).map(({Path, Size, ModTime}): Entry => {
      const modified = Date.parse(ModTime);
      return {
        name: Path,
        location: this.#location(directory + Path),
        sizeBytes: Size < 0 ? null : Size,
        modifiedAt: Number.isNaN(modified) ? null : new Date(modified).toISOString(),
        version: `${Size} ${ModTime}`,
      };
    });
    return listingOf(this.#place, place, entries);
  }

  async open(entry: Entry, {from, to}: Range, attempt: Attempt): Promise<AsyncIterable<Uint8Array>> {
    return this.#read(entry, {from, to}, attempt);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async *#read(entry: Entry, {from, to}: Range, attempt: Attempt): AsyncGenerator<Uint8Array> {
    if (from > 0) await this.#assertSame(entry, attempt);
    const part = [
      ...(from > 0 ? [`--offset=${from}`] : []),
      ...(to === null ? [] : [`--count=${to - from}`]),
    ];
    yield* this.#output(['cat', ...part], this.#place.directory + entry.name, attempt, explainReading);
    await this.#assertSame(entry, attempt);
  }

  async #assertSame({name, version}: Entry, attempt: Attempt): Promise<void> {
    const text = await this.#run(
      ['lsjson', '--stat', '--no-mimetype'],
      this.#place.directory + name,
      attempt,
    );
    const now = listSchema.element.nullable().parse(JSON.parse(text || 'null'));
    if (now && `${now.Size} ${now.ModTime}` === version) return;
    throw new StoreFault('changed', 'it is not what it was a moment ago');
  }

  async #run(args: string[], path: string, attempt: Attempt): Promise<string> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of this.#output(args, path, attempt, explainListing)) {
      attempt.alive();
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > MAX_LISTING_BYTES)
        throw new StoreFault('refused', 'it lists more files than anybody has backups');
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  #output(
    [verb, ...flags]: string[],
    path: string,
    attempt: Attempt,
    explain: (ended: Filtered, moved: boolean) => StoreFault | null,
  ): AsyncGenerator<Uint8Array> {
    const args = [verb!, ...flags, '--', `${this.#remote}:${path}`];
    return outputOf('rclone', args, {environment: this.#environment, attempt, explain});
  }

  #location(path: string): string {
    return `rclone:${this.#remote}:${path}`;
  }
}

/** The file, `file.sha256` and its kind, `SHA256SUMS` and its kind. */
function includes(name: string): string[] {
  const literal = name.replaceAll(/[*?[\]{}\\]/g, '\\$&');
  return [
    '--max-depth=1',
    ...[literal, `${literal}.*`, '*SUMS', '*sum.txt', '*sums.txt'].map(one => `--include=/${one}`),
  ];
}

function explainListing(ended: Filtered): StoreFault | null {
  const known = explainReading(ended);
  if (known?.kind !== 'broken') return known;
  // It has tried several times itself.
  return new StoreFault(ended.exitCode === EXIT.temporary ? 'busy' : 'refused', known.message, {
    hint: BY_HAND,
  });
}

function explainReading(ended: Filtered): StoreFault | null {
  const {exitCode} = ended;
  if (exitCode === 0) return null;
  if (exitCode === EXIT.fileNotFound || exitCode === EXIT.directoryNotFound)
    return new StoreFault('gone', 'it was listed, and is no longer there');
  return new StoreFault('broken', `rclone ended with ${exitOf(ended)}${lastWords(ended)}`);
}

const BY_HAND = 'Try `rclone lsjson` with the same remote by hand, as the same user.';
