/**
 * A stand-in for Google Cloud Storage: objects by its JSON API, and the log-in of a GitHub job by workload identity
 * federation (GitHub's token endpoint and Google's exchange). No emulator of it is on npm. What it answers follows the
 * published reference, and the client that Google itself publishes is held against it (test/contract/google-storage.test.ts).
 */
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {gunzipSync} from 'node:zlib';
import {CRC32C} from '@google-cloud/storage';

export const ACCESS_TOKEN = 'ya29.open-sesame';
export const SUBJECT_TOKEN = 'github-open-sesame';

type Stored = {
  name: string;
  generation: number;
  bytes: Buffer;
  timeCreated: string;
  contentEncoding?: string;
  componentCount?: number;
};

/** What is answered instead; `null`: what should be. */
export type Odd = {status: number; body?: object};

export class GoogleStandIn implements AsyncDisposable {
  readonly #server: Server;
  readonly #bucket: string;
  /** Newest last of each name. */
  #objects: Stored[] = [];
  #generation = 1_700_000_000_000_000;
  /** Keeps what is replaced or removed, to be asked for by its generation. */
  versioning = false;
  /** What Google says of the bytes, where that is not the truth. */
  lie: {md5Hash?: string; crc32c?: string} = {};
  pageSize = 1000;
  /** Lets in who comes without a log-in, as emulators do. */
  open = false;
  odd: (url: URL) => Odd | null = () => null;
  /** Paths and queries, in order. */
  readonly asked: string[] = [];

