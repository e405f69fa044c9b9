/** Credentials inside URIs, so that an edge can have them masked before anything is printed. Pure. */

/** `scheme://user:password@host`: the password, and a user without one, which is a token. */
const USER_INFO = /[a-z][a-z0-9+.-]*:\/\/([^\s/?#@]*)@/gi;

/** Parameters of pre-signed URLs: S3 (v4 and v2), Azure SAS, Google Cloud, and tokens by their usual names. */
const SIGNED =
  /[?&](?:x-amz-signature|x-amz-credential|x-amz-security-token|awsaccesskeyid|signature|sig|x-goog-signature|x-goog-credential|access_token|token|api[-_]?key|password|secret)=([^&#\s]+)/gi;

/** As written and as decoded: either may turn up in somebody's message. Longest first. */
export function credentialsIn(text: string): string[] {
  const users = [...text.matchAll(USER_INFO)].flatMap(([, userInfo]) => {
    const [user, ...password] = userInfo!.split(':');
    return password.length > 0 ? [password.join(':')] : [user!];
  });
  const parameters = [...text.matchAll(SIGNED)].map(([, value]) => value!);
  const found = [...users, ...parameters].flatMap(value => [value, decoded(value)]);
  return [...new Set(found)].filter(value => value !== '').toSorted((a, b) => b.length - a.length);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
