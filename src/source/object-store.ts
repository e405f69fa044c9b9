/**
 * What stores of objects have in common: one object is asked for, or all below a prefix are listed, page by page, and what
 * lies beside a backup is looked up in that listing. Each of them says only how it is asked. An object is missing where its
 * bucket is there; a bucket that is not, is a mistake of who asks, and no verdict on a backup.
 */
import {besideOf, listingOf, type Place} from './place.ts';
import {
  type Attempt,
  type Entry,
  type Listing,
  notTold,
  type Range,
  type Store,
  unlessDenied,
} from './store.ts';

/** As many as S3 and Google give at once; Azure would give five times as many. */
const PAGE = 1000;

export abstract class ObjectStore implements Store {
  readonly ranges = true;
  readonly parallel = true;
  protected readonly place: Place;
  #listed: Entry[] | null = null;

  constructor(place: Place) {
    this.place = place;
  }

  /** As it was asked for, without credentials. */
  protected abstract location(path: string): string;
  /** An object below the place's directory; `null`: it is not there. */
  protected abstract head(name: string, attempt: Attempt): Promise<Entry | null>;
  /** What lies below a prefix. Throws StoreFault `refused` where there is no such bucket. */
  protected abstract pages(prefix: string, size: number, attempt: Attempt): AsyncIterable<Entry[]>;

  abstract open(entry: Entry, range: Range, attempt: Attempt): Promise<AsyncIterable<Uint8Array>>;
  abstract [Symbol.asyncDispose](): Promise<void>;

  async list(attempt: Attempt): Promise<Listing> {
    const {directory, named, pattern} = this.place;
    const place = this.location(directory + (named ?? pattern ?? ''));
    if (named !== null) {
      const entry = await this.head(named, attempt);
      if (entry === null) await this.#assertBucket(directory + named, attempt).catch(unlessDenied);
      return listingOf(this.place, place, entry ? [entry] : []);
    }
    const listed: Entry[] = [];
    for await (const page of this.pages(directory, PAGE, attempt)) {
      attempt.alive();
      listed.push(...page);
    }
    this.#listed = listed;
    return listingOf(this.place, place, listed);
  }

  async beside(entry: Entry, names: string[], attempt: Attempt): Promise<Entry[]> {
    if (this.#listed) return besideOf(entry, names, this.#listed);
    const found = await Promise.all(names.map(name => this.head(name, attempt).catch(notTold)));
    return found.filter(neighbour => neighbour !== null);
  }

  /** A login that may not list cannot tell. */
  async #assertBucket(prefix: string, attempt: Attempt): Promise<void> {
    for await (const _ of this.pages(prefix, 1, attempt)) return;
  }
}
