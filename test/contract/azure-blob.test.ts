/** What is Azure's own: log-ins and their failures, versions, tiers, checksums that need not be there. Against Azurite. */
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {readdirSync} from 'node:fs';
import {createServer} from 'node:http';
import {gzipSync} from 'node:zlib';
import {
  type ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import type {Access} from '../../src/source/source-job.ts';
import {scratch} from '../drills.ts';
import {ACCOUNT, azurite, KEY, officialClient} from '../stores/azure-place.ts';
import {fetched, outcome, type Reached, refusal} from '../stores/fetched.ts';

const temp = scratch();
const BYTES = randomBytes(200_003);
let server: Awaited<ReturnType<typeof azurite>>;
let container: ContainerClient;
let containers = 0;
beforeAll(async () => {
  server = await azurite();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  temp.dispose();
});
beforeEach(async () => {
  containers += 1;
  container = officialClient(server.port).getContainerClient(`backups-${containers}`);
  await container.create();
});
afterEach(() => expect(readdirSync(temp.path)).toEqual([]));

const put = (name: string, bytes = BYTES) => container.getBlockBlobClient(name).uploadData(bytes);
const endpoint = (): string => `http://127.0.0.1:${server.port}/${ACCOUNT}`;
const byKey = {AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY};
const reach = (path: string, env: Record<string, string> = byKey, access?: Access): Reached => ({
  spec: `az://${container.containerName}/${path}`,
  access: access ?? {endpoint: endpoint()},
  env,
});
const came = (reached: Reached, bytes = BYTES) => outcome(reached, temp.path, bytes);

function sas(permissions: string, expiresInMs: number): string {
  const values = {
    containerName: container.containerName,
    permissions: ContainerSASPermissions.parse(permissions),
    startsOn: new Date(Date.now() - 86_400_000),
    expiresOn: new Date(Date.now() + expiresInMs),
  };
  return generateBlobSASQueryParameters(values, new StorageSharedKeyCredential(ACCOUNT, KEY)).toString();
}

describe('it is logged in to by what Azure’s own tools read', () => {
  const connection = (): string =>
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint()};`;

  test('a connection string, which names the account', async () => {
    await put('dump.rdb');
    expect(await came(reach('dump.rdb', {AZURE_STORAGE_CONNECTION_STRING: connection()}, {}))).toBe('whole');
  });

  test('a key, for an endpoint that the environment names', async () => {
    await put('dump.rdb');
    const env = {...byKey, AZURE_STORAGE_SERVICE_ENDPOINT: endpoint()};
    expect(await came(reach('dump.rdb', env, {}))).toBe('whole');
  });

  test('a SAS, with and without the question mark before it', async () => {
    await put('dump.rdb');
    for (const mark of ['', '?'])
      expect(await came(reach('', {AZURE_STORAGE_SAS_TOKEN: mark + sas('rl', 3_600_000)}))).toBe('whole');
  });

  test('where the source names the account, that is the one', async () => {
    await put('redis/dump.rdb');
    const spec = `az://${ACCOUNT}.blob.core.windows.net/${container.containerName}/redis/*.rdb`;
    const {located} = (await fetched({...reach(''), spec}, temp.path)) as Exclude<
      Awaited<ReturnType<typeof fetched>>,
      {found: false}
    >;
    expect(located.backup.location).toBe(
      `az://${ACCOUNT}.blob.core.windows.net/${container.containerName}/redis/dump.rdb`,
    );
  });

  test('a key or connection string of another account is not tried', async () => {
    const spec = `az://other.blob.core.windows.net/${container.containerName}/dump.rdb`;
    expect(await refusal({...reach('', byKey, {}), spec}, temp.path)).toMatchObject({
      code: 'source/denied',
      message: 'AZURE_STORAGE_KEY is of the storage account acme, and the source is in other',
    });
    const env = {AZURE_STORAGE_CONNECTION_STRING: connection()};
    expect((await refusal({...reach('', env, {}), spec}, temp.path)).message).toMatch(
      /is of the storage account acme/,
    );
  });

  test.each([
    ['has expired', () => sas('rl', -60_000), /the SAS token has expired \(2\d{3}-/],
    ['may not list', () => sas('r', 3_600_000), /Azure answers 403|may not read there/],
    [
      'is of another key',
      () => sas('rl', 3_600_000).replace(/sig=[^&]+/, 'sig=b3BlbiBiYXJsZXk%3D'),
      /not let in/,
    ],
  ])('a SAS that %s is told as such', async (_, token, message) => {
    await put('dump.rdb');
    const refused = await refusal(reach('', {AZURE_STORAGE_SAS_TOKEN: token()}), temp.path);
    expect(refused).toMatchObject({code: 'source/denied', message: expect.stringMatching(message)});
    expect(refused.message + refused.hint).not.toMatch(/sig=/);
  });

  test.each([
    [{AZURE_STORAGE_CONNECTION_STRING: 'open sesame'}, /is not a connection string$/],
    [{...byKey, AZURE_STORAGE_KEY: 'open sesame'}, /AZURE_STORAGE_KEY is not the key/],
    [{...byKey, AZURE_STORAGE_KEY: Buffer.from('no').toString('base64')}, /not let in/],
  ])('%# what is no secret of Azure is told without it', async (env, message) => {
    const refused = await refusal(reach('', env), temp.path);
    expect(refused).toMatchObject({code: 'source/denied', message: expect.stringMatching(message)});
    expect(refused.message).not.toMatch(/open sesame/);
  });

  test.each([
    ['az://', {}, /not the address of a blob/],
    ['az://UPPER/x', {}, /not the address of a blob/],
    ['az://acme.blob.core.windows.net', {}, /not the address of a blob/],
    ['az://backups/x?sv=2026', {}, /not the address of a blob/],
    ['az://backups/x', {}, /which storage account .* is not said/],
    ['az://backups/x', {endpoint: 'http://10.0.0.1/acme'}, /over http/],
  ])('%s is no place', async (spec, access, message) => {
    const refused = await refusal({spec, access, env: {}}, temp.path);
    expect(refused).toMatchObject({code: 'usage/invalid', message: expect.stringMatching(message)});
  });
});

