/**
 * What a log-in by SSH takes: user and host of the URI, a key of the config or those that ssh itself would try, the agent,
 * and the keys that the host may show. Reads files, connects nowhere.
 */
import {readFile} from 'node:fs/promises';
import {homedir, userInfo} from 'node:os';
import {join} from 'node:path';
import {DrillError} from '../errors.ts';
import {type KnownKey, knownKeys} from './known-hosts.ts';
import {type Access, type StoreDeps, secretOf} from './source-job.ts';

/** ssh's own, in its order; those with a passphrase are the agent's business. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

export type SshAddress = {host: string; port: number; user: string | null; path: string};

export type SshLogin = {
  host: string;
  port: number;
  username: string;
  privateKey?: string | undefined;
  passphrase?: string | undefined;
  agent?: string | undefined;
  known: KnownKey[];
  /** Where keys of hosts were looked for. */
  knownFiles: string[];
};

/** `sftp://user@host:22/absolute/path`; `/~/` begins a path in the user's home. */
export function sshAddress(uri: string): SshAddress {
  let url: URL | null = null;
  try {
    url = new URL(uri.replace(/^sftp:/i, 'http:'));
  } catch {
    // Told below.
  }
  if (!url || url.hostname === '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new DrillError('usage/invalid', 'source: not the address of a file by SFTP', {
      hint: 'Write sftp://user@host:22/absolute/path; what is not allowed in a URI, such as # and ?, is written with %.',
    });
  }
  const path = decodeURIComponent(url.pathname);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    // Of http, which it was read as, 80 is the default and not told.
    port: Number(url.port || (/:80(\/|$)/.test(uri) ? 80 : 22)),
    user: url.username === '' ? null : decodeURIComponent(url.username),
    path: path.startsWith('/~/') ? path.slice('/~/'.length) : path,
  };
}

export async function sshLogin(
  {host, port, user}: SshAddress,
  access: Access,
  deps: StoreDeps,
): Promise<SshLogin> {
  const {env} = deps;
  const home = env('HOME') || homedir();
  const knownFiles = access.knownHosts
    ? [access.knownHosts]
    : [join(home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
  const texts = await Promise.all(knownFiles.map(file => readFile(file, 'utf8').catch(() => '')));
  const privateKey = await keyOf(access, deps, home);
  return {
    host,
    port,
    username: user ?? (env('USER') || userInfo().username),
    privateKey,
    passphrase: access.passphrase && secretOf(access.passphrase, deps),
    // A key that was named is the one that is meant.
    agent: privateKey === undefined || isDefault(access) ? env('SSH_AUTH_SOCK') || undefined : undefined,
    known: texts.flatMap(text => knownKeys(text, host, port)),
    knownFiles,
  };
}

const isDefault = ({identity, identityFile}: Access): boolean =>
  identity === undefined && identityFile === undefined;

async function keyOf(
  {identity, identityFile}: Access,
  deps: StoreDeps,
  home: string,
): Promise<string | undefined> {
  if (identity !== undefined) return secretOf(identity, deps);
  if (identityFile !== undefined) {
    return await readFile(identityFile, 'utf8').catch(cause => {
      const {code} = cause as NodeJS.ErrnoException;
      throw new DrillError('source/denied', `the key ${identityFile} cannot be read (${code})`, {
        hint: 'Is `store.identity-file` right, and may this user read it?',
        cause,
      });
    });
  }
  for (const name of DEFAULT_KEYS) {
    const key = await readFile(join(home, '.ssh', name), 'utf8').catch(() => undefined);
    if (key !== undefined) return key;
  }
  return undefined;
}
