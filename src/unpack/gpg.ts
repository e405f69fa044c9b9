/**
 * OpenPGP, by the program gpg. What came of it is read from its status lines: its exit code is 0 for half a header, and
 * 2 for a good message with a signature that nobody can check. https://github.com/gpg/gnupg/blob/master/doc/DETAILS
 */
import {DrillError} from '../errors.ts';
import {FALLBACK_PARENT} from '../private/left-behind.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory} from '../private/private-dir.ts';
import type {Filtered} from '../process.ts';
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {type Keys, noKey, reveal} from './keys.ts';
import {Malformed} from './packing-fault.ts';
import {callToEnd, callTool, type Tools} from './tools.ts';

const QUIET = ['--batch', '--no-tty', '--status-fd', '4', '--pinentry-mode', 'loopback'];

export async function* ungpg(
  input: ByteStream,
  keys: Keys['gpg'],
  tools: Tools & {run?: string | undefined},
): AsyncGenerator<Buffer> {
  if (!keys) throw noKey('an OpenPGP message', 'gpg');
  const secret = keys.passphrase && reveal(keys.passphrase);
  const asked = secret === undefined ? QUIET : [...QUIET, '--passphrase-fd', '3'];
  // Whether a signature can be checked says nothing of whether the backup restores.
  const args = [...asked, '--skip-verify', '--decrypt'];
  if (!keys.key) {
    const pass = ['HOME', 'GNUPGHOME'];
    assertDecrypted(yield* callTool('gpg', args, {input: input.rest(), secret, pass}, tools), keys);
    return;
  }
  const key = reveal(keys.key);
  await using home = await homeFor(tools);
  const at = ['--homedir', home.path, '--no-options'];
  await importKey(key, keys.key.name, at, tools);
  assertDecrypted(yield* callTool('gpg', [...at, ...args], {input: input.rest(), secret}, tools), keys);
}

/** In /tmp, because the socket of gpg's agent lies in it, whose path must be short. The agent goes with it. */
async function homeFor(tools: Tools & {run?: string | undefined}): Promise<AsyncDisposable & {path: string}> {
  const user = {uid: process.getuid!(), gid: process.getgid!()};
  const owner = thisDrill(tools.run);
  const directory = await makePrivateDirectory(FALLBACK_PARENT, {tempDir: FALLBACK_PARENT, owner, user});
  return {
    path: directory.path,
    [Symbol.asyncDispose]: async () => {
      const end = ['--homedir', directory.path, '--kill', 'all'];
      // Without gpgconf the agent ends by itself when its directory is gone.
      await callToEnd('gpgconf', end, {input: nothing()}, tools).catch(() => {});
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function importKey(key: string, name: string, at: string[], tools: Tools): Promise<void> {
  const text = async function* () {
    yield Buffer.from(`${key}\n`);
  };
  const {status} = await callToEnd('gpg', [...at, ...QUIET, '--import'], {input: text()}, tools);
  // Bit 4: it has a secret key.
  const reasons = [...status.matchAll(/^\[GNUPG:\] IMPORT_OK (\d+)/gm)].map(([, reason]) => Number(reason));
  if (reasons.some(reason => (reason & 16) !== 0)) return;
  throw new DrillError(
    'unpack/unusable-key',
    `the environment variable ${name} holds no secret key that gpg can import`,
    {
      hint: 'It has to be what `gpg --armor --export-secret-keys` writes.',
    },
  );
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** What gpg says of input that ends too early. */
const CUT_SHORT = /read error|premature eof|problem reading source|unexpected end/i;

function assertDecrypted({exitCode, status, stderr}: Filtered, keys: NonNullable<Keys['gpg']>): void {
  const said = (word: string) => new RegExp(`^\\[GNUPG:\\] ${word}\\b`, 'm').test(status);
  const failed = said('DECRYPTION_FAILED') || said('BADMDC');
  if (said('DECRYPTION_OKAY') && !failed && exitCode === 0) return;
  if (said('DECRYPTION_OKAY')) {
    throw new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');
  }
  if (said('BADMDC')) throw new Malformed('its integrity code does not match');
  if (CUT_SHORT.test(stderr)) throw new EndOfInput();
  // It was decrypting, so the key was right.
  if (said('DECRYPTION_KEY') || said('PLAINTEXT') || stderr.includes('zlib inflate problem')) {
    throw new Malformed('it does not decrypt to its end: it was damaged or cut short');
  }
  if (said('NEED_PASSPHRASE_SYM') && !keys.passphrase)
    throw noKey('an OpenPGP message with a passphrase', 'gpg');
  if (said('ENC_TO') || said('NEED_PASSPHRASE_SYM')) throw undecryptable(keys);
  // It saw no message at all, and calls that a success.
  if (exitCode === 0) throw new EndOfInput();
  throw new Malformed('gpg finds no message in it');
}

function undecryptable({key, passphrase}: NonNullable<Keys['gpg']>): Malformed {
  const names = [key, passphrase].flatMap(secret => (secret ? [`env:${secret.name}`] : []));
  const what = names.length > 0 ? names.join(' and ') : 'the keyring of gpg';
  return new Malformed(`${what} cannot decrypt it`, 'backup/undecryptable');
}
