import {describe, expect, test} from '@jest/globals';
import {DrillError} from '../../../src/errors.ts';
import {decryptSchema, resolveKeys, reveal} from '../../../src/unpack/keys.ts';
import {Budget, DEFAULT_LIMITS} from '../../../src/unpack/limits.ts';

describe('secrets', () => {
  const config = decryptSchema.parse({
    age: {identity: 'env:AGE'},
    gpg: {key: 'env:KEY', passphrase: 'env:PASS'},
    openssl: {passphrase: 'env:PASS', iter: 5},
  });

  test('come from the environment, and are masked before anything else', () => {
    const masked: string[] = [];
    const env = (name: string) => ({AGE: 'one', KEY: 'two', PASS: 'three'})[name];
    const keys = resolveKeys(config, {env, mask: secret => void masked.push(secret)});
    expect(masked).toEqual(['one', 'two', 'three', 'three']);
    expect(keys.openssl).toMatchObject({cipher: 'aes-256-cbc', digest: 'sha256', pbkdf2: true, iter: 5});
    expect(reveal(keys.gpg!.key!)).toBe('two');
  });

  test.each([
    undefined,
    '',
  ])('that the environment has as %j are missing when they are needed, not before', value => {
    const masked: string[] = [];
    const keys = resolveKeys(config, {env: () => value, mask: secret => void masked.push(secret)});
    expect(masked).toEqual([]);
    expect(() => reveal(keys.openssl!.passphrase)).toThrow(DrillError);
    expect(() => reveal(keys.openssl!.passphrase)).toThrow(/PASS is not set/);
  });

  test.each([
    {age: {identity: 'AGE-SECRET-KEY-1SECRET'}},
    {age: {passphrase: 'hunter2'}},
    {gpg: {key: 'hunter2'}},
    {openssl: {passphrase: 'hunter2'}},
    {openssl: {passphrase: 'env:PASS', cipher: '-out'}},
    {openssl: {passphrase: 'env:PASS', digest: 'a b'}},
    {age: {identity: 'env:A', passphrase: 'env:B'}},
  ])('that stand in the config itself are refused, and not repeated: %#', written => {
    const {error} = decryptSchema.safeParse(written);
    expect(error).toBeDefined();
    expect(error!.message).not.toMatch(/hunter2|AGE-SECRET/);
  });
});

describe('the budget', () => {
  const budget = (read: number) => new Budget(DEFAULT_LIMITS, () => read);
  const MIB = 1024 ** 2;

  test('lets small things unfold as they like, and large ones a hundredfold', () => {
    expect(() => budget(1).unfold(1, 256 * MIB)).not.toThrow();
    expect(() => budget(10 * MIB).unfold(1, 1000 * MIB)).not.toThrow();
    expect(() => budget(10 * MIB).unfold(1, 1001 * MIB)).toThrow(/more than 100 times/);
  });

  test('counts all layers and entries together', () => {
    const small = new Budget({maxRatio: 100, maxSizeBytes: 10, maxEntries: 2}, () => 10);
    small.unfold(6, 6);
    expect(() => small.unfold(6, 6)).toThrow(/more than 10 bytes/);
    small.countEntry();
    small.countEntry();
    expect(() => small.countEntry()).toThrow(/more than 2 entries/);
  });
});
