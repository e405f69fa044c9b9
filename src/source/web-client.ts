/**
 * HTTP by `https:` or `http:`, for every store that speaks it. Redirects of a GET are followed, but no credential follows to
 * another host, and nothing from https to http; nothing else is redirected. One try, without any patience: what goes
 * wrong is a StoreFault.
 */
import {once} from 'node:events';
import {type IncomingHttpHeaders, type IncomingMessage, request as requestHttp} from 'node:http';
import {request as requestHttps} from 'node:https';
import {type Agents, agentsOf} from './agents.ts';
import {type Attempt, faultOfStatus, StoreFault} from './store.ts';
import {readStream, unreachableBy} from './stream.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export type WebRequest = {
  headers: Record<string, string>;
  /** Only for the host that is asked. */
  authorization: string | null;
  /** What a status means that is neither success nor redirect; `redirected`: another host than the one asked says it. */
  explain?: (response: IncomingMessage, redirected: boolean) => StoreFault;
};

/** The bytes as they are stored: of others no checksum would be right. */
export const OF_FILES = {'accept-encoding': 'identity', 'user-agent': 'redis-restore-drill'};

/** As much of an answer as tells which bytes it brings. */
type Answer = {statusCode?: number | undefined; headers: IncomingHttpHeaders};

export class WebClient implements AsyncDisposable {
  readonly #agents: Agents;

  constructor(environment: Record<string, string>) {
    this.#agents = agentsOf(environment);
  }

  get proxied(): boolean {
    return this.#agents.proxied;
  }

  /** Answers 200, 206 or 416 (of an empty file there is no first byte); throws StoreFault for all others. */
  async get(
    start: URL,
    {headers, authorization, explain = unexplained}: WebRequest,
    attempt: Attempt,
  ): Promise<IncomingMessage> {
    let url = start;
    let credential = authorization;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const sent = {...headers, ...(credential !== null && {authorization: credential})};
      const response = await this.#request(url, sent, attempt);
      const {statusCode = 0} = response;
      const to = response.headers.location;
      if (statusCode === 200 || statusCode === 206 || statusCode === 416) return response;
      response.destroy();
      if (!REDIRECTS.has(statusCode) || to === undefined)
        throw explain(response, url.origin !== start.origin);
      const next = URL.parse(to, url.href);
      if (next === null) throw new StoreFault('refused', 'the server redirects to what is no address');
      if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:'))
        throw new StoreFault('refused', 'the server redirects to where nothing is encrypted');
      if (next.origin !== url.origin) credential = null;
      url = next;
    }
    throw new StoreFault('refused', `the server redirects more than ${MAX_REDIRECTS} times`);
  }

  /** Changes something, there and nowhere else. Answers any success; throws StoreFault for all others. */
  async send(
    {method, url, body}: {method: 'POST' | 'PATCH' | 'DELETE'; url: URL; body?: string},
    {headers, authorization, explain = unexplained}: WebRequest,
    attempt: Attempt,
  ): Promise<IncomingMessage> {
    const sent = {...headers, ...(authorization !== null && {authorization})};
    const response = await this.#request(url, sent, attempt, {method, body});
    const {statusCode = 0} = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    response.destroy();
    throw explain(response, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #request(
    url: URL,
    headers: Record<string, string>,
    {signal}: Attempt,
    {method, body}: {method: string; body?: string | undefined} = {method: 'GET'},
  ): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const request = secure ? requestHttps : requestHttp;
    try {
      const sent = request(url, {
        agent: secure ? this.#agents.https : this.#agents.http,
        headers: {...OF_FILES, ...headers},
        method,
        signal,
      }).end(body);
      const [response] = (await once(sent, 'response', {signal})) as [IncomingMessage];
      return response;
    } catch (error) {
      throw unreachableBy(error);
    }
  }
}

const unexplained = ({statusCode = 0, headers}: IncomingMessage): StoreFault =>
  faultOfStatus(statusCode, `the server answers ${statusCode}`, headers['retry-after']);

/** A weak ETag promises less than the same bytes. */
export function versionOf({headers}: Answer): string | undefined {
  const {etag} = headers;
  return etag?.startsWith('"') ? etag : headers['last-modified'];
}

/** Bytes of the whole, whatever part of it comes. */
export function totalOf({statusCode, headers}: Answer): number | null {
  const text =
    statusCode === 200 ? headers['content-length'] : /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  return text === undefined ? null : Number(text);
}

export const startsAt = ({headers}: Answer, from: number): boolean =>
  /^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1] === String(from);

/** All of a short answer. A longer one is not what was asked for. */
export async function textOf(
  response: IncomingMessage,
  {attempt, maxBytes}: {attempt: Attempt; maxBytes: number},
): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of readStream(response, attempt)) {
    attempt.alive();
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) throw new StoreFault('refused', 'the answer is longer than any should be');
  }
  const length = response.headers['content-length'];
  if (length !== undefined && Number(length) !== bytes)
    throw new StoreFault('broken', 'the answer ended before its end');
  return Buffer.concat(pieces).toString('utf8');
}

/** `undefined` where it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
