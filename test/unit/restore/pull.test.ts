import {PassThrough, type Readable} from 'node:stream';
import {describe, expect, test} from '@jest/globals';
import {pullUntilAborted} from '../../../src/restore/pull.ts';

type Options = {abortSignal: AbortSignal; authconfig?: unknown};

/** An engine's client whose pulls answer with `stream`, and what it was asked. */
function aClient(stream: Readable) {
  const asked: Options[] = [];
  return {
    asked,
    pull: async (_reference: string, options: object) => {
      asked.push(options as Options);
      return stream;
    },
  };
}
type Client = ReturnType<typeof aClient>;

/** As testcontainers pulls: with credentials, to the end of the stream, whatever it says. */
const asTestcontainers = async (client: Client): Promise<void> => {
  const stream = await client.pull('redis:7.0', {authconfig: {username: 'me'}});
  await new Promise(resolve => stream.on('end', resolve));
};

describe('a pull', () => {
  test('that succeeds says nothing, and was asked with the credentials that were found', async () => {
    const stream = new PassThrough();
    const client = aClient(stream);
    const pulling = pullUntilAborted(client, asTestcontainers, undefined);
    stream.end('{"status":"Pull complete"}\n');
    expect(await pulling).toBeNull();
    expect(client.asked[0]).toMatchObject({authconfig: {username: 'me'}});
  });

  test('that is refused says why, without the client’s words before it', async () => {
    const failure = pullUntilAborted(
      aClient(new PassThrough()),
      async () => {
        throw new Error('(HTTP code 404) no such image - pull access denied for redis');
      },
      undefined,
    );
    expect(await failure).toBe('pull access denied for redis');
  });

  test('that fails on the way says why, though the stream ends as if nothing were wrong', async () => {
    const stream = new PassThrough();
    const pulling = pullUntilAborted(aClient(stream), asTestcontainers, undefined);
    stream.end('{"status":"Pulling"}\n{"errorDetail":{},"error":"toomanyrequests: \\"rate\\" limit"}\n');
    expect(await pulling).toBe('toomanyrequests: "rate" limit');
  });

  test('whose line breaks says so', async () => {
    const stream = new PassThrough();
    const pulling = pullUntilAborted(aClient(stream), asTestcontainers, undefined);
    stream.write('{"status":"Pulling"}\n');
    setImmediate(() => stream.destroy(new Error('ECONNRESET')));
    expect(await pulling).toBe('the engine broke the pull off');
  });

  test('ends with the drill, and lets go of the engine', async () => {
    const abort = new AbortController();
    const client = aClient(new PassThrough());
    const pulling = pullUntilAborted(client, asTestcontainers, abort.signal);
    setImmediate(() => abort.abort());
    await expect(pulling).rejects.toMatchObject({code: 'cancelled'});
    expect(client.asked[0]!.abortSignal.aborted).toBe(true);
  });

  test('is not begun when the drill is cancelled already', async () => {
    const client = aClient(new PassThrough());
    const pulling = pullUntilAborted(client, asTestcontainers, AbortSignal.abort());
    await expect(pulling).rejects.toMatchObject({code: 'cancelled'});
  });
});
