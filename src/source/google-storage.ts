/**
 * Google Cloud Storage: `gs://bucket/name`, `gs://bucket/prefix/`, `gs://bucket/prefix/*.rdb`, one version by
 * `gs://bucket/name#GENERATION`. By its JSON API and our own HTTP client (decision 62); only the log-in is Google's library.
 * A backup is pinned by its generation, and verified by the MD5 or CRC32C that Google keeps of it.
 */
import type {IncomingMessage} from 'node:http';
import {z} from 'zod';
import {DrillError} from '../errors.ts';
import {GoogleLogin, LOG_IN} from './google-login.ts';
import {ObjectStore} from './object-store.ts';
import {placeOf} from './place.ts';
import type {Access, StoreDeps} from './source-job.ts';
import {type Attempt, type Entry, faultOfStatus, type Range, type Store, StoreFault} from './store.ts';
import {readStream} from './stream.ts';
import {parsed, startsAt, textOf, totalOf, WebClient} from './web-client.ts';

const GOOGLE = 'https://storage.googleapis.com';
/** A page of 1,000 objects is about 300 kB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const objectSchema = z.looseObject({
  name: z.string(),
  size: z.string().regex(/^\d+$/),
  /** Of this generation; `updated` would also tell of new metadata. */
  timeCreated: z.iso.datetime({offset: true}),
  generation: z.string().regex(/^\d+$/),
  /** Not of objects that were put together from parts. */
  md5Hash: z.string().optional(),
  crc32c: z.string().optional(),
});
const FIELDS = Object.keys(objectSchema.shape).join(',');
const pageSchema = z.looseObject({
  items: z.array(objectSchema).optional(),
  nextPageToken: z.string().optional(),
});

type Address = {bucket: string; path: string; generation: string | undefined};

