/**
 * Between the SDK, which signs and understands, and the network: ranges of objects go by the bulk client, all else by the
 * SDK's own handler. What the bulk client does not understand, the SDK's asks again: the signature holds for both.
 */
import {Readable} from 'node:stream';
import {type BulkAnswer, BulkClient} from './bulk-client.ts';

/** As much of the SDK's requests and handlers as is touched here. */
type Request = {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
};
type Options = {abortSignal?: AbortSignal} | undefined;
type Handler = {
  metadata?: unknown;
  handle(request: never, options?: never): Promise<{response: unknown}>;
  destroy?(): void;
};

/** The SDK wants a stream; who knows better takes the pieces, which are not copied. */
export class BulkBody extends Readable {
  readonly #answer: BulkAnswer;

  constructor(answer: BulkAnswer) {
    super();
    this.#answer = answer;
  }

  get pieces(): AsyncGenerator<Uint8Array> {
    return this.#answer.body;
  }

  override _read(): void {
    this.#answer.body.next().then(
      ({done, value}) => this.push(done ? null : Buffer.from(value)),
      error => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#answer.destroy();
    done(error);
  }
}

/** In the place of a client's own handler. */
export function withBulk<H extends Handler>(own: H): H {
  const bulk = new BulkClient();
  const handler: Handler = {
    metadata: own.metadata,
    handle: async (request, options) =>
      (await ofRange(bulk, request, options)) ?? (await own.handle(request, options)),
    destroy: () => {
      own.destroy?.();
      void bulk[Symbol.asyncDispose]();
    },
  };
  return handler as H;
}

async function ofRange(bulk: BulkClient, request: Request, options: Options) {
  const {method, protocol, hostname, port, path, query, headers} = request;
  const signal = options?.abortSignal;
  const ranged = Object.keys(headers).some(name => name.toLowerCase() === 'range');
  if (method !== 'GET' || !ranged || !signal) return null;
  const secure = protocol === 'https:';
  const origin = {secure, host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port ?? (secure ? 443 : 80)};
  const answer = await bulk.get({origin, path: path + queryOf(query), headers}, signal);
  if (!answer) return null;
  const {statusCode, headers: answered} = answer;
  return {response: {statusCode, headers: answered, body: new BulkBody(answer)}};
}

/** Escaped as it was for the signature: all but letters, digits and `-_.~`. */
function queryOf(query: Request['query'] = {}): string {
  const escaped = (text: string) =>
    encodeURIComponent(text).replaceAll(
      /[!'()*]/g,
      sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map(one => `${escaped(name)}=${escaped(one)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
