/**
 * GET of bytes whose number is known, as fast as this machine takes them in: Node's own client copies each 64 KiB and
 * hands it over by itself, which costs more than to receive it (decision 64). This one understands only the plainest of
 * answers. Whatever else comes is left to Node's client, which is to be asked again; it follows nothing, explains nothing.
 */
import {validateHeaderName, validateHeaderValue} from 'node:http';
import {BulkConnection, type Origin} from './bulk-connection.ts';
import {StoreFault} from './store.ts';
import {brokenBy, unreachableBy} from './stream.ts';

/** As much as Node's own client takes. */
const MAX_HEAD_BYTES = 16 * 1024;

/** `path`: as it is to be sent, with its query. */
export type BulkRequest = {origin: Origin; path: string; headers: Record<string, string>};

/** Of an address of which nothing is to be sent otherwise than it stands there. */
export const originOf = ({protocol, hostname, port, pathname, search}: URL): Omit<BulkRequest, 'headers'> => {
  const secure = protocol === 'https:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {origin: {secure, host, port: Number(port || (secure ? 443 : 80))}, path: pathname + search};
};

export type BulkAnswer = {
  statusCode: number;
  /** In lower case. */
  headers: Record<string, string>;
  /** Each piece until the next is asked for. */
  body: AsyncGenerator<Uint8Array>;
  /** For a body that nobody wants. */
  destroy(): void;
};

export class BulkClient implements AsyncDisposable {
  readonly #idle: {of: string; connection: BulkConnection}[] = [];
  readonly #all = new Set<BulkConnection>();

  /** `null`: not as plain as that. Rejects where there is no answer. */
  async get(request: BulkRequest, signal: AbortSignal): Promise<BulkAnswer | null> {
    const text = textOf(request);
    if (text === null) return null;
    const of = JSON.stringify(request.origin);
    for (;;) {
      const kept = this.#kept(of);
      const connection = kept ?? this.#connect(request.origin);
      const stop = () => connection.destroy();
      signal.addEventListener('abort', stop, {once: true});
      let released = false;
      const release = (whole: boolean) => {
        // By now it may serve another request.
        if (released) return;
        released = true;
        signal.removeEventListener('abort', stop);
        if (whole && !connection.broken && !connection.cluttered) this.#keep(of, connection);
        else this.#end(connection);
      };
      try {
        if (signal.aborted) stop();
        connection.untouched = true;
        connection.send(text);
        const head = await readHead(connection);
        if (!head) {
          release(false);
          return null;
        }
        const {statusCode, headers, length, keep, rest} = head;
        const body = bodyOf(connection, {length, rest, release: whole => release(whole && keep)});
        return {statusCode, headers, body, destroy: () => release(false)};
      } catch (error) {
        release(false);
        // A server may close a connection that it had kept for us at any time.
        if (kept && connection.untouched && !signal.aborted) continue;
        throw unreachableBy(error);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#all) connection.destroy();
  }

  #connect(origin: Origin): BulkConnection {
    const connection = new BulkConnection(origin);
    this.#all.add(connection);
    return connection;
  }

  #kept(of: string): BulkConnection | null {
    for (;;) {
      const index = this.#idle.findIndex(idle => idle.of === of);
      const [kept] = index === -1 ? [] : this.#idle.splice(index, 1);
      if (!kept) return null;
      const {connection} = kept;
      connection.idle(false);
      if (!connection.broken && !connection.cluttered) return connection;
      this.#end(connection);
    }
  }

  #keep(of: string, connection: BulkConnection): void {
    connection.idle(true);
    this.#idle.push({of, connection});
  }

  #end(connection: BulkConnection): void {
    connection.destroy();
    this.#all.delete(connection);
  }
}

/** `null`: a path or header that Node's client is to refuse. */
function textOf({origin: {secure, host, port}, path, headers}: BulkRequest): string | null {
  if (!/^\/[\x21-\x7e]*$/.test(path)) return null;
  const usual = port === (secure ? 443 : 80);
  const address = (host.includes(':') ? `[${host}]` : host) + (usual ? '' : `:${port}`);
  const lines = Object.entries({host: address, ...lowerCase(headers)}).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return `${name}: ${value}\r\n`;
  });
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

type Head = {
  statusCode: number;
  headers: Record<string, string>;
  length: number;
  keep: boolean;
  /** Of the body, come with the head. */
  rest: Buffer;
};

async function readHead(connection: BulkConnection): Promise<Head | null> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end !== -1) return plain(bytes.toString('latin1', 0, end), bytes.subarray(end + 4));
    if (bytes.length > MAX_HEAD_BYTES) return null;
    bytes = Buffer.concat([bytes, await connection.next()]);
  }
}

/** The bytes as they are stored, and how many: nothing encoded, nothing said twice, nothing before the answer itself. */
function plain(head: string, rest: Buffer): Head | null {
  const [status = '', ...lines] = head.split('\r\n');
  const statusCode = Number(/^HTTP\/1\.1 (200|206)(?: |$)/.exec(status)?.[1]);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    const key = name.toLowerCase();
    if (key in headers && key === 'content-length') return null;
    headers[key] = value;
  }
  const {'content-length': length, 'content-encoding': encoding = 'identity', connection = ''} = headers;
  const measured = length !== undefined && /^\d{1,15}$/.test(length);
  if (Number.isNaN(statusCode) || !measured || 'transfer-encoding' in headers || encoding !== 'identity')
    return null;
  return {statusCode, headers, length: Number(length), keep: !/\bclose\b/i.test(connection), rest};
}

type Body = {length: number; rest: Buffer; release: (whole: boolean) => void};

async function* bodyOf(
  connection: BulkConnection,
  {length, rest, release}: Body,
): AsyncGenerator<Uint8Array> {
  let left = length;
  try {
    for (let piece = rest; ; piece = await connection.next()) {
      if (piece.length > left) throw new StoreFault('broken', 'the server sends more than it has announced');
      left -= piece.length;
      if (piece.length > 0) yield piece;
      if (left === 0) return;
    }
  } catch (error) {
    throw brokenBy(error);
  } finally {
    release(left === 0);
  }
}
