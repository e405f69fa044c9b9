/**
 * Which form a backup comes in, told from its first bytes and never from its name. Only the forms that somebody packs
 * a dump in are known here; what a file is that is no backup at all is a question for inspect.
 */

type Signature = {form: string; offset: number; bytes: string};

/** Bytes as latin-1. Sources: RFC 1952, RFC 8878, the bzip2, xz, lz4 frame, zip, tar (ustar), age and OpenSSL formats. */
const SIGNATURES: readonly Signature[] = [
  {form: 'gzip', offset: 0, bytes: '\x1f\x8b'},
  {form: 'zstd', offset: 0, bytes: '\x28\xb5\x2f\xfd'},
  {form: 'bzip2', offset: 0, bytes: 'BZh'},
  {form: 'xz', offset: 0, bytes: '\xfd7zXZ\x00'},
  {form: 'lz4', offset: 0, bytes: '\x04\x22\x4d\x18'},
  {form: 'zip', offset: 0, bytes: 'PK\x03\x04'},
  {form: 'tar', offset: 257, bytes: 'ustar'},
  {form: 'age', offset: 0, bytes: 'age-encryption.org/'},
  {form: 'age', offset: 0, bytes: '-----BEGIN AGE ENCRYPTED FILE-----'},
  {form: 'OpenPGP', offset: 0, bytes: '-----BEGIN PGP MESSAGE-----'},
  {form: 'openssl enc', offset: 0, bytes: 'Salted__'},
  {form: 'Valkey compressed dump', offset: 0, bytes: 'VKCS'},
  {form: 'AOF manifest', offset: 0, bytes: 'file '},
];

/** How many of a file's first bytes `recogniseForm` looks at. */
export const FORM_HEAD_BYTES = 512;

/** `null` when the bytes are of none of the known packed forms: then the file is taken for a plain dump. */
export function recogniseForm(head: Uint8Array): string | null {
  const text = Buffer.from(head).toString('latin1');
  for (const {form, offset, bytes} of SIGNATURES) {
    if (text.startsWith(bytes, offset)) return form;
  }
  // A command stream: *argc CRLF $length CRLF.
  return /^(#TS:\d+\r\n)?\*\d+\r\n\$\d+\r\n/.test(text) ? 'AOF' : null;
}
