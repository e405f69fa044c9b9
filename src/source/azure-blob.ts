/**
 * Azure Blob Storage: `az://container/path`, `az://account.blob.core.windows.net/container/path`; one version by
 * `?versionid=` or `?snapshot=`. The only importer of its SDK, and itself imported only when it is wanted. A backup is
 * pinned by its ETag; its MD5 is verified where whoever put it there has left one.
 */
import type {Readable} from 'node:stream';
import {
  type BlobItem,
  BlobServiceClient,
  type ContainerClient,
  StorageRetryPolicyType,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import {DrillError} from '../errors.ts';
import {type AzureAccount, anotherAccount, azureAccount} from './azure-account.ts';
import {azureFault} from './azure-fault.ts';
import {ObjectStore} from './object-store.ts';
import {placeOf} from './place.ts';
import type {Access, StoreDeps} from './source-job.ts';
import {type Attempt, type Entry, type Range, type Store, StoreFault} from './store.ts';
import {readStream} from './stream.ts';

type Address = {
  host: string | undefined;
  container: string;
  path: string;
  versionId: string | undefined;
  snapshot: string | undefined;
};

export async function azureStore(uri: string, {endpoint}: Access, deps: StoreDeps): Promise<Store> {
  const address = parse(uri);
  const account = azureAccount({host: address.host, endpoint}, deps);
  const client = await clientOf(account);
  return new Container(client.getContainerClient(address.container), account, address);
}

/** A name without a dot is a container: those never have one, and hosts always do. */
function parse(uri: string): Address {
  const [, first = '', rest = '', query] = /^az:\/\/([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/i.exec(uri) ?? [];
  const host = first.includes('.') ? first.toLowerCase() : undefined;
  const [container = '', ...parts] = host === undefined ? [first, rest] : rest.split('/');
  const parameters = new URLSearchParams(query);
  const others = [...parameters.keys()].filter(name => name !== 'versionid' && name !== 'snapshot');
  const versions = {
    versionId: parameters.get('versionid') ?? undefined,
    snapshot: parameters.get('snapshot') ?? undefined,
  };
  if (/^(\$root|\$web|\$logs|[a-z0-9](-?[a-z0-9]){2,62})$/.test(container) && others.length === 0)
    return {host, container, path: parts.join('/'), ...versions};
  throw new DrillError('usage/invalid', 'source: not the address of a blob or prefix in Azure', {
    hint: 'Write az://CONTAINER/path, az://ACCOUNT.blob.core.windows.net/CONTAINER/path or …/path?versionid=ID.',
  });
}

async function clientOf({url, name, login}: AzureAccount): Promise<BlobServiceClient> {
  // Patience is ours.
  const options = {retryOptions: {maxTries: 1, retryPolicyType: StorageRetryPolicyType.FIXED}};
  switch (login.kind) {
    case 'connection string': {
      const client = connected(login.text, options);
      if (url !== null && client.accountName !== name)
        throw anotherAccount('AZURE_STORAGE_CONNECTION_STRING', client.accountName, name);
      return client;
    }
    case 'key':
      return new BlobServiceClient(url!, keyOf(name, login.key), options);
    case 'SAS':
      return new BlobServiceClient(`${url}?${login.token}`, undefined, options);
    case 'identity': {
      const {azureIdentity} = await import('./azure-login.ts');
      return new BlobServiceClient(url!, azureIdentity(), options);
    }
  }
}

type ClientOptions = Parameters<typeof BlobServiceClient.fromConnectionString>[1];

/** Without the SDK's messages: they repeat what they could not read. */
function connected(text: string, options: ClientOptions): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(text, options);
  } catch {
    throw new DrillError('source/denied', 'AZURE_STORAGE_CONNECTION_STRING is not a connection string', {
      hint: 'Copy it from “Access keys” of the storage account, whole: DefaultEndpointsProtocol=https;AccountName=…',
    });
  }
}

function keyOf(name: string, key: string): StorageSharedKeyCredential {
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(key)) return new StorageSharedKeyCredential(name, key);
  throw new DrillError('source/denied', 'AZURE_STORAGE_KEY is not the key of a storage account', {
    hint: 'Copy it from “Access keys” of the storage account, without spaces or line ends.',
  });
}

