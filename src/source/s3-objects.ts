/**
 * Small objects below a prefix in S3: listed, read, put and removed, for what we keep there ourselves. Each request is
 * repeated with patience; throws the DrillError of a source. Keys are the caller's, and never written twice.
 */
import {agentsOf} from './agents.ts';
import {DEFAULT_PATIENCE, Patience} from './patience.ts';
import {
  DeleteObjectCommand,
  faultBy,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  parseS3,
  s3Client,
} from './s3-client.ts';
import type {Access, StoreDeps} from './source-job.ts';
import {StoreFault} from './store.ts';

/** For all of it: what we keep is small. */
const DEADLINE_MS = 5 * 60_000;
/** Requests at a time. */
const AT_ONCE = 16;

export type S3Objects = {
  /** Names below the prefix, in whatever order. */
  list(below: string): Promise<string[]>;
  /** `null` of what is not there any more. */
  get(names: string[]): Promise<(string | null)[]>;
  put(name: string, text: string): Promise<void>;
  remove(names: string[]): Promise<void>;
};

export function s3Objects(
  uri: string,
  access: Access,
  deps: StoreDeps & {signal?: AbortSignal | undefined},
): S3Objects {
  const {bucket: Bucket, key} = parseS3(uri);
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  const client = s3Client(access, {...deps, agents: agentsOf(deps.environment ?? {})});
  const patience = () => new Patience({...DEFAULT_PATIENCE, deadlineMs: DEADLINE_MS}, deps.signal);
  const ask = <T>(doing: string, request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> =>
    patience().persist(`${doing} s3://${Bucket}/${prefix}`, async ({signal}) => {
      try {
        return await request(signal);
      } catch (error) {
        throw faultBy(error);
      }
    });
  const page = (below: string, token: string | undefined) => (abortSignal: AbortSignal) =>
    client.send(new ListObjectsV2Command({Bucket, Prefix: prefix + below, ContinuationToken: token}), {
      abortSignal,
    });
  const textOf = (name: string) => (abortSignal: AbortSignal) =>
    client
      .send(new GetObjectCommand({Bucket, Key: prefix + name}), {abortSignal})
      .then(({Body}) => Body!.transformToString('utf8'))
      .catch((error: unknown) => {
        const fault = faultBy(error);
        if (fault instanceof StoreFault && fault.kind === 'gone') return null;
        throw fault;
      });
  return {
    async list(below) {
      const names: string[] = [];
      let token: string | undefined;
      do {
        const listed = await ask('listing', page(below, token));
        names.push(...(listed.Contents ?? []).flatMap(({Key}) => (Key ? [Key.slice(prefix.length)] : [])));
        token = listed.NextContinuationToken;
      } while (token !== undefined);
      return names;
    },
    get: names => each(names, name => ask('reading', textOf(name))),
    async put(name, text) {
      const object = {Bucket, Key: prefix + name, Body: text, ContentType: 'application/json'};
      await ask('writing', abortSignal => client.send(new PutObjectCommand(object), {abortSignal}));
    },
    async remove(names) {
      await each(names, name =>
        ask('thinning', abortSignal =>
          client.send(new DeleteObjectCommand({Bucket, Key: prefix + name}), {abortSignal}),
        ),
      );
    },
  };
}

/** In their order, several at a time. */
async function each<T>(names: string[], work: (name: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < names.length; index = next++) results[index] = await work(names[index]!);
  };
  await Promise.all(Array.from({length: Math.min(AT_ONCE, names.length)}, worker));
  return results;
}
