import {describe, expect, test} from '@jest/globals';
import {readJob} from '../../../src/config/config.ts';

const jobWith = (...set: string[]) => readJob({backup: 'dump.rdb.gz.age', set});

describe('what a config says about packing', () => {
  test('are names of secrets, never secrets, and limits', async () => {
    const job = await jobWith(
      'decrypt.age.identity=env:AGE_IDENTITY',
      'unpack.max-size=10gb',
      'unpack.max-ratio=500',
    );
    expect(job.decrypt).toEqual({age: {identity: 'env:AGE_IDENTITY'}});
    expect(job.limits).toEqual({maxRatio: 500, maxSizeBytes: 10 * 1024 ** 3, maxEntries: 100_000});
  });

  test('has defaults', async () => {
    const {decrypt, limits} = await jobWith();
    expect(decrypt).toEqual({});
    expect(limits).toEqual({maxRatio: 100, maxSizeBytes: 1024 ** 4, maxEntries: 100_000});
  });

  test.each([
    'decrypt.age.identity=AGE-SECRET-KEY-1HUNTER2',
    'decrypt.age.passphrase=HUNTER2',
    'decrypt.gpg.passphrase=HUNTER2',
    'decrypt.openssl.passphrase=HUNTER2',
    'decrypt.openssl={passphrase: "env:P", cipher: "-out HUNTER2"}',
  ])('is refused with its place, without repeating what may be a secret: %#', async setting => {
    const error = await jobWith(setting).then(
      () => null,
      thrown => thrown as Error,
    );
    expect(error).toMatchObject({code: 'config/invalid'});
    expect(error!.message).toMatch(/^--set decrypt\./);
    expect(error!.message).not.toContain('HUNTER2');
  });

  test('may name no secret where a stranger may have written it', async () => {
    const asked = readJob({backup: 'x', set: ['decrypt.gpg.key=env:GPG_KEY'], untrusted: 'a fork'});
    await expect(asked).rejects.toMatchObject({code: 'config/untrusted'});
  });
});
