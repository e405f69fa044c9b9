/**
 * Which storage account of Azure a source is in, and how one logs in there: by the source, the config and the variables
 * that Azure's own tools read, in their order. Pure but for telling whoever masks logs about secrets. It asks nobody.
 */
import {DrillError} from '../errors.ts';
import type {StoreDeps} from './source-job.ts';

export type AzureLogin =
  | {kind: 'connection string'; text: string}
  | {kind: 'key'; key: string}
  | {kind: 'SAS'; token: string}
  /** Whatever Azure's own chain finds: environment, workload identity, managed identity, `az login`. */
  | {kind: 'identity'};

export type AzureAccount = {
  /** Of its blob service, without `/` at the end; `null`: the connection string alone tells. */
  url: string | null;
  name: string;
  login: AzureLogin;
};

/** `host`: as the source names it. `endpoint`: where the config says that it is spoken to. */
export function azureAccount(
  {host, endpoint}: {host: string | undefined; endpoint: string | undefined},
  deps: StoreDeps,
): AzureAccount {
  const {env} = deps;
  const account = env('AZURE_STORAGE_ACCOUNT') || undefined;
  const login = loginOf(deps);
  const url =
    endpoint ||
    (host && `https://${host}`) ||
    env('AZURE_STORAGE_SERVICE_ENDPOINT') ||
    (login.kind !== 'connection string' && account && `https://${account}.blob.core.windows.net`) ||
    null;
  if (url === null) {
    if (login.kind === 'connection string') return {url, name: '', login};
    throw new DrillError('usage/invalid', 'source: which storage account the container is in is not said', {
      hint: 'Write az://ACCOUNT.blob.core.windows.net/CONTAINER/…, or name the account in AZURE_STORAGE_ACCOUNT.',
    });
  }
  const name = nameOf(host === undefined ? url : `https://${host}`);
  if (login.kind === 'key' && account !== undefined && host !== undefined && account !== name) {
    throw anotherAccount('AZURE_STORAGE_KEY', account, name);
  }
  assertEncrypted(url, login);
  return {url: url.replace(/\/+$/, ''), name: (login.kind === 'key' && account) || name, login};
}

function loginOf({env, mask}: StoreDeps): AzureLogin {
  const secret = (name: string): string | undefined => {
    const value = env(name) || undefined;
    for (const part of value === undefined ? [] : secretsIn(value)) mask?.(part);
    return value;
  };
  if (env('AZURE_STORAGE_AUTH_MODE') === 'login') return {kind: 'identity'};
  const text = secret('AZURE_STORAGE_CONNECTION_STRING');
  if (text !== undefined) return {kind: 'connection string', text};
  const key = secret('AZURE_STORAGE_KEY');
  if (key !== undefined) return {kind: 'key', key};
  const token = secret('AZURE_STORAGE_SAS_TOKEN')?.replace(/^\?/, '');
  return token === undefined ? {kind: 'identity'} : {kind: 'SAS', token};
}

/** All of it, and what alone would be enough: the key in a connection string, the signature of a SAS. */
function secretsIn(value: string): string[] {
  const parts = [...value.matchAll(/(?:AccountKey=|[?&;]sig=|^sig=)([^;&]+)/gi)].map(([, part]) => part!);
  return [value, ...parts];
}

/** `acme` of `https://acme.blob.core.windows.net`, and of `http://127.0.0.1:10000/acme`, as emulators are spoken to. */
function nameOf(url: string): string {
  const {hostname, pathname} = new URL(url);
  const [, first] = pathname.split('/');
  return first || hostname.split('.')[0]!.replace(/-secondary$/, '');
}

/** A key only signs; a SAS and a token are sent as they are. */
function assertEncrypted(url: string, {kind}: AzureLogin): void {
  const {protocol, hostname} = new URL(url);
  if (protocol === 'https:' || kind === 'key' || kind === 'connection string') return;
  if (kind === 'SAS' && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)) return;
  throw new DrillError('usage/invalid', 'store: over http: a secret would be readable on its way', {
    hint: 'Use https: in `store.endpoint`; an emulator without it takes an account key.',
  });
}

export function anotherAccount(variable: string, its: string, wanted: string): DrillError {
  return new DrillError(
    'source/denied',
    `${variable} is of the storage account ${its}, and the source is in ${wanted}`,
    {
      hint: 'Give the step the login of the account that the source names, or none of another one.',
    },
  );
}
