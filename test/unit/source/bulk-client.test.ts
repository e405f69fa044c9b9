/** The client for bulk, against servers of raw sockets that answer well and badly. */
import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
  Server as TlsServer,
} from 'node:tls';
import {afterEach, describe, expect, test} from '@jest/globals';
import {BulkClient} from '../../../src/source/bulk-client.ts';
import {StoreFault} from '../../../src/source/store.ts';
import {scratch} from '../../drills.ts';

let server: Server | null = null;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  server = null;
});

async function serving(answer: (socket: Socket, request: string) => void, made: Server = createServer()) {
  let connections = 0;
  server = made;
  const serve = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('data', data => answer(socket, data.toString('latin1')));
  };
  made.on(made instanceof TlsServer ? 'secureConnection' : 'connection', serve);
  await new Promise<void>(resolve => made.listen(0, '127.0.0.1', resolve));
  const {port} = made.address() as {port: number};
  return {port, connections: () => connections};
}

const NEVER = new AbortController().signal;
const request = (port: number) => ({
  origin: {secure: false, host: '127.0.0.1', port},
  path: '/a%20b',
  headers: {},
});

async function bodyOf(client: BulkClient, port: number): Promise<Buffer | null> {
  const answer = await client.get(request(port), NEVER);
  if (!answer) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const whole = (bytes: Buffer, ...headers: string[]) =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n${headers.map(h => `${h}\r\n`).join('')}\r\n`,
    ),
    bytes,
  ]);

test('brings all bytes, of several answers over one connection', async () => {
  const bytes = randomBytes(5_000_001);
  const {port, connections} = await serving((socket, text) => {
    expect(text).toBe(`GET /a%20b HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
    socket.write(whole(bytes));
  });
  await using client = new BulkClient();
  for (let time = 0; time < 3; time += 1) expect((await bodyOf(client, port))?.equals(bytes)).toBe(true);
  expect(connections()).toBe(1);
});

test('a head that comes byte by byte, and a body of none', async () => {
  const {port} = await serving(async socket => {
    for (const byte of whole(Buffer.alloc(0)).toString('latin1')) {
      socket.write(byte);
      await sleep(1);
    }
  });
  await using client = new BulkClient();
  expect(await bodyOf(client, port)).toEqual(Buffer.alloc(0));
});

test('asks anew where the server has closed the connection that was kept', async () => {
  let requests = 0;
  const {port, connections} = await serving(socket => {
    requests += 1;
    if (requests === 3) socket.destroy();
    else socket.write(whole(Buffer.from('bytes')));
  });
  await using client = new BulkClient();
  for (const connection of [1, 1, 2, 2]) {
    expect((await bodyOf(client, port))?.toString()).toBe('bytes');
    expect(connections()).toBe(connection);
  }
});

describe('leaves to others', () => {
  test.each([
    ['an error', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    [
      'chunks with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['what is encoded', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\n\r\na'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na'],
    ['no length', 'HTTP/1.1 200 OK\r\n\r\na'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na'],
    ['an interim answer', 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na'],
    ['an old protocol', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nA: b\r\n c\r\n\r\na'],
    ['what is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(20_000)}`],
  ])('%s', async (_what, text) => {
    const {port} = await serving(socket => void socket.write(text));
    await using client = new BulkClient();
    expect(await client.get(request(port), NEVER)).toBeNull();
  });

  test('a path that cannot be sent as it stands', async () => {
    await using client = new BulkClient();
    expect(await client.get({...request(1), path: '/a b\r\nX: y'}, NEVER)).toBeNull();
  });
});

test('a header that would break out is refused', async () => {
  await using client = new BulkClient();
  await expect(client.get({...request(1), headers: {a: 'b\r\nc: d'}}, NEVER)).rejects.toThrow(/invalid/i);
});

test.each([
  ['ends before its end', '12'],
  ['goes on behind its end', '1234567'],
])('a body that %s is broken', async (_what, bytes) => {
  const {port} = await serving(
    socket => void socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${bytes}`),
  );
  await using client = new BulkClient();
  await expect(bodyOf(client, port)).rejects.toMatchObject({kind: 'broken'});
});

test('bytes behind an answer never pass for the next one', async () => {
  const sent = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  let requests = 0;
  const {port, connections} = await serving(async socket => {
    requests += 1;
    socket.write(whole(Buffer.from('first')));
    if (requests > 1) return;
    // In one piece with the first it would be told as what goes on behind its end.
    await read.promise;
    socket.write(whole(Buffer.from('false')), () => sent.resolve());
  });
  await using client = new BulkClient();
  expect((await bodyOf(client, port))?.toString()).toBe('first');
  read.resolve();
  await sent.promise;
  await sleep(20);
  expect((await bodyOf(client, port))?.toString()).toBe('first');
  expect(connections()).toBe(2);
});

test('nobody there, and cancelled', async () => {
  await using client = new BulkClient();
  await expect(client.get(request(1), NEVER)).rejects.toThrow(StoreFault);
  const {port} = await serving(() => {});
  const stop = new AbortController();
  const coming = client.get(request(port), stop.signal);
  setTimeout(() => stop.abort(), 20);
  await expect(coming).rejects.toThrow(StoreFault);
});

test('who reads slowly slows the sender down: memory stays bounded', async () => {
  const length = 64 * 1024 ** 2;
  let sent = 0;
  const {port} = await serving(socket => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    const piece = Buffer.alloc(1024 ** 2);
    const more = () => {
      if (sent >= length || socket.destroyed) return;
      sent += piece.length;
      socket.write(piece, more);
    };
    more();
  });
  await using client = new BulkClient();
  const answer = await client.get(request(port), NEVER);
  let read = 0;
  let most = 0;
  for await (const piece of answer!.body) {
    if (read < 16 * 1024 ** 2) await sleep(10);
    read += piece.length;
    most = Math.max(most, sent - read);
  }
  expect(read).toBe(length);
  // Ours, and what the system keeps for both ends.
  expect(most).toBeLessThan(16 * 1024 ** 2);
});

test('by TLS, from those alone whose certificate is trusted', async () => {
  const temp = scratch();
  const [key, cert] = [temp.file('key'), temp.file('cert')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...subject], {stdio: 'pipe'});
  const pem = readFileSync(cert, 'utf8');
  const bytes = randomBytes(3_000_001);
  const {port} = await serving(
    socket => void socket.write(whole(bytes)),
    createTlsServer({key: readFileSync(key), cert: pem}),
  );
  const secure = {...request(port), origin: {secure: true, host: 'localhost', port}};
  await using client = new BulkClient();
  await expect(client.get(secure, NEVER)).rejects.toThrow(StoreFault);
  const before = getCACertificates('default');
  setDefaultCACertificates([pem]);
  try {
    const answer = await client.get(secure, NEVER);
    const pieces: Uint8Array[] = [];
    for await (const piece of answer!.body) pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  } finally {
    setDefaultCACertificates(before);
    temp.dispose();
  }
});
