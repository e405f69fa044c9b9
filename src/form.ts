/**
 * What a file really is, by its first bytes: the forms in which backups are stored, and the things that are found
 * in a backup's place. Names are never looked at. A shared room: unpack asks what to unpack, inspect what it got instead
 * of a dump.
 */

/** Bytes that suffice to tell: a tar header carries its magic at byte 257. */
export const FORM_BYTES = 512;

export type Form = {
  /** For messages, with its article: "gzip data", "an HTML page". */
  form: string;
  /** True for what a backup may be in: compressed, archived or encrypted data, and the forms of an AOF. */
  unpackable: boolean;
  /** What unpack takes off; absent of what it cannot take off, or of what is in no packing. */
  packing?: Packing;
};

export type Packing =
  | 'gzip'
  | 'bzip2'
  | 'zstd'
  | 'xz'
  | 'lz4'
  | 'tar'
  | 'zip'
  | 'age'
  | 'gpg'
  | 'openssl'
  /** The last three as text. */
  | 'age-armor'
  | 'gpg-armor'
  | 'openssl-base64';

type Magic = {form: string; at?: number; bytes: string; packing?: Packing};

const hex = (digits: string): string => Buffer.from(digits, 'hex').toString('latin1');

const WRAPPINGS: Magic[] = [
  // The third says how it is compressed, for which there is one value. Two would be met in rubbish once in 65,536.
  {form: 'gzip data', bytes: hex('1f8b08'), packing: 'gzip'},
  {form: 'zstd data', bytes: hex('28b52ffd'), packing: 'zstd'},
  {form: 'bzip2 data', bytes: 'BZh', packing: 'bzip2'},
  {form: 'xz data', bytes: hex('fd377a585a00'), packing: 'xz'},
  {form: 'lz4 data', bytes: hex('04224d18'), packing: 'lz4'},
  {form: 'snappy data', bytes: hex('ff060000734e61507059')},
  {form: 'lzop data', bytes: hex('894c5a4f000d0a1a0a')},
  // compress(1) with its usual 16 bits, and what lzma(1) writes at its usual levels: two bytes alone would suggest too much.
  {form: 'data of compress (.Z)', bytes: hex('1f9d90')},
  {form: 'lzma data of the old format', bytes: hex('5d00008000')},
  {form: 'a zip archive', bytes: hex('504b0304'), packing: 'zip'},
  {form: 'an empty zip archive', bytes: hex('504b0506'), packing: 'zip'},
  {form: 'a 7z archive', bytes: hex('377abcaf271c')},
  {form: 'a tar archive', at: 257, bytes: 'ustar', packing: 'tar'},
  {form: 'an age-encrypted file', bytes: 'age-encryption.org/', packing: 'age'},
  {form: 'an age-encrypted file', bytes: '-----BEGIN AGE ENCRYPTED FILE-----', packing: 'age-armor'},
  {form: 'an OpenPGP message', bytes: '-----BEGIN PGP MESSAGE-----', packing: 'gpg-armor'},
  {form: 'a file encrypted by openssl enc', bytes: 'Salted__', packing: 'openssl'},
  // What the base64 of 'Salted__' begins with.
  {form: 'a file encrypted by openssl enc', bytes: 'U2FsdGVkX1', packing: 'openssl-base64'},
  {form: 'lz4 data of the old format', bytes: hex('02214c18')},
  {form: 'an RDB dump in a compressed stream of Valkey', bytes: 'VKCS'},
];

const OTHERS: Magic[] = [
  {form: 'an RDB dump', bytes: 'REDIS'},
  {form: 'an RDB dump', bytes: 'VALKEY'},
  {form: 'an ELF program', bytes: hex('7f454c46')},
  {form: 'a PDF document', bytes: '%PDF-'},
  {form: 'an SQLite database', bytes: 'SQLite format 3'},
  {form: 'a Git LFS pointer, not the file it points to', bytes: 'version https://git-lfs.'},
];

/**
 * What a binary OpenPGP message begins with: the key of the session, encrypted to a key or from a passphrase. The tag in
 * the old format (84, 85, 8c) or the new (c1, c3), a length of 1 or 2 bytes, then:
 *
 *     to a key      03  key id, 8 bytes   algorithm   ...    06  00 | 21 04 | 33 06, a fingerprint ...
 *     passphrase    04  cipher  S2K type  hash        ...    05  cipher  mode  S2K type ...    06  count  cipher ...
 *
 * Source: RFC 9580, sections 5.1, 5.3 and 9.
 */
const SESSION_KEY_PACKET =
  /^(([\x84\xc1][\s\S]|[\x85\xc1][\s\S]{2})(\x03[\s\S]{8}[\x01-\x03\x10\x12\x19\x1a]|\x06(\0|\x15\x04|\x21\x06))|[\x8c\xc3][\s\S](\x04[\x01-\x0d][\0\x01\x03\x04][\x01-\x0e]|\x05[\x01-\x0d][\x01-\x03][\0\x01\x03\x04]|\x06[\s\S][\x01-\x0d][\x01-\x03]))/;

