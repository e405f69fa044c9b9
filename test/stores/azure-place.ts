/** Azure Blob Storage as a place among the others: Azurite, Azure's own emulator, filled by Azure's own client. */
import {createRequire} from 'node:module';
import {BlobServiceClient, StorageSharedKeyCredential} from '@azure/storage-blob';
import {FaultyProxy} from './faulty-proxy.ts';
import type {RunningPlace} from './places.ts';
import {freePort, startOnPort} from './programs.ts';

export const ACCOUNT = 'acme';
/** Of `open sesame`: such keys are base64. */
export const KEY = Buffer.from('open sesame').toString('base64');
const WRONG = Buffer.from('open barley').toString('base64');

/** `more`: such as a certificate, and with it logins of Entra ID. */
export async function azurite(more: string[] = []): Promise<AsyncDisposable & {port: number}> {
  const main = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
  const port = await freePort();
  const args = [
    '--blobPort',
    String(port),
    '--inMemoryPersistence',
    '--silent',
    '--disableTelemetry',
    // Its releases come after the client's.
    '--skipApiVersionCheck',
    ...more,
  ];
  const server = await startOnPort(process.execPath, [main, ...args], port, {
    AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}`,
  });
  return {port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]()};
}

export function officialClient(port: number): BlobServiceClient {
  const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);
  return new BlobServiceClient(`http://127.0.0.1:${port}/${ACCOUNT}`, credential);
}

export async function azure(): Promise<RunningPlace> {
  const server = await azurite();
  const proxy = await FaultyProxy.to(server.port);
  const container = officialClient(server.port).getContainerClient('backups');
  await container.create();
  const reach = (path: string, key: string) => ({
    spec: `az://backups/${path}`,
    access: {endpoint: `http://127.0.0.1:${proxy.port}/${ACCOUNT}`},
    env: {AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: key},
  });
  return {
    proxy,
    reach: path => reach(path, KEY),
    stranger: path => reach(path, WRONG),
    put: async (path, bytes) => void (await container.getBlockBlobClient(path).uploadData(bytes)),
    remove: async path => void (await container.deleteBlob(path)),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