describe('what is there', () => {
  test('in a container that does not exist is nothing that a verdict could be about', async () => {
    for (const path of ['dump.rdb', '', '*.rdb']) {
      const spec = `az://none-${containers}/${path}`;
      expect(await refusal({...reach(''), spec}, temp.path)).toMatchObject({
        code: 'source/unreachable',
        message: expect.stringMatching(/there is no such container/),
      });
    }
  });

  test('is told by who may read it, though not list', async () => {
    const env = {AZURE_STORAGE_SAS_TOKEN: sas('r', 3_600_000)};
    expect(await came(reach('dump.rdb', env))).toBe('backup/missing');
    await put('dump.rdb');
    expect(await came(reach('dump.rdb', env))).toBe('whole');
  });

  test('are no directories, as consoles and real directories leave them', async () => {
    await put('redis/dump.rdb');
    await new Promise(resolve => setTimeout(resolve, 1100));
    await container
      .getBlockBlobClient('redis/later.rdb')
      .uploadData(Buffer.alloc(0), {metadata: {hdi_isfolder: 'true'}});
    expect(await came(reach('redis/'))).toBe('whole');
  });

  test('is listed to its last page', async () => {
    const names = Array.from({length: 1003}, (_, n) => `many/${String(n).padStart(5, '0')}.rdb`);
    for (let at = 0; at < names.length; at += 100)
      await Promise.all(names.slice(at, at + 100).map(name => put(name, Buffer.from('old'))));
    await new Promise(resolve => setTimeout(resolve, 1100));
    await put('many/99999.rdb');
    expect(await came(reach('many/'))).toBe('whole');
  });
});

describe('the bytes', () => {
  test('come as they are stored, whatever they are said to be packed in', async () => {
    const packed = gzipSync(BYTES);
    const options = {blobHTTPHeaders: {blobContentEncoding: 'gzip'}};
    await container.getBlockBlobClient('dump.rdb').uploadData(packed, options);
    expect(await came(reach('dump.rdb'), packed)).toBe('whole');
  });

  test('of a snapshot are those of then', async () => {
    await put('dump.rdb');
    const {snapshot} = await container.getBlobClient('dump.rdb').createSnapshot();
    await put('dump.rdb', Buffer.from('another'));
    expect(await came(reach(`dump.rdb?snapshot=${snapshot}`))).toBe('whole');
    expect(await came(reach('dump.rdb'))).toBe('7 wrong bytes');
    expect(await came(reach('dump.rdb?snapshot=2026-01-01T00:00:00.0000000Z'))).toBe('backup/missing');
  });

  /** Azurite keeps no versions. */
  test('of a version are asked for by its name', async () => {
    const asked: string[] = [];
    await using answering = createServer(({url = ''}, response) => {
      asked.push(url);
      response.writeHead(404, {'x-ms-error-code': 'BlobNotFound'}).end();
    }).listen(0, '127.0.0.1');
    await once(answering, 'listening');
    const {port} = answering.address() as {port: number};
    const access = {endpoint: `http://127.0.0.1:${port}/${ACCOUNT}`};
    const version = '2026-01-02T03:04:05.0000000Z';
    await refusal(reach(`dump.rdb?versionid=${version}`, byKey, access), temp.path).catch(() => {});
    expect(new URL(asked[0]!, 'http://localhost').searchParams.get('versionid')).toBe(version);
  });

  test('need no MD5, which blocks do not have', async () => {
    const blob = container.getBlockBlobClient('dump.rdb');
    const id = Buffer.from('block-1').toString('base64');
    await blob.stageBlock(id, BYTES, BYTES.length);
    await blob.commitBlockList([id]);
    expect((await blob.getProperties()).contentMD5).toBeUndefined();
    expect(await came(reach('dump.rdb'))).toBe('whole');
  });

  test('are not taken where they have another MD5 than was said', async () => {
    await put('dump.rdb');
    await container.getBlobClient('dump.rdb').setHTTPHeaders({blobContentMD5: new Uint8Array(16)});
    expect(await came(reach('dump.rdb'))).toBe('source/transfer');
    expect(await came(reach(''))).toBe('source/transfer');
  });

  test('in the archive tier are not there at once', async () => {
    await put('dump.rdb');
    await container.getBlobClient('dump.rdb').setAccessTier('Archive');
    expect(await refusal(reach('dump.rdb'), temp.path)).toMatchObject({
      code: 'source/unreachable',
      message: expect.stringMatching(/archive tier/),
      hint: expect.stringMatching(/set-tier/),
    });
  });
});