type Pattern = {
  form: string;
  pattern: RegExp;
  /**
   * What the whole start has to be besides, where the pattern is of a byte or two: one of some thousand pieces of rubbish
   * (what a wrong passphrase decrypts to) would else be taken for such a document, and its damage explained wrongly.
   */
  and?: (head: string) => boolean;
  unpackable?: true;
  packing?: Packing;
};

/** Told by a pattern at the start; `s` as binary data may follow. */
const PATTERNS: Pattern[] = [
  // pzstd begins with a frame that is to be skipped. Source: RFC 8878, section 3.1.2.
  {form: 'zstd data', pattern: /^[\x50-\x5f]\x2a\x4d\x18/, unpackable: true, packing: 'zstd'},
  // Also where line ends were changed on the way.
  {form: 'an append-only file (AOF)', pattern: /^(#TS:\d+\r*\n)?\*\d+\r*\n\$\d/, unpackable: true},
  {form: 'an AOF manifest', pattern: /^(#[^\n]*\n)*file \S+ seq \d/, unpackable: true},
  {
    form: "a dump as it is sent to a replica: '$', its length, then the dump",
    pattern: /^\n*\$(EOF:|\d+\r\n(REDIS|VALKEY))/,
  },
  {form: 'an error reply of a server', pattern: /^-(ERR|NOAUTH|NOPERM|NOMASTERLINK|LOADING|DENIED) /},
  {form: 'an HTML page', pattern: /^(\uFEFF)?\s*(<!--[\s\S]*-->\s*)?<(!doctype html|html|head|body)[\s>]/i},
  {form: 'an XML document (stores answer with one in case of error)', pattern: /^\s*<(\?xml|error>)/i},
  {form: 'a JSON document', pattern: /^\s*(\{\s*("|\})|\[\s*["{[\d\]])/, and: isText},
  {form: 'a shell script', pattern: /^#!/, and: isText},
  {form: 'a UTF-16 text', pattern: /^(\xff\xfe|\xfe\xff)/, and: isUtf16},
  {
    form: 'an OpenPGP message',
    pattern: SESSION_KEY_PACKET,
    unpackable: true,
    packing: 'gpg',
  },
];

/** An append-only file and its manifest. */
export const AOF_FORMS: ReadonlySet<string> = new Set(['an append-only file (AOF)', 'an AOF manifest']);

export function recogniseForm(bytes: Uint8Array): Form {
  const head = Buffer.from(bytes).toString('latin1', 0, FORM_BYTES);
  const matches = ({at = 0, bytes: magic}: Magic) => head.startsWith(magic, at);
  const wrapping = WRAPPINGS.find(matches);
  if (wrapping) return told(wrapping.form, true, wrapping.packing);
  const other = OTHERS.find(matches);
  if (other) return told(other.form, false);
  const pattern = PATTERNS.find(({pattern: start, and}) => start.test(head) && (and?.(head) ?? true));
  if (pattern) return told(pattern.form, pattern.unpackable ?? false, pattern.packing);
  if (isOldTar(head)) return told('a tar archive', true, 'tar');
  return told(byContent(head), false);
}

const told = (form: string, unpackable: boolean, packing?: Packing): Form =>
  packing ? {form, unpackable, packing} : {form, unpackable};

/**
 * Of before POSIX, without a magic: told by the checksum of the header, at byte 148, which is the sum of all its bytes
 * with spaces in the place of the checksum itself.
 */
function isOldTar(head: string): boolean {
  const written = /^ *([0-7]{1,7})[ \0]/.exec(head.slice(148, 156))?.[1];
  if (head.length < 512 || head.startsWith('\0') || written === undefined) return false;
  const header = `${head.slice(0, 148)}${' '.repeat(8)}${head.slice(156)}`;
  const sum = Buffer.from(header, 'latin1').reduce((total, byte) => total + byte, 0);
  return sum === Number.parseInt(written, 8);
}

/** Neither a form that we know nor text. */
export const UNKNOWN_FORM = 'unknown binary data (perhaps encrypted)';

function byContent(head: string): string {
  if (head === '') return 'empty';
  if (/^\0+$/.test(head)) return 'zeros: space that was reserved and never written';
  if (isText(head)) return 'text';
  return UNKNOWN_FORM;
}

/** Without a lone surrogate; the last character may be cut. */
function isUtf16(head: string): boolean {
  const bytes = Buffer.from(head, 'latin1');
  if (head.startsWith('\xfe')) bytes.subarray(0, bytes.length & ~1).swap16();
  return bytes.toString('utf16le').slice(0, -1).isWellFormed();
}

/** UTF-8 without control characters, or nearly so: the last character may be cut. */
function isText(head: string): boolean {
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(head)) return false;
  const decoded = Buffer.from(head, 'latin1').toString('utf8');
  return !decoded.slice(0, -1).includes('\uFFFD');
}
