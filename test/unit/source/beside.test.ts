import {createServer, type RequestListener, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, afterEach, expect, test} from '@jest/globals';
import {EXPECTATIONS_SUFFIX} from '../../../src/source/backup-name.ts';
import {scratch} from '../../drills.ts';
import {fetched} from '../../stores/fetched.ts';

const temp = scratch();
afterAll(() => temp.dispose());
let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

const BACKUP = Buffer.from('a backup');

/** A web server with one backup; of all else it answers what the test says. */
async function drilledBeside(other: RequestListener) {
  server = createServer((request, response) => {
    if (request.url === '/dump.rdb') response.end(BACKUP);
    else other(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  const got = await fetched({spec: `http://127.0.0.1:${port}/dump.rdb`}, temp.path);
  if (!('bytes' in got)) throw new Error(got.reason.message);
  expect(got.bytes.equals(BACKUP)).toBe(true);
  return got.located;
}

test('a checksum that always breaks off is told as unread, and the backup is fetched all the same', async () => {
  const {checksums, beside} = await drilledBeside((request, response) => {
    if (request.url !== '/dump.rdb.md5') return void response.writeHead(404).end();
    response.writeHead(200, {'content-length': '32'}).write('ab');
    setTimeout(() => response.destroy(), 5);
  });
  expect(checksums).toEqual([
    {
      algorithm: 'md5',
      hex: null,
      file: 'dump.rdb.md5',
      unread: expect.stringMatching(/broke off|ended before/),
    },
  ]);
  expect(beside.expectations).toBeNull();
});

test('expectations that the server cannot give are not taken for none', async () => {
  const {checksums, beside} = await drilledBeside((request, response) => {
    response.writeHead(request.url?.endsWith(EXPECTATIONS_SUFFIX) ? 503 : 404).end();
  });
  expect(checksums).toEqual([]);
  expect(beside.expectations).toMatchObject({
    file: 'dump.rdb.expect.json',
    unread: expect.stringContaining('503'),
  });
});

test('a server that is busy when it is asked what there is, and has nothing, has nothing', async () => {
  const asked = new Set<string>();
  const {checksums, beside} = await drilledBeside(({url = ''}, response) => {
    response.writeHead(asked.has(url) ? 404 : 429).end();
    asked.add(url);
  });
  expect({checksums, beside}).toEqual({checksums: [], beside: {expectations: null}});
});

test('expectations that are too large to be any are not read to their end', async () => {
  const {beside} = await drilledBeside((request, response) => {
    if (!request.url?.endsWith(EXPECTATIONS_SUFFIX)) return void response.writeHead(404).end();
    response.writeHead(200);
    const more = () => void (response.destroyed || response.write(Buffer.alloc(1024 ** 2, ' '), more));
    more();
  });
  expect(beside.expectations).toMatchObject({unread: 'it is larger than 16 MiB'});
});

test('who may not see what lies beside sees nothing there', async () => {
  const {checksums, beside} = await drilledBeside((_, response) => void response.writeHead(403).end());
  expect({checksums, beside}).toEqual({checksums: [], beside: {expectations: null}});
});
