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
};

type Magic = {form: string; at?: number; bytes: string};

const hex = (digits: string): string => Buffer.from(digits, 'hex').toString('latin1');

const WRAPPINGS: Magic[] = [
  {form: 'gzip data', bytes: hex('1f8b')},
  {form: 'zstd data', bytes: hex('28b52ffd')},
  {form: 'bzip2 data', bytes: 'BZh'},
  {form: 'xz data', bytes: hex('fd377a585a00')},
  {form: 'lz4 data', bytes: hex('04224d18')},
  {form: 'snappy data', bytes: hex('ff060000734e61507059')},
  {form: 'lzop data', bytes: hex('894c5a4f000d0a1a0a')},
  {form: 'a zip archive', bytes: hex('504b0304')},
  {form: 'an empty zip archive', bytes: hex('504b0506')},
  {form: 'a 7z archive', bytes: hex('377abcaf271c')},
  {form: 'a tar archive', at: 257, bytes: 'ustar'},
  {form: 'an age-encrypted file', bytes: 'age-encryption.org/'},
  {form: 'an age-encrypted file', bytes: '-----BEGIN AGE ENCRYPTED FILE-----'},
  {form: 'an OpenPGP message', bytes: '-----BEGIN PGP MESSAGE-----'},
  {form: 'a file encrypted by openssl enc', bytes: 'Salted__'},
  {form: 'an RDB dump in a compressed stream of Valkey', bytes: 'VKCS'},
];

const OTHERS: Magic[] = [
  {form: 'an RDB dump', bytes: 'REDIS'},
  {form: 'an RDB dump', bytes: 'VALKEY'},
  {form: 'an ELF program', bytes: hex('7f454c46')},
  {form: 'a PDF document', bytes: '%PDF-'},
  {form: 'an SQLite database', bytes: 'SQLite format 3'},
  {form: 'a Git LFS pointer, not the file it points to', bytes: 'version https://git-lfs.'},
  {form: 'a UTF-16 text', bytes: hex('fffe')},
  {form: 'a UTF-16 text', bytes: hex('feff')},
];

/** Told by a pattern at the start; `s` as binary data may follow. */
const PATTERNS: {form: string; pattern: RegExp; unpackable?: true}[] = [
  {form: 'an append-only file (AOF)', pattern: /^(#TS:\d+\r\n)?\*\d+\r\n\$/, unpackable: true},
  {form: 'an AOF manifest', pattern: /^(#[^\n]*\n)*file \S+ seq \d/, unpackable: true},
  {
    form: "a dump as it is sent to a replica: '$', its length, then the dump",
    pattern: /^\n*\$(EOF:|\d+\r\n(REDIS|VALKEY))/,
  },
  {form: 'an error reply of a server', pattern: /^-(ERR|NOAUTH|NOPERM|NOMASTERLINK|LOADING|DENIED) /},
  {form: 'an HTML page', pattern: /^(\uFEFF)?\s*(<!--[\s\S]*-->\s*)?<(!doctype html|html|head|body)[\s>]/i},
  {form: 'an XML document (stores answer with one in case of error)', pattern: /^\s*<(\?xml|error>)/i},
  {form: 'a JSON document', pattern: /^\s*(\{\s*("|\})|\[\s*["{[\d\]])/},
  {form: 'a shell script', pattern: /^#!/},
  // OpenPGP binary: a session key packet (old format, tags 1 and 3, or new) with its version number.
  {
    form: 'an OpenPGP message',
    pattern: /^([\x84\x85][\s\S]{1,2}\x03|\x8c[\s\S]\x04|\xc1[\s\S]{1,2}[\x03\x06]|\xc3[\s\S][\x04-\x06])/,
    unpackable: true,
  },
];

export function recogniseForm(bytes: Uint8Array): Form {
  const head = Buffer.from(bytes).toString('latin1', 0, FORM_BYTES);
  const matches = ({at = 0, bytes: magic}: Magic) => head.startsWith(magic, at);
  const wrapping = WRAPPINGS.find(matches);
  if (wrapping !== undefined) return {form: wrapping.form, unpackable: true};
  const other = OTHERS.find(matches);
  if (other !== undefined) return {form: other.form, unpackable: false};
  const pattern = PATTERNS.find(row => row.pattern.test(head));
  if (pattern !== undefined) return {form: pattern.form, unpackable: pattern.unpackable ?? false};
  return {form: byContent(head), unpackable: false};
}

function byContent(head: string): string {
  if (head === '') return 'empty';
  if (/^\0+$/.test(head)) return 'zeros: space that was reserved and never written';
  if (isText(head)) return 'text';
  return 'unknown binary data (perhaps encrypted)';
}

/** UTF-8 without control characters, or nearly so: the last character may be cut. */
function isText(head: string): boolean {
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]/.test(head)) return false;
  const decoded = Buffer.from(head, 'latin1').toString('utf8');
  return !decoded.slice(0, -1).includes('\uFFFD');
}