/** What listings and single blobs have in common. */
type Properties = {
  contentLength?: number | undefined;
  lastModified?: Date | undefined;
  etag?: string | undefined;
  contentMD5?: Uint8Array | undefined;
};

class Container extends ObjectStore {
  readonly #client: ContainerClient;
  readonly #account: AzureAccount;
  readonly #address: Address;

  constructor(client: ContainerClient, account: AzureAccount, address: Address) {
    super(placeOf(address.path));
    this.#client = client;
    this.#account = account;
    this.#address = address;
  }

  async open(
    {name, version, sizeBytes}: Entry,
    {from, to}: Range,
    attempt: Attempt,
  ): Promise<AsyncIterable<Uint8Array>> {
    const count = to === null ? undefined : to - from;
    const {etag, contentRange, readableStreamBody} = await this.#ask(
      this.#blob(name).download(from, count, {
        abortSignal: attempt.signal,
        ...(version !== undefined && {conditions: {ifMatch: version}}),
        // Each break is told; going on behind it is not the client's business.
        maxRetryRequests: 0,
      }),
    );
    const body = readableStreamBody as Readable;
    const total = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
    const same =
      (!etag || version === undefined || quoted(etag) === version) && (!total || Number(total) === sizeBytes);
    if (same) return readStream(body, attempt);
    body.destroy();
    throw new StoreFault('changed', 'it is not what it was a moment ago');
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** As it was written: with the account where that was named. */
  protected location(path: string): string {
    const {host, container} = this.#address;
    return `az://${host === undefined ? '' : `${host}/`}${container}/${path}`;
  }

  #blob(name: string) {
    const blob = this.#client.getBlobClient(this.place.directory + name);
    const {versionId, snapshot} = this.#address;
    if (name !== this.place.named) return blob;
    if (versionId !== undefined) return blob.withVersion(versionId);
    return snapshot === undefined ? blob : blob.withSnapshot(snapshot);
  }

  protected async *pages(prefix: string, size: number, attempt: Attempt): AsyncGenerator<Entry[]> {
    const options = {prefix, includeMetadata: true, abortSignal: attempt.signal};
    const pages = this.#client.listBlobsFlat(options).byPage({maxPageSize: size});
    for (;;) {
      const {value, done} = await this.#ask(pages.next());
      if (done) return;
      const blobs = value.segment.blobItems.filter(item => !isDirectory(item));
      yield blobs.map(({name, properties}) => this.#entry(name.slice(prefix.length), properties));
    }
  }

  protected async head(name: string, attempt: Attempt): Promise<Entry | null> {
    try {
      return this.#entry(
        name,
        await this.#ask(this.#blob(name).getProperties({abortSignal: attempt.signal})),
      );
    } catch (error) {
      if (error instanceof StoreFault && error.kind === 'gone') return null;
      throw error;
    }
  }

  #entry(name: string, {contentLength, lastModified, etag, contentMD5}: Properties): Entry {
    return {
      name,
      location: this.location(this.place.directory + name),
      sizeBytes: contentLength ?? null,
      modifiedAt: lastModified?.toISOString() ?? null,
      ...(etag && {version: quoted(etag)}),
      ...(contentMD5?.length === 16 && {
        checksum: {algorithm: 'md5', hex: Buffer.from(contentMD5).toString('hex')},
      }),
    };
  }

  async #ask<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw azureFault(error, this.#account.login);
    }
  }
}

/** Listings have them without the quotes that headers have. */
const quoted = (etag: string): string => (etag.startsWith('"') ? etag : `"${etag}"`);

/** Accounts with real directories list those too; consoles make them by blobs whose names end so. */
const isDirectory = ({name, metadata, properties}: BlobItem): boolean =>
  name.endsWith('/') ||
  metadata?.hdi_isfolder === 'true' ||
  (properties as {ResourceType?: string}).ResourceType === 'directory';
