/** Redirects of an HTTP server: followed, without taking a credential along to another host, and never out of TLS. */
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type IncomingHttpHeaders, type Server} from 'node:http';
import {afterAll, beforeAll, beforeEach, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {fetched, outcome} from '../stores/fetched.ts';

const BYTES = randomBytes(50_000);
const temp = scratch();
const seen: {host: string; headers: IncomingHttpHeaders}[] = [];
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer(({url = '', headers}, answer) => {
    seen.push({host: headers.host!, headers});
    const path = decodeURIComponent(url);
    if (path.startsWith('/to/'))
      return void answer.writeHead(302, {location: path.slice('/to/'.length)}).end();
    if (path === '/cut.rdb') {
      answer.writeHead(200, {'content-length': BYTES.length}).write(BYTES.subarray(0, 100));
      return void setTimeout(() => answer.destroy(), 20);
    }
    if (path === '/part.rdb')
      return void answer.writeHead(206, {'content-range': 'bytes 0-0/*'}).end(BYTES.subarray(0, 1));
    if (!path.startsWith('/dump.rdb')) return void answer.writeHead(404).end();
    answer.writeHead(200, {'content-length': BYTES.length, etag: '"1"'}).end(BYTES);
  }).listen(0);
  await once(server, 'listening');
  port = (server.address() as {port: number}).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  temp.dispose();
});
beforeEach(() => void seen.splice(0));

const access = {bearer: 'env:TOKEN'};
const env = {TOKEN: 'open sesame'};
const to = (target: string) => `http://127.0.0.1:${port}/to/${encodeURIComponent(target)}`;
const tokens = () => Object.fromEntries(seen.map(({host, headers}) => [host, headers.authorization]));

test('a credential stays with its host', async () => {
  expect(await outcome({spec: to(`http://localhost:${port}/dump.rdb`), access, env}, temp.path, BYTES)).toBe(
    'whole',
  );
  expect(tokens()).toEqual({[`127.0.0.1:${port}`]: 'Bearer open sesame', [`localhost:${port}`]: undefined});
});

test('a credential goes along where the host is the same', async () => {
  expect(await outcome({spec: to('/dump.rdb'), access, env}, temp.path, BYTES)).toBe('whole');
  expect(tokens()).toEqual({[`127.0.0.1:${port}`]: 'Bearer open sesame'});
});

test('a circle ends', async () => {
  expect(await outcome({spec: `http://127.0.0.1:${port}/to/.`}, temp.path, BYTES)).toMatch(
    /^source\/|^backup\/missing/,
  );
  expect(seen.length).toBeLessThan(20);
});

test('a redirect to what is no address is the server’s fault', async () => {
  expect(await outcome({spec: to('http://[s3cr3t')}, temp.path, BYTES)).toBe('source/unreachable');
});

test('a part that nobody asked for is not taken for the whole', async () => {
  const limits = {deadlineMs: 5000, pauseMs: 1};
  expect(await outcome({spec: `http://127.0.0.1:${port}/part.rdb`}, temp.path, BYTES, {limits})).toBe(
    'source/transfer',
  );
});

test('who cannot go on, and always breaks off at the same place, is given up', async () => {
  const limits = {deadlineMs: 5000, pauseMs: 1};
  expect(await outcome({spec: `http://127.0.0.1:${port}/cut.rdb`}, temp.path, BYTES, {limits})).toBe(
    'source/transfer',
  );
  expect(seen.length).toBeLessThan(20);
});

test('a pre-signed URL comes from the environment, and only its path is told', async () => {
  const url = `http://127.0.0.1:${port}/dump.rdb?X-Amz-Signature=s3cr3t`;
  const got = await fetched({spec: 'env:URL', env: {URL: url}}, temp.path);
  expect('located' in got && got.located.backup).toMatchObject({
    name: 'dump.rdb',
    location: `http://127.0.0.1:${port}/dump.rdb`,
    sizeBytes: BYTES.length,
  });
  expect(JSON.stringify(got)).not.toContain('s3cr3t');
});

test('a credential is not sent where anybody could read it on its way', async () => {
  const spec = 'env:URL';
  const readable = {...env, URL: 'http://backups.invalid/dump.rdb'};
  expect(await outcome({spec, access, env: readable}, temp.path, BYTES)).toBe('usage/invalid');
});

test('a variable that is not set, or is no URL, is said without its value', async () => {
  expect(await outcome({spec: 'env:URL'}, temp.path, BYTES)).toBe('source/denied');
  expect(await outcome({spec: 'env:URL', env: {URL: 'https://s3cr3t:bad port/'}}, temp.path, BYTES)).toBe(
    'usage/invalid',
  );
});
