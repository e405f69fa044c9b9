/** One version of an object by `?versionId=`, also where a newer one lies over it or it was deleted. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {servers, skippedBecause} from '../servers.ts';
import {fetched, outcome} from '../stores/fetched.ts';
import {freePort, startOnPort} from '../stores/programs.ts';

const moto = servers.stores?.moto ?? {reason: 'setup has not seen to it'};
type It = typeof test.skip;
const it: It =
  'path' in moto ? (test as unknown as It) : skippedBecause(`moto cannot be had: ${moto.reason}`);

const temp = scratch();
const FIRST = Buffer.from('the first version');
const SECOND = Buffer.from('the second, which lies over it');
let server: AsyncDisposable | null = null;
let client: S3Client;
let access = {endpoint: ''};
let versions: string[] = [];

beforeAll(async () => {
  if (!('path' in moto)) return;
  const port = await freePort();
  server = await startOnPort(moto.path, ['-H', '127.0.0.1', '-p', String(port)], port);
  access = {endpoint: `http://127.0.0.1:${port}`};
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'MOTO',
    AWS_SECRET_ACCESS_KEY: 'MOTO',
    AWS_REGION: 'us-east-1',
  });
  client = new S3Client({...access, region: 'us-east-1', forcePathStyle: true});
  await client.send(new CreateBucketCommand({Bucket: 'versioned'}));
  const Status = 'Enabled';
  await client.send(new PutBucketVersioningCommand({Bucket: 'versioned', VersioningConfiguration: {Status}}));
  const put = (Body: Buffer) =>
    client
      .send(new PutObjectCommand({Bucket: 'versioned', Key: 'dump.rdb', Body}))
      .then(put => put.VersionId!);
  versions = [await put(FIRST), await put(SECOND)];
});
afterAll(async () => {
  client?.destroy();
  await server?.[Symbol.asyncDispose]();
  temp.dispose();
});

const version = (id: string) => ({
  spec: `s3://versioned/dump.rdb?versionId=${encodeURIComponent(id)}`,
  access,
});

it('brings the version that is asked for, and without one the last', async () => {
  expect(new Set(versions).size).toBe(2);
  expect(await outcome(version(versions[0]!), temp.path, FIRST)).toBe('whole');
  expect(await outcome(version(versions[1]!), temp.path, SECOND)).toBe('whole');
  expect(await outcome({spec: 's3://versioned/dump.rdb', access}, temp.path, SECOND)).toBe('whole');
});

it('brings the version that was found, whatever is put over it meanwhile', async () => {
  const Body = Buffer.from('a third, put in between');
  const meanwhile = async () => {
    await client.send(new PutObjectCommand({Bucket: 'versioned', Key: 'dump.rdb', Body}));
  };
  expect(await outcome({spec: 's3://versioned/dump.rdb', access}, temp.path, SECOND, {meanwhile})).toBe(
    'whole',
  );
});

it('brings a version of what was deleted, which without one is missing', async () => {
  await client.send(new DeleteObjectCommand({Bucket: 'versioned', Key: 'dump.rdb'}));
  expect(await outcome({spec: 's3://versioned/dump.rdb', access}, temp.path, FIRST)).toBe('backup/missing');
  expect(await outcome(version(versions[0]!), temp.path, FIRST)).toBe('whole');
});

it('finds no version that never was', async () => {
  const none = fetched(version('0'.repeat(32)), temp.path);
  await expect(none).resolves.toMatchObject({reason: {rule: 'backup/missing'}});
});
