/**
 * One file by `https:` or `http:`. Redirects are followed, but no credential follows to another host, and nothing from
 * https to http. What was listed and what comes must be one and the same (ETag, Last-Modified, length).
 */
import type {IncomingMessage} from 'node:http';
import {DrillError} from '../errors.ts';
import {lastPart} from './backup-name.ts';
import {type BulkAnswer, BulkClient, originOf} from './bulk-client.ts';
import {type Access, type StoreDeps, secretOf} from './source-job.ts';
import {type Attempt, type Entry, type Listing, type Range, type Store, StoreFault} from './store.ts';
import {readStream} from './stream.ts';
import {OF_FILES, startsAt, totalOf, versionOf, WebClient} from './web-client.ts';

export function httpStore(uri: string, access: Access, deps: StoreDeps): Store {
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    // Without its text: it may come from the environment, with a secret in it.
    throw new DrillError('usage/invalid', 'source: not a URL', {
      hint: 'Write https://host/path/dump.rdb; what is not allowed in it, such as spaces, is written with %.',
    });
  }
  if ((access.bearer ?? access.basic) && url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw new DrillError('usage/invalid', 'store: over http: a secret would be readable on its way', {
      hint: 'Use https:, or leave `store.bearer` and `store.basic` out.',
    });
  }
  return new WebFile(url, authorization(access, deps), deps.environment ?? {});
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

function authorization({bearer, basic}: Access, deps: StoreDeps): string | null {
  if (bearer !== undefined) return `Bearer ${secretOf(bearer, deps)}`;
  if (basic === undefined) return null;
  const pair = `${basic.user}:${secretOf(basic.password, deps)}`;
  const encoded = Buffer.from(pair).toString('base64');
  deps.mask?.(encoded);
  return `Basic ${encoded}`;
}

class WebFile implements Store {
  ranges = true;
  readonly parallel = true;
  readonly #url: URL;
  readonly #authorization: string | null;
  readonly #client: WebClient;
  /** Until the server answers otherwise than it can understand: with a redirect, or without a length. */
  #bulk: BulkClient | null;

  constructor(url: URL, authorization: string | null, environment: Record<string, string>) {
    this.#url = url;
    this.#authorization = authorization;
    this.#client = new WebClient(environment);
    this.#bulk = this.#client.proxied ? null : new BulkClient();
  }

  async list(attempt: Attempt): Promise<Listing> {
    const entry = await this.#first(this.#url, attempt);
    const place = locationOf(this.#url);
    return {place, entries: entry ? [entry] : [], named: entry?.name ?? lastPart(place)};
  }

  /** There is no listing: each is asked for. What a pre-signed address gives access to is one file alone. */
  async beside(_entry: Entry, names: string[], attempt: Attempt): Promise<Entry[]> {
    if (this.#url.search !== '') return [];
    const usual = names.filter(name => /\.(sha256|md5|json)$|^SHA256SUMS$/.test(name));
    const found = await Promise.all(
      usual.map(async name => {
        const url = new URL(encodeURIComponent(name), this.#url);
        return await this.#first(url, attempt).catch(error =>
          perhaps(error, {name, location: locationOf(url)}),
        );
      }),
    );
    return found.filter(entry => entry !== null);
  }

  async open({name, version, sizeBytes}: Entry, {from, to}: Range, attempt: Attempt) {
    const url = name === nameOf(this.#url) ? this.#url : new URL(encodeURIComponent(name), this.#url);
    const partial = from > 0 || (to !== null && to !== sizeBytes);
    const headers = {
      ...(partial && {range: `bytes=${from}-${to === null ? '' : to - 1}`}),
      ...(version?.startsWith('"') && {'if-match': version}),
    };
    const response =
      (to === null ? null : await this.#getBulk(url, headers, attempt)) ??
      (await this.#get(url, headers, attempt));
    const same = version === undefined || versionOf(response) === version;
    const total = totalOf(response);
    if (!same || (total !== null && sizeBytes !== null && total !== sizeBytes)) {
      response.destroy();
      throw new StoreFault('changed', 'it is not what it was a moment ago');
    }
    // A part that nobody asked for would pass for the whole.
    const asked = partial
      ? response.statusCode === 206 && startsAt(response, from)
      : response.statusCode === 200;
    if (!asked) {
      response.destroy();
      throw new StoreFault('broken', 'the server did not send the part that was asked for');
    }
    return 'body' in response ? (response as BulkAnswer).body : readStream(response, attempt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bulk?.[Symbol.asyncDispose]();
    await this.#client[Symbol.asyncDispose]();
  }

  /** By its first byte: a HEAD would not be what a pre-signed address was signed for. */
  async #first(url: URL, attempt: Attempt): Promise<Entry | null> {
    try {
      const response = await this.#get(url, {range: 'bytes=0-0'}, attempt);
      response.destroy();
      if (url === this.#url) this.ranges = response.statusCode === 206;
      const modified = Date.parse(response.headers['last-modified'] ?? '');
      const version = versionOf(response);
      return {
        name: nameOf(url),
        location: locationOf(url),
        sizeBytes: totalOf(response),
        modifiedAt: Number.isNaN(modified) ? null : new Date(modified).toISOString(),
        ...(version !== undefined && {version}),
      };
    } catch (error) {
      if (error instanceof StoreFault && error.kind === 'gone') return null;
      throw error;
    }
  }

  async #getBulk(url: URL, headers: Record<string, string>, {signal}: Attempt): Promise<BulkAnswer | null> {
    const bulk = this.#bulk;
    if (!bulk) return null;
    const authorization = this.#authorization;
    const sent = {...OF_FILES, ...headers, ...(authorization !== null && {authorization})};
    const answer = await bulk.get({...originOf(url), headers: sent}, signal);
    if (!answer && this.#bulk) {
      this.#bulk = null;
      await bulk[Symbol.asyncDispose]();
    }
    return answer;
  }

  #get(url: URL, headers: Record<string, string>, attempt: Attempt): Promise<IncomingMessage> {
    return this.#client.get(url, {headers, authorization: this.#authorization}, attempt);
  }
}

/** Of a neighbour that a server would not tell of just now, nobody knows that it is not there: who reads it will see. */
function perhaps(error: unknown, named: Pick<Entry, 'name' | 'location'>): Entry | null {
  if (!(error instanceof StoreFault && error.worthAnotherTry)) return null;
  return {...named, sizeBytes: null, modifiedAt: null};
}

/** Without its query: what signs it is there. */
const locationOf = ({origin, pathname}: URL): string => origin + pathname;

function nameOf({pathname}: URL): string {
  try {
    return decodeURIComponent(lastPart(pathname));
  } catch {
    return lastPart(pathname);
  }
}
