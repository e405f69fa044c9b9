/**
 * What `openssl enc` encrypted, by the program openssl. It authenticates nothing: a wrong key can decrypt to rubbish with
 * exit 0, so what comes out is judged by its first bytes, and a wrong key is not told from damage.
 */
import {DrillError} from '../errors.ts';
import {FORM_BYTES, recogniseForm, UNKNOWN_FORM} from '../form.ts';
import type {Filtered} from '../process.ts';
import {ByteStream, EndOfInput} from './byte-stream.ts';
import {type Keys, noKey, reveal} from './keys.ts';
import {Malformed} from './packing-fault.ts';
import {callTool, type Tools} from './tools.ts';

export async function* unopenssl(
  input: ByteStream,
  keys: Keys['openssl'],
  tools: Tools,
): AsyncGenerator<Buffer> {
  if (!keys) throw noKey('a file encrypted by openssl enc', 'openssl');
  const {cipher, digest, pbkdf2, iter, passphrase} = keys;
  const derivation = pbkdf2 ? ['-pbkdf2', ...(iter ? ['-iter', String(iter)] : [])] : [];
  const args = ['enc', '-d', `-${cipher}`, '-md', digest, ...derivation, '-pass', 'fd:3'];
  let ended: Filtered | undefined;
  const running = async function* () {
    ended = yield* callTool('openssl', args, {input: input.rest(), secret: `${reveal(passphrase)}\n`}, tools);
  };
  const plain = new ByteStream(running());
  try {
    const {form} = recogniseForm(await plain.peek(FORM_BYTES));
    if (form === UNKNOWN_FORM || form === 'empty') throw wrong(ended, keys);
    yield* plain.rest();
  } finally {
    await plain.close();
  }
  if (ended?.exitCode === 0) return;
  if (/wrong final block length/.test(ended?.stderr ?? '')) throw new EndOfInput();
  throw new Malformed('its last block does not decrypt: it was cut short or damaged');
}

function wrong(
  ended: Filtered | undefined,
  {passphrase, cipher, digest}: NonNullable<Keys['openssl']>,
): Error {
  if (
    /unknown (option|cipher|message digest)|unrecognized|invalid digest|not supported/i.test(
      ended?.stderr ?? '',
    )
  ) {
    return new DrillError(
      'unpack/unusable-key',
      `openssl does not know the cipher ${cipher} or the digest ${digest}`,
      {
        hint: 'See `openssl enc -list` for the names of ciphers.',
      },
    );
  }
  return new Malformed(
    `what env:${passphrase.name} decrypts it to is nothing that we know. openssl enc authenticates nothing, so a wrong ` +
      'passphrase, another cipher, digest or iteration count, and damage cannot be told apart',
    'backup/undecryptable',
  );
}
