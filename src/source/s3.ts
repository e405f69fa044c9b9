/**
 * S3 and whatever speaks it: `s3://bucket/key`, `s3://bucket/prefix/`, `s3://bucket/prefix/*.rdb`, one version by
 * `?versionId=`. Credentials are found by the SDK's own default chain (environment, OIDC, profile, instance). Imported only
 * when it is wanted.
 */
import type {Readable} from 'node:stream';
import {agentsOf} from './agents.ts';
import {ObjectStore} from './object-store.ts';
import {placeOf} from './place.ts';
import {BulkBody, withBulk} from './s3-bulk-handler.ts';
import {
  faultBy,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  parseS3,
  type S3Client,
  s3Client,
} from './s3-client.ts';
import type {Access, StoreDeps} from './source-job.ts';
import {type Attempt, type Entry, type Range, type Store, StoreFault} from './store.ts';
import {readStream} from './stream.ts';

export function s3Store(uri: string, access: Access, deps: StoreDeps): Store {
  const {bucket, key, versionId} = parseS3(uri);
  const agents = agentsOf(deps.environment ?? {});
  const client = s3Client(access, {...deps, agents});
  if (!agents.proxied) client.config.requestHandler = withBulk(client.config.requestHandler);
  return new BucketStore(client, {bucket, key, versionId});
}

/** Not called Bucket: TypeScript 7.0.2 renames with a class also the keys of objects that are called like it. */
class BucketStore extends ObjectStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #versionId: string | undefined;

  constructor(client: S3Client, {bucket, key, versionId}: ReturnType<typeof parseS3>) {
    super(placeOf(key));
    this.#client = client;
    this.#bucket = bucket;
    this.#versionId = versionId;
  }

  async look(entry: Entry, attempt: Attempt): Promise<Entry> {
    const exact = await this.head(entry.name, attempt);
    if (exact) return exact;
    throw new StoreFault('gone', 'it was listed, and is no longer there');
  }

  async open(
    {name, version, sizeBytes}: Entry,
    {from, to}: Range,
    attempt: Attempt,
  ): Promise<AsyncIterable<Uint8Array>> {
    const [etag, versionId] = (version ?? '').split(' ');
    const {Body, ETag, ContentRange} = await this.#ask(attempt, abortSignal =>
      this.#client.send(
        new GetObjectCommand({
          ...this.#object(name),
          ...(versionId && {VersionId: versionId}),
          ...(etag && {IfMatch: etag}),
          ...((from > 0 || to !== null) && {Range: `bytes=${from}-${to === null ? '' : to - 1}`}),
        }),
        {abortSignal},
      ),
    );
    const body = Body as Readable;
    // Not everybody who speaks S3 minds the condition.
    const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1];
    const same = (!etag || !ETag || ETag === etag) && (total === undefined || Number(total) === sizeBytes);
    if (same) return body instanceof BulkBody ? body.pieces : readStream(body, attempt);
    body.destroy();
    throw new StoreFault('changed', 'it is not what it was a moment ago');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  protected location(key: string): string {
    return `s3://${this.#bucket}/${key}`;
  }

  #object(name: string) {
    return {Bucket: this.#bucket, Key: this.place.directory + name};
  }

  protected async *pages(prefix: string, size: number, attempt: Attempt): AsyncGenerator<Entry[]> {
    let token: string | undefined;
    do {
      const asked = {Bucket: this.#bucket, Prefix: prefix, MaxKeys: size, ContinuationToken: token};
      const page = await this.#ask(attempt, abortSignal =>
        this.#client.send(new ListObjectsV2Command(asked), {abortSignal}),
      );
      yield (page.Contents ?? []).flatMap(({Key, Size, LastModified, ETag}) =>
        // Consoles make directories by objects whose names end so.
        Key === undefined || Key.endsWith('/')
          ? []
          : {
              name: Key.slice(prefix.length),
              location: this.location(Key),
              sizeBytes: Size ?? null,
              modifiedAt: LastModified?.toISOString() ?? null,
              ...(ETag && {version: ETag}),
            },
      );
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  protected async head(name: string, attempt: Attempt): Promise<Entry | null> {
    const object = this.#object(name);
    const isNamed = name === this.place.named;
    const versionId = isNamed ? this.#versionId : undefined;
    try {
      const head = await this.#ask(attempt, abortSignal =>
        this.#client.send(
          new HeadObjectCommand({
            ...object,
            ...(versionId && {VersionId: versionId}),
            ChecksumMode: 'ENABLED',
          }),
          {abortSignal},
        ),
      );
      const version = [head.ETag ?? '', head.VersionId ?? ''].join(' ').trimEnd();
      return {
        name,
        location: this.location(object.Key),
        sizeBytes: head.ContentLength ?? null,
        modifiedAt: head.LastModified?.toISOString() ?? null,
        ...(version !== '' && {version}),
        ...checksumOf(head),
      };
    } catch (error) {
      if (error instanceof StoreFault && error.kind === 'gone') return null;
      throw isNamed ? await this.#explained(error, name, attempt) : error;
    }
  }

  /** What answers a HEAD has no body that could say why: asked for a byte, S3 tells. */
  async #explained(error: unknown, name: string, attempt: Attempt): Promise<unknown> {
    if (!(error instanceof StoreFault) || !['denied', 'refused'].includes(error.kind)) return error;
    const byte = new GetObjectCommand({...this.#object(name), Range: 'bytes=0-0'});
    const {Body} = await this.#ask(attempt, abortSignal => this.#client.send(byte, {abortSignal}));
    (Body as Readable).destroy();
    return error;
  }

  async #ask<T>({signal}: Attempt, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await request(signal);
    } catch (error) {
      throw faultBy(error);
    }
  }
}

/** Of the whole object only: an object that was put in parts may have a checksum of the checksums of its parts. */
function checksumOf(head: HeadObjectCommandOutput): Pick<Entry, 'checksum'> {
  const {ChecksumSHA256, ChecksumType, ETag = '', ServerSideEncryption} = head;
  if (ChecksumSHA256 && ChecksumType !== 'COMPOSITE' && !ChecksumSHA256.includes('-')) {
    return {checksum: {algorithm: 'sha256', hex: Buffer.from(ChecksumSHA256, 'base64').toString('hex')}};
  }
  // Whatever is not put in parts or encrypted with a key has its MD5 for an ETag; most who speak S3 do the same.
  const [, md5] = /^"?([0-9a-f]{32})"?$/i.exec(ETag) ?? [];
  const plain = ServerSideEncryption === undefined || ServerSideEncryption === 'AES256';
  if (md5 === undefined || !plain || head.SSECustomerAlgorithm) return {};
  return {checksum: {algorithm: 'md5', hex: md5.toLowerCase(), probable: true}};
}
