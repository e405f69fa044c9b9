/**
 * One connection by SSH with SFTP in it: made only to a host that shows a key that is known, and told in our words why it
 * could not be made or broke. The only importer of ssh2.
 */
import ssh2, {type SFTPWrapper} from 'ssh2';
import {assertNever, DrillError} from '../errors.ts';
import {type HostVerdict, hostKeyAlgorithms, verdictOn} from './known-hosts.ts';
import type {SshLogin} from './ssh-login.ts';
import {StoreFault} from './store.ts';
import {brokenBy, unreachableBy} from './stream.ts';

export type {FileEntryWithStats, SFTPWrapper, Stats} from 'ssh2';

const CONNECT_MS = 10_000;

/** Source: draft-ietf-secsh-filexfer-02, section 7. */
export const STATUS = {endOfFile: 1, noSuchFile: 2, permissionDenied: 3};

type Done<T> = (error: Error | null | undefined, value?: T) => void;

export const call = <T>(start: (done: Done<T>) => void): Promise<T> =>
  new Promise((resolve, reject) => {
    try {
      start((error, value) => (error ? reject(error) : resolve(value as T)));
    } catch (error) {
      reject(error);
    }
  });

export type Connection = {
  sftp: SFTPWrapper;
  readonly alive: boolean;
  end(): void;
  /** Why something that was asked over it failed. */
  explain(error: unknown): unknown;
};

export async function connect(login: SshLogin, signal: AbortSignal): Promise<Connection> {
  const {host, port, username, privateKey, passphrase, agent, known, knownFiles} = login;
  const client = new ssh2.Client();
  let refusal: StoreFault | null = null;
  let alive = true;
  const {promise: broken, reject} = Promise.withResolvers<never>();
  broken.catch(() => {});
  client.on('error', reject);
  client.on('close', () => {
    alive = false;
    reject(new StoreFault('broken', 'the connection broke off'));
  });
  const end = () => void client.destroy();
  signal.addEventListener('abort', end, {once: true});
  const algorithms = hostKeyAlgorithms(known);
  try {
    const ready = new Promise<void>(resolve => client.once('ready', resolve));
    client.connect({
      ...{host, port, username, readyTimeout: CONNECT_MS},
      ...(privateKey && {privateKey}),
      ...(passphrase && {passphrase}),
      ...(agent && {agent}),
      ...(algorithms.length > 0 && {algorithms: {serverHostKey: algorithms as never}}),
      hostVerifier: (key: Buffer) => {
        refusal = refusalOf(verdictOn(key, known), knownFiles);
        return refusal === null;
      },
    });
    await Promise.race([ready, broken]);
    const sftp = await Promise.race([call<SFTPWrapper>(done => client.sftp(done as never)), broken]);
    return {
      sftp,
      get alive() {
        return alive;
      },
      end,
      explain: error => (alive ? faultBy(error) : lost(error)),
    };
  } catch (error) {
    client.destroy();
    throw refusal ?? loginFault(error);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** The connection is gone: whatever was asked over it may be asked again. */
const lost = (error: unknown): unknown =>
  error instanceof StoreFault || error instanceof DrillError
    ? error
    : new StoreFault('broken', 'the connection broke off');

function faultBy(error: unknown): unknown {
  if (error instanceof StoreFault || error instanceof DrillError) return error;
  const {code} = error as {code?: unknown};
  if (code === STATUS.noSuchFile) return new StoreFault('gone', 'it was listed, and is no longer there');
  if (code === STATUS.permissionDenied)
    return new StoreFault('denied', 'the server refuses to let it be read');
  return brokenBy(error);
}

function loginFault(error: unknown): unknown {
  if (error instanceof StoreFault || error instanceof DrillError) return error;
  const {level, message, code} = error as Error & {level?: string; code?: string};
  if (level === 'client-authentication')
    return new StoreFault('denied', 'the server accepts none of the keys', {hint: KEYS});
  if (/privateKey|passphrase/i.test(message))
    return new StoreFault('denied', 'the private key cannot be used', {hint: PASSPHRASE});
  if (level === 'client-timeout') return new StoreFault('unreachable', 'it does not answer');
  if (code === undefined)
    return new StoreFault('unreachable', 'the connection broke off while it was made', {cause: error});
  return unreachableBy(error);
}

const KEYS =
  'Is the key (`store.identity`, `store.identity-file`, or in ssh-agent) one that this user may log in with? Passwords are not asked for.';
const PASSPHRASE = 'Is it a private key as ssh-keygen writes it, and `store.passphrase` its own?';

function refusalOf(verdict: HostVerdict, files: string[]): StoreFault | null {
  switch (verdict) {
    case 'known':
      return null;
    case 'unknown':
      return new StoreFault('refused', `the key of the host is not known (${files.join(', ')})`, {
        hint: 'Take it from where you trust it, such as `ssh-keyscan` in the same network, compare its fingerprint, and commit it: `store.known-hosts`.',
      });
    case 'other':
      return new StoreFault(
        'refused',
        `the host shows another key than the one that is known (${files.join(', ')})`,
        {
          hint: 'Was the host set up anew? If not, somebody may be in between: do not go on before you know.',
        },
      );
    case 'revoked':
      return new StoreFault('refused', 'the host shows a key that was revoked', {
        hint: 'Do not trust this host.',
      });
    default:
      return assertNever(verdict);
  }
}
