/**
 * age: the header by the package of the format's author, the payload by Node's own ChaCha20-Poly1305, which is many
 * times faster than any in JavaScript. Format: https://c2sp.org/age
 */
import {createDecipheriv, hkdfSync, scrypt} from 'node:crypto';
import {promisify} from 'node:util';
import {Decrypter, type Identity} from 'age-encryption';
import {DrillError} from '../errors.ts';
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {type Keys, noKey, reveal} from './keys.ts';
import {Malformed} from './packing-fault.ts';

/** Recipients take some hundred bytes each; those of post-quantum keys some 1,600. */
const MAX_HEADER_BYTES = 256 * 1024;
/** The last line of the header: a MAC of 32 bytes. */
const END_OF_HEADER = /\n--- [A-Za-z0-9+/]{43}\n/;

const NONCE_BYTES = 16;
const PIECE_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const NONCE_OF_PIECE_BYTES = 12;

export async function* unage(input: ByteStream, keys: Keys['age']): AsyncGenerator<Buffer> {
  if (!keys) throw noKey('an age-encrypted file', 'age');
  const fileKey = await openHeader(await takeHeader(input), keys);
  const nonce = await input.take(NONCE_BYTES);
  const key = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
  for (let number = 0n; ; number += 1n) {
    const ahead = await input.peek(PIECE_BYTES + TAG_BYTES + 1);
    const last = ahead.length <= PIECE_BYTES + TAG_BYTES;
    const piece = await input.take(last ? ahead.length : PIECE_BYTES + TAG_BYTES);
    const plain = decrypted(piece, {key, number, last});
    if (plain === null) {
      if (!last) throw new Malformed('a piece of it is not what was encrypted');
      // A whole piece that is not marked as the last one: more came after it once.
      if (decrypted(piece, {key, number, last: false})) throw new EndOfInput();
      throw new Malformed('its last piece is cut short or damaged');
    }
    if (last && plain.length === 0 && number > 0n) throw new Malformed('its last piece is empty');
    yield plain;
    if (last) return;
  }
}

async function takeHeader(input: ByteStream): Promise<Buffer> {
  const ahead = await input.peek(MAX_HEADER_BYTES);
  const end = END_OF_HEADER.exec(ahead.toString('latin1'));
  if (end) return input.take(end.index + end[0].length);
  if (ahead.length < MAX_HEADER_BYTES && !ahead.includes('\n--- ')) throw new EndOfInput();
  throw new Malformed('its header has no end');
}

/** The key of the file, which the header holds for each recipient. */
async function openHeader(header: Buffer, keys: NonNullable<Keys['age']>): Promise<Uint8Array> {
  const decrypter = decrypterOf(keys);
  const stanzas = [...header.toString('latin1').matchAll(/^-> (\S+)/gm)].map(([, kind]) => kind!);
  if (stanzas.length > 0 && stanzas.every(kind => kind.startsWith('ssh-'))) {
    throw new DrillError(
      'unpack/unsupported-form',
      'the backup is encrypted to SSH keys only, which this version cannot use',
      {
        hint: 'Encrypt to a key of age’s own as well (age-keygen).',
      },
    );
  }
  try {
    return await decrypter.decryptHeader(header);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (!/no identity matched/.test(message)) throw new Malformed('its header is damaged');
    const passphrase = stanzas.includes('scrypt');
    const has = 'identity' in keys ? keys.identity : keys.passphrase;
    const wrongKind = passphrase === 'identity' in keys;
    const why = passphrase
      ? 'it was encrypted with a passphrase'
      : 'it was encrypted to the keys of recipients';
    throw new Malformed(
      `env:${has.name} does not decrypt it${wrongKind ? `: ${why}` : ''}`,
      'backup/undecryptable',
    );
  }
}

function decrypterOf(keys: NonNullable<Keys['age']>): Decrypter {
  const decrypter = new Decrypter();
  if ('passphrase' in keys) {
    decrypter.addIdentity(passphraseIdentity(reveal(keys.passphrase)));
    return decrypter;
  }
  // As age-keygen writes it: with comments, or several.
  const lines = reveal(keys.identity)
    .split(/\r?\n/)
    .map(line => line.trim());
  const identities = lines.filter(line => line !== '' && !line.startsWith('#'));
  try {
    if (identities.length === 0) throw new Error('none');
    for (const identity of identities) decrypter.addIdentity(identity);
  } catch {
    // Not as a cause: its message may repeat the text.
    throw new DrillError(
      'unpack/unusable-key',
      `the environment variable ${keys.identity.name} holds no identity of age`,
      {
        hint: 'It has to be what age-keygen writes: AGE-SECRET-KEY-1 and 58 more characters, one a line.',
      },
    );
  }
  return decrypter;
}

/** Beyond this it takes more than 1 GiB; age itself writes 18. */
const MAX_WORK_FACTOR = 20;
const SCRYPT_LABEL = 'age-encryption.org/v1/scrypt';

/** Node's own scrypt, in a thread of its own: that of the package takes ten times as long, and the event loop with it. */
const passphraseIdentity = (passphrase: string): Identity => ({
  async unwrapFileKey(stanzas) {
    const [stanza] = stanzas;
    if (stanzas.length !== 1 || stanza?.args[0] !== 'scrypt') return null;
    const [, salt = '', factor = ''] = stanza.args;
    const workFactor = Number(factor);
    if (!/^[1-9]\d?$/.test(factor) || workFactor > MAX_WORK_FACTOR)
      throw new Error('an impossible work factor');
    const salted = Buffer.concat([Buffer.from(SCRYPT_LABEL), Buffer.from(salt, 'base64')]);
    const cost = {N: 2 ** workFactor, r: 8, p: 1, maxmem: 2 ** 31};
    const key = await promisify<string, Buffer, number, object, Buffer>(scrypt)(passphrase, salted, 32, cost);
    return opened(Buffer.from(stanza.body), key, Buffer.alloc(NONCE_OF_PIECE_BYTES));
  },
});

/** `null` where the tag does not match. The nonce: the number of the piece in 11 bytes, then whether it is the last. */
function decrypted(
  piece: Buffer,
  {key, number, last}: {key: Buffer; number: bigint; last: boolean},
): Buffer | null {
  if (piece.length < TAG_BYTES) throw new EndOfInput();
  const nonce = Buffer.alloc(NONCE_OF_PIECE_BYTES);
  nonce.writeBigUInt64BE(number, 3);
  nonce[11] = last ? 1 : 0;
  return opened(piece, key, nonce);
}

/** `null` where the tag, its last 16 bytes, does not match. */
function opened(sealed: Buffer, key: Buffer, nonce: Buffer): Buffer | null {
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, {authTagLength: TAG_BYTES});
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
    return plain;
  } catch {
    return null;
  }
}
