/**
 * Credentials inside URIs: an edge has them masked before anything is printed, and a request that holds any is refused
 * before a message or a report, which no mask protects, can repeat it. Pure.
 */
import {DrillError} from '../errors.ts';

/** `scheme://user:password@host`: the password, and a user without one, which is a token. */
const USER_INFO = /[a-z][a-z0-9+.-]*:\/\/([^\s/?#@]*)@/gi;

/** A password with `@`, `/`, `?` or `#` in it, which should have been escaped; what follows a port is none. */
const UNESCAPED = /[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:(?!\d{1,5}\/)(\S+)@/gi;

/** The same with another number of slashes, which makes a path of it that messages would repeat: `file:///user:password@host`. */
const IN_A_PATH = /[a-z][a-z0-9+.-]*:\/+[^\s/?#@:]*:([^\s/?#@]+)@/gi;

/** Parameters of pre-signed URLs: S3 (v4 and v2), Azure SAS, Google Cloud, and tokens by their usual names. */
const SIGNED =
  /[?&](?:x-amz-signature|x-amz-credential|x-amz-security-token|awsaccesskeyid|signature|sig|x-goog-signature|x-goog-credential|access_token|token|api[-_]?key|password|secret)=([^&#\s]+)/gi;

/** As written and as decoded: either may turn up in somebody's message. Longest first. */
export function credentialsIn(text: string): string[] {
  const users = [...text.matchAll(USER_INFO)].flatMap(([uri, userInfo]) => {
    const [user, ...password] = userInfo!.split(':');
    if (password.length > 0) return [password.join(':')];
    // There a user is just a name: who one is, a key proves.
    return /^sftp:/i.test(uri) ? [] : [user!];
  });
  const unescaped = [UNESCAPED, IN_A_PATH].flatMap(pattern =>
    [...text.matchAll(pattern)].map(([, password]) => password!),
  );
  const parameters = [...text.matchAll(SIGNED)].map(([, value]) => value!);
  const found = [...users, ...unescaped, ...parameters].flatMap(value => [value, decoded(value)]);
  return [...new Set(found)].filter(value => value !== '').toSorted((a, b) => b.length - a.length);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** `given`: flags or inputs by name. */
export function refuseCredentials(given: Record<string, unknown>): void {
  const texts = (name: string) => [given[name]].flat().filter(text => typeof text === 'string');
  const names = Object.keys(given).filter(name => credentialsIn(texts(name).join('\n')).length > 0);
  if (names.length === 0) return;
  throw new DrillError(
    'usage/invalid',
    `a URI may hold no credentials, which logs and reports would repeat: ${names.join(', ')}`,
    {
      hint: 'Put a pre-signed URL into the environment and write env:NAME; other secrets are named in the config (`store`).',
    },
  );
}
