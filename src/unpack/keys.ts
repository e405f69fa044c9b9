/**
 * What the config says about decrypting, and the secrets that it names. They come from the environment only, are handed
 * to whoever masks logs before anything else is done with them, and are never part of any message.
 */
import {z} from 'zod';
import {DrillError} from '../errors.ts';
import {secretSchema} from '../source/source-job.ts';

/** Of a cipher or digest as openssl names it: nothing that it could take for another option. */
const algorithmSchema = z.string().regex(/^[a-z0-9][a-z0-9-]*$/i, 'not the name of an algorithm of openssl');

export const decryptSchema = z.strictObject({
  age: z
    .union([z.strictObject({identity: secretSchema}), z.strictObject({passphrase: secretSchema})])
    .optional(),
  /** `key`: an armored secret key; without it gpg's own keyring is asked. `passphrase`: of the key, or of the message. */
  gpg: z.strictObject({key: secretSchema.optional(), passphrase: secretSchema.optional()}).optional(),
  /** As `openssl enc` was called; its output does not say. */
  openssl: z
    .strictObject({
      passphrase: secretSchema,
      cipher: algorithmSchema.default('aes-256-cbc'),
      /** `false`: of before OpenSSL 1.1.1, or called without -pbkdf2. */
      pbkdf2: z.boolean().default(true),
      iter: z.int().min(1).optional(),
      digest: algorithmSchema.default('sha256'),
    })
    .optional(),
});
export type DecryptConfig = z.output<typeof decryptSchema>;

/** `value` is absent where the environment has none. */
export type Secret = {name: string; value: string | undefined};

export type Keys = {
  age?: {identity: Secret} | {passphrase: Secret};
  gpg?: {key?: Secret; passphrase?: Secret};
  openssl?: {passphrase: Secret; cipher: string; pbkdf2: boolean; iter?: number | undefined; digest: string};
};

/** How the edge gives secrets: looked up by name, and masked wherever it prints. */
export type Secrets = {
  env: (name: string) => string | undefined;
  mask?: ((secret: string) => void) | undefined;
};

export function resolveKeys({age, gpg, openssl}: DecryptConfig, {env, mask}: Secrets): Keys {
  const resolve = (reference: string): Secret => {
    const name = reference.slice('env:'.length);
    const value = env(name) || undefined;
    if (value !== undefined) mask?.(value);
    return {name, value};
  };
  const keys: Keys = {};
  if (age) {
    keys.age = 'identity' in age ? {identity: resolve(age.identity)} : {passphrase: resolve(age.passphrase)};
  }
  if (gpg) {
    keys.gpg = {
      ...(gpg.key && {key: resolve(gpg.key)}),
      ...(gpg.passphrase && {passphrase: resolve(gpg.passphrase)}),
    };
  }
  if (openssl) keys.openssl = {...openssl, passphrase: resolve(openssl.passphrase)};
  return keys;
}

/** Throws DrillError `unpack/no-key` where the environment does not have it. */
export function reveal({name, value}: Secret): string {
  if (value !== undefined) return value;
  throw new DrillError(
    'unpack/no-key',
    `the backup is encrypted, and the environment variable ${name} is not set`,
    {
      hint: 'Give the step the secret (`env:` in the workflow). Workflows of forks never get secrets.',
    },
  );
}

export function noKey(form: string, kind: keyof Keys): DrillError {
  return new DrillError('unpack/no-key', `the backup is ${form}, and no key for it is configured`, {
    hint: `Configure \`decrypt: {${kind}: …}\` for this backup, with the secret in the environment (env:NAME).`,
    facts: {form},
  });
}