  private constructor(bucket: string) {
    this.#bucket = bucket;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(error => response.destroy(error as Error));
    });
  }

  static async start(bucket = 'backups'): Promise<GoogleStandIn> {
    const google = new GoogleStandIn(bucket);
    google.#server.listen(0, '127.0.0.1');
    await once(google.#server, 'listening');
    return google;
  }

  get port(): number {
    return (this.#server.address() as {port: number}).port;
  }

  /** As google-github-actions/auth writes it. `token`: the one that GitHub gives the job. */
  credentials(token = SUBJECT_TOKEN): object {
    const here = `http://127.0.0.1:${this.port}`;
    return {
      type: 'external_account',
      audience:
        '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/github/providers/backups',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${here}/v1/token`,
      credential_source: {
        url: `${here}/oidc?audience=backups&token=${token}`,
        headers: {Authorization: 'Bearer of-the-runner'},
        format: {type: 'json', subject_token_field_name: 'value'},
      },
    };
  }

  put(name: string, bytes: Buffer, parts: Partial<Stored> = {}): number {
    if (!this.versioning) this.remove(name);
    this.#generation += 1;
    const timeCreated = new Date().toISOString();
    this.#objects.push({name, bytes, timeCreated, generation: this.#generation, ...parts});
    return this.#generation;
  }

  remove(name: string): void {
    this.#objects = this.#objects.filter(object => object.name !== name);
  }

  clear(): void {
    this.#objects = [];
    this.versioning = false;
    this.lie = {};
    this.pageSize = 1000;
    this.open = false;
    this.odd = () => null;
    this.asked.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.url!, 'http://localhost');
    this.asked.push(url.pathname + url.search);
    const odd = this.odd(url);
    if (odd) return answer(response, odd.status, odd.body ?? problem(odd.status, 'odd'));
    const body = await bodyOf(request);
    if (url.pathname === '/oidc') {
      if (request.headers.authorization !== 'Bearer of-the-runner') return answer(response, 401, {});
      return answer(response, 200, {value: url.searchParams.get('token')});
    }
    if (url.pathname === '/v1/token') return exchange(new URLSearchParams(body.toString()), response);
    if (
      this.open ? request.headers.authorization : request.headers.authorization !== `Bearer ${ACCESS_TOKEN}`
    )
      return refuse(response, request.headers.authorization ? 401 : 403, 'Invalid Credentials');
    const [, upload, bucket, rest] =
      /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.*))?$/.exec(url.pathname) ?? [];
    if (bucket !== this.#bucket) return refuse(response, 404, 'The specified bucket does not exist.');
    if (upload) return this.#upload(request, body, url, response);
    if (rest === undefined) return this.#list(url.searchParams, response);
    if (rest.endsWith('/compose')) return this.#compose(rest, body, response);
    return this.#object(request, decodeURIComponent(rest), url, response);
  }

  #upload({headers}: IncomingMessage, body: Buffer, url: URL, response: ServerResponse): void {
    const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1] ?? '';
    const text = body.toString('latin1');
    const [, metadata = '', media = ''] = text.split(`--${boundary}`);
    const content = (part: string) => part.slice(part.indexOf('\r\n\r\n') + 4, part.lastIndexOf('\r\n'));
    const {contentEncoding} = JSON.parse(content(metadata)) as {contentEncoding?: string};
    const name = url.searchParams.get('name')!;
    this.put(name, Buffer.from(content(media), 'latin1'), contentEncoding ? {contentEncoding} : {});
    answer(response, 200, this.#resource(this.#find(name)!));
  }

  #compose(rest: string, body: Buffer, response: ServerResponse): void {
    const name = decodeURIComponent(rest.replace(/\/compose$/, ''));
    const {sourceObjects} = JSON.parse(body.toString()) as {sourceObjects: {name: string}[]};
    const parts = sourceObjects.map(source => this.#find(source.name)!.bytes);
    this.put(name, Buffer.concat(parts), {componentCount: parts.length});
    answer(response, 200, this.#resource(this.#find(name)!));
  }

  #list(query: URLSearchParams, response: ServerResponse): void {
    const prefix = query.get('prefix') ?? '';
    const names = [...new Set(this.#objects.map(({name}) => name))].filter(name => name.startsWith(prefix));
    const start = Number(query.get('pageToken') ?? 0);
    const end = start + Math.min(this.pageSize, Number(query.get('maxResults') ?? this.pageSize));
    const items = names.toSorted().slice(start, end);
    answer(response, 200, {
      kind: 'storage#objects',
      ...(end < names.length && {nextPageToken: String(end)}),
      // Without any it leaves the field out.
      ...(items.length > 0 && {items: items.map(name => this.#resource(this.#find(name)!))}),
    });
  }

  #object(request: IncomingMessage, name: string, url: URL, response: ServerResponse): unknown {
    const found = this.#find(name, url.searchParams.get('generation'));
    if (!found) return refuse(response, 404, `No such object: ${this.#bucket}/${name}`);
    if (request.method === 'DELETE') {
      this.remove(name);
      return response.writeHead(204).end();
    }
    if (url.searchParams.get('alt') === 'media') return this.#media(request, found, response);
    return answer(response, 200, this.#resource(found));
  }

  #media({headers}: IncomingMessage, found: Stored, response: ServerResponse): unknown {
    const {bytes, generation, contentEncoding} = found;
    const {md5Hash, crc32c} = this.#resource(found);
    const kind = {
      'x-goog-generation': String(generation),
      'x-goog-hash': `crc32c=${crc32c}${md5Hash ? `,md5=${md5Hash}` : ''}`,
      'x-goog-stored-content-encoding': contentEncoding ?? 'identity',
      'x-goog-stored-content-length': String(bytes.length),
    };
    // Who does not take gzip gets it unpacked, and all of it whatever part was asked for.
    if (contentEncoding === 'gzip' && !/\bgzip\b/.test(headers['accept-encoding'] ?? ''))
      return response.writeHead(200, {...kind, warning: '214 UploadServer gunzipped'}).end(gunzipSync(bytes));
    const all = {...kind, ...(contentEncoding && {'content-encoding': contentEncoding})};
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    if (from === undefined)
      return response.writeHead(200, {...all, 'content-length': bytes.length}).end(bytes);
    if (Number(from) >= bytes.length)
      return response.writeHead(416, {'content-range': `bytes */${bytes.length}`}).end();
    const end = to ? Math.min(bytes.length, Number(to) + 1) : bytes.length;
    const range = `bytes ${from}-${end - 1}/${bytes.length}`;
    response.writeHead(206, {...all, 'content-range': range, 'content-length': end - Number(from)});
    return response.end(bytes.subarray(Number(from), end));
  }

  #find(name: string, generation: string | null = null): Stored | undefined {
    return this.#objects.findLast(
      object => object.name === name && (generation === null || String(object.generation) === generation),
    );
  }

  #resource({name, bytes, timeCreated, generation, contentEncoding, componentCount}: Stored) {
    const sum = new CRC32C();
    sum.update(bytes);
    const md5Hash = this.lie.md5Hash ?? createHash('md5').update(bytes).digest('base64');
    return {
      kind: 'storage#object',
      id: `${this.#bucket}/${name}/${generation}`,
      name,
      bucket: this.#bucket,
      generation: String(generation),
      metageneration: '1',
      storageClass: 'STANDARD',
      size: String(bytes.length),
      md5Hash: componentCount === undefined ? md5Hash : undefined,
      componentCount,
      crc32c: this.lie.crc32c ?? sum.toString(),
      etag: Buffer.from(String(generation)).toString('base64'),
      timeCreated,
      updated: timeCreated,
      ...(contentEncoding && {contentEncoding}),
    };
  }
}

function exchange(asked: URLSearchParams, response: ServerResponse): void {
  const right =
    asked.get('grant_type') === 'urn:ietf:params:oauth:grant-type:token-exchange' &&
    asked.get('subject_token') === SUBJECT_TOKEN &&
    asked.get('scope') !== null;
  if (!right) {
    answer(response, 400, {
      error: 'invalid_grant',
      error_description: `The credential ${asked.get('subject_token')} was rejected by the attribute condition.`,
    });
    return;
  }
  answer(response, 200, {
    access_token: ACCESS_TOKEN,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(text),
  };
  response.writeHead(status, headers).end(text);
}

const problem = (code: number, message: string): object => ({
  error: {
    code,
    message,
    errors: [{message, domain: 'global', reason: code === 404 ? 'notFound' : 'forbidden'}],
  },
});
const refuse = (response: ServerResponse, status: number, message: string): void =>
  answer(response, status, problem(status, message));
