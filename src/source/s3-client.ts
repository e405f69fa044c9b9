/**
 * The client of S3 and of whatever speaks it, with what goes wrong turned into a StoreFault: the only importer of the SDK.
 * Credentials are found by the SDK's own default chain (environment, OIDC, profile, instance).
 */
import {S3Client} from '@aws-sdk/client-s3';
import {DrillError} from '../errors.ts';
import type {Agents} from './agents.ts';
import type {Access, StoreDeps} from './source-job.ts';
import {faultOfStatus, StoreFault} from './store.ts';
import {unreachableBy} from './stream.ts';

export {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';

const CONNECT_MS = 10_000;

export function s3Client(
  {endpoint, region, pathStyle}: Access,
  {env, agents}: Pick<StoreDeps, 'env'> & {agents: Agents},
): S3Client {
  const known = region ?? (env('AWS_REGION') || env('AWS_DEFAULT_REGION'));
  return new S3Client({
    // Others than AWS have no regions, but a signature names one.
    region: known ?? (endpoint ? 'us-east-1' : undefined) ?? 'us-east-1',
    followRegionRedirects: true,
    ...(endpoint && {endpoint}),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    // Patience is ours, and so is verifying: of a part no checksum of the whole can be checked.
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Not everybody who speaks S3 knows the newer ones.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // By itself the SDK knows of no proxy.
    requestHandler: {connectionTimeout: CONNECT_MS, httpAgent: agents.http, httpsAgent: agents.https},
  });
}

/** Throws DrillError `usage/invalid`. */
export function parseS3(uri: string): {bucket: string; key: string; versionId: string | undefined} {
  const [, bucket, key = '', query] = /^s3:\/\/([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/i.exec(uri) ?? [];
  const parameters = new URLSearchParams(query);
  const others = [...parameters.keys()].filter(name => name !== 'versionId');
  if (bucket === undefined || others.length > 0) {
    throw new DrillError('usage/invalid', 'not the address of an object or prefix in S3', {
      hint: 'Write s3://bucket/key, s3://bucket/prefix/ or s3://bucket/key?versionId=ID.',
    });
  }
  return {bucket, key, versionId: parameters.get('versionId') ?? undefined};
}

type ServiceError = Error & {
  $metadata?: {httpStatusCode?: number};
  $response?: {headers?: Record<string, string>};
};

/** By the names that S3 gives its errors; messages may hold keys and requests. */
const DENIED: Record<string, string> = {
  ExpiredToken: 'the session token has expired',
  ExpiredTokenException: 'the session token has expired',
  InvalidAccessKeyId: 'the access key is not known',
  SignatureDoesNotMatch: 'the secret key is not that of the access key',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  InvalidToken: 'the session token is not valid',
  CredentialsProviderError: 'no credentials were found',
  TokenProviderError: 'the login has expired',
};

export function faultBy(error: unknown): unknown {
  const {name, $metadata, $response} = error as ServiceError;
  const denied = DENIED[name];
  if (denied) return new StoreFault('denied', denied, {cause: error});
  if (name === 'NoSuchBucket')
    return new StoreFault('refused', 'there is no such bucket', {hint: BUCKET, cause: error});
  const status = $metadata?.httpStatusCode;
  if (status === undefined) {
    const fault = unreachableBy(error);
    // The SDK marks what went wrong between sending and receiving, and may hide its code; the rest is a bug of ours.
    return fault === error && $metadata ? new StoreFault('unreachable', 'no answer', {cause: error}) : fault;
  }
  if (status === 301 || status === 307)
    return new StoreFault('refused', 'the bucket is in another region', {hint: REGION, cause: error});
  const message = `S3 answers ${status}${name && !/^\d+$|^(Unknown)?Error$|^NotFound$/.test(name) ? ` ${name}` : ''}`;
  return faultOfStatus(status, message, $response?.headers?.['retry-after']);
}

const BUCKET = 'Is the name of the bucket right, and that of the endpoint (`store.endpoint`)?';
const REGION = 'Name its region in `store.region` or AWS_REGION.';