export function googleStore(uri: string, {endpoint}: Access, {env, environment = {}}: StoreDeps): Store {
  const emulator = env('STORAGE_EMULATOR_HOST') || undefined;
  const base = endpoint ?? (emulator && (/^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`));
  // As Google's own clients do: who sets that variable has no log-in there.
  const login = endpoint === undefined && base !== undefined ? null : new GoogleLogin();
  const {protocol, hostname} = new URL(base ?? GOOGLE);
  if (login && protocol === 'http:' && !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)) {
    throw new DrillError('usage/invalid', 'store: over http: a token would be readable on its way', {
      hint: 'Use https: in `store.endpoint`; an emulator is named in STORAGE_EMULATOR_HOST.',
    });
  }
  return new GoogleBucket(parse(uri), {base: (base ?? GOOGLE).replace(/\/+$/, ''), login, environment});
}

/** Digits behind the last `#` are a generation, as gcloud reads it. */
function parse(uri: string): Address {
  const [, bucket, path = '', generation] =
    /^gs:\/\/([a-z0-9][\w.-]+)(?:\/(.*?))?(?:#(\d+))?$/is.exec(uri) ?? [];
  if (bucket !== undefined) return {bucket, path, generation};
  throw new DrillError(
    'usage/invalid',
    'source: not the address of an object or prefix in Google Cloud Storage',
    {
      hint: 'Write gs://bucket/name, gs://bucket/prefix/ or gs://bucket/name#GENERATION.',
    },
  );
}

type Reached = {base: string; login: GoogleLogin | null; environment: Record<string, string>};

class GoogleBucket extends ObjectStore {
  readonly #client: WebClient;
  readonly #login: GoogleLogin | null;
  readonly #objects: string;
  readonly #address: Address;

  constructor(address: Address, {base, login, environment}: Reached) {
    super(placeOf(address.path));
    this.#client = new WebClient(environment);
    this.#login = login;
    this.#objects = `${base}/storage/v1/b/${encodeURIComponent(address.bucket)}/o`;
    this.#address = address;
  }

  async open({name, version = '', sizeBytes}: Entry, {from, to}: Range, attempt: Attempt) {
    const url = this.#url(name, {alt: 'media', generation: version});
    const partial = from > 0 || (to !== null && to !== sizeBytes);
    const headers = {
      // As it is stored: what was packed before it was put there would come unpacked otherwise, and of another length.
      'accept-encoding': 'gzip',
      ...(partial && {range: `bytes=${from}-${to === null ? '' : to - 1}`}),
    };
    const response = await this.#get(url, headers, attempt);
    const generation = response.headers['x-goog-generation'] ?? version;
    const total = totalOf(response);
    const asked = partial
      ? response.statusCode === 206 && startsAt(response, from)
      : response.statusCode === 200;
    if (generation === version && asked && (total === null || total === sizeBytes))
      return readStream(response, attempt);
    response.destroy();
    if (!asked) throw new StoreFault('broken', 'Google did not send the part that was asked for');
    throw new StoreFault('changed', 'it is not what it was a moment ago');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  protected location(path: string): string {
    return `gs://${this.#address.bucket}/${path}`;
  }

  #url(name: string | null, query: Record<string, string>): URL {
    const path = name === null ? '' : `/${encodeURIComponent(this.place.directory + name)}`;
    return new URL(`${this.#objects}${path}?${new URLSearchParams(query)}`);
  }

  protected async *pages(prefix: string, size: number, attempt: Attempt): AsyncGenerator<Entry[]> {
    const asked = {prefix, maxResults: String(size), fields: `nextPageToken,items(${FIELDS})`};
    for (let pageToken: string | undefined; ; ) {
      const url = this.#url(null, {...asked, ...(pageToken && {pageToken})});
      const page = await this.#ask(url, pageSchema, attempt);
      // Consoles make directories by objects whose names end so.
      yield (page.items ?? []).filter(({name}) => !name.endsWith('/')).map(object => this.#entry(object));
      pageToken = page.nextPageToken;
      if (!pageToken) return;
    }
  }

  protected async head(name: string, attempt: Attempt): Promise<Entry | null> {
    const generation = name === this.place.named ? this.#address.generation : undefined;
    try {
      const url = this.#url(name, {fields: FIELDS, ...(generation !== undefined && {generation})});
      return this.#entry(await this.#ask(url, objectSchema, attempt));
    } catch (error) {
      if (error instanceof StoreFault && error.kind === 'gone') return null;
      throw error;
    }
  }

  #entry({name, size, timeCreated, generation, md5Hash, crc32c}: z.infer<typeof objectSchema>): Entry {
    const sum = md5Hash ?? crc32c;
    return {
      name: name.slice(this.place.directory.length),
      location: this.location(name),
      sizeBytes: Number(size),
      modifiedAt: new Date(timeCreated).toISOString(),
      version: generation,
      ...(sum !== undefined && {
        checksum: {
          algorithm: md5Hash === undefined ? 'crc32c' : 'md5',
          hex: Buffer.from(sum, 'base64').toString('hex'),
        },
      }),
    };
  }

  async #ask<T>(url: URL, schema: z.ZodType<T>, attempt: Attempt): Promise<T> {
    const response = await this.#get(url, {}, attempt);
    const text = await textOf(response, {attempt, maxBytes: MAX_ANSWER_BYTES});
    const {success, data} = schema.safeParse(parsed(text));
    if (success) return data;
    throw new StoreFault('refused', 'what answers is not Google Cloud Storage', {
      hint: 'Is `store.endpoint` (or STORAGE_EMULATOR_HOST) right?',
    });
  }

  async #get(url: URL, headers: Record<string, string>, attempt: Attempt): Promise<IncomingMessage> {
    const proof = (await this.#login?.headersFor(url)) ?? {authorization: null, headers: {}};
    const listing = url.pathname === new URL(this.#objects).pathname;
    return this.#client.get(
      url,
      {
        headers: {...proof.headers, ...headers},
        authorization: proof.authorization,
        explain: response => faultOf(response, listing),
      },
      attempt,
    );
  }
}

function faultOf({statusCode = 0, headers}: IncomingMessage, listing: boolean): StoreFault {
  const message = `Google answers ${statusCode}`;
  if (statusCode === 400) return new StoreFault('refused', message, {hint: REQUESTER_PAYS});
  if (statusCode === 401)
    return new StoreFault('denied', `${message}: the token is not valid, or has expired`, {hint: LOG_IN});
  if (statusCode === 403)
    return new StoreFault('denied', `${message}: the login may not read there, or nothing is there`, {
      hint: ROLE,
    });
  if (statusCode === 404 && listing)
    return new StoreFault('refused', 'there is no such bucket', {hint: 'Is the name of the bucket right?'});
  return faultOfStatus(statusCode, message, headers['retry-after']);
}

const ROLE =
  'It needs the role “Storage Object Viewer” on the bucket, which may list and read. Who may only read is told this of what is not there, too.';
const REQUESTER_PAYS =
  'Where the bucket makes who reads it pay, name the project that does in GOOGLE_CLOUD_QUOTA_PROJECT.';
