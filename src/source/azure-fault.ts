/**
 * What Azure means by its errors, in words that say what to do: by the codes that it publishes, never by its messages,
 * which hold requests and signatures. In comes what its SDK threw; out comes a fault of the store.
 */
import type {AzureLogin} from './azure-account.ts';
import {faultOfStatus, StoreFault} from './store.ts';
import {unreachableBy} from './stream.ts';

const LOG_IN =
  'Log in with azure/login in an earlier step (OIDC), or give the step AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING.';
const ROLE =
  'It needs the role “Storage Blob Data Reader” on the container; Owner and Contributor of the account do not read blobs. A new role takes some minutes.';
const NETWORK =
  'Does the firewall of the storage account (“Networking”) let this machine in? Runners of GitHub have no fixed address.';

/** Source: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes and the common ones. */
const CODES: Record<string, () => StoreFault> = {
  AuthorizationPermissionMismatch: () =>
    new StoreFault('denied', 'the login may not read there', {hint: ROLE}),
  InsufficientAccountPermissions: () =>
    new StoreFault('denied', 'the login may not read there', {hint: ROLE}),
  AuthorizationFailure: () =>
    new StoreFault('denied', 'the login or this machine is not let in', {hint: `${NETWORK} ${ROLE}`}),
  AuthorizationSourceIPMismatch: () =>
    new StoreFault('denied', 'the SAS token is for other addresses than this machine’s', {hint: LOG_IN}),
  AuthorizationProtocolMismatch: () =>
    new StoreFault('denied', 'the SAS token is for https only', {hint: LOG_IN}),
  AuthorizationServiceMismatch: () =>
    new StoreFault('denied', 'the SAS token is not for blobs', {hint: LOG_IN}),
  AuthorizationResourceTypeMismatch: () =>
    new StoreFault('denied', 'the SAS token is not for containers and objects', {hint: LOG_IN}),
  KeyBasedAuthenticationNotPermitted: () =>
    new StoreFault('denied', 'the storage account takes no keys, only logins of Entra ID', {
      hint: 'Log in with azure/login in an earlier step (OIDC), and leave AZURE_STORAGE_KEY out.',
    }),
  InvalidAuthenticationInfo: () =>
    new StoreFault('denied', 'the token has expired, or is of another tenant', {hint: LOG_IN}),
  NoAuthenticationInformation: () => new StoreFault('denied', 'no login was sent', {hint: LOG_IN}),
  AccountIsDisabled: () => new StoreFault('denied', 'the storage account is disabled'),
  ContainerNotFound: () =>
    new StoreFault('refused', 'there is no such container', {
      hint: 'Is the name of the container right, and that of the account? az://CONTAINER/… has the container first.',
    }),
  ContainerBeingDeleted: () => new StoreFault('refused', 'the container is being deleted'),
  BlobArchived: () => new StoreFault('refused', 'it is in the archive tier', {hint: ARCHIVED}),
  BlobBeingRehydrated: () =>
    new StoreFault('refused', 'it is on its way out of the archive tier', {hint: ARCHIVED}),
};
const ARCHIVED =
  'Rehydrate it (`az storage blob set-tier --tier Hot`), which takes hours, or drill one that is newer.';

type ServiceError = Error & {
  code?: string;
  statusCode?: number;
  response?: {headers: {get(name: string): string | undefined}};
};

export function azureFault(error: unknown, login: AzureLogin): unknown {
  if (!(error instanceof Error)) return error;
  const {name, code = '', statusCode, response, message} = error as ServiceError;
  if (/^(CredentialUnavailable|AggregateAuthentication|Authentication(Required)?)Error$/.test(name))
    return notLoggedIn(name, message, error);
  const expired = statusCode === 403 ? expiredAt(login) : null;
  if (expired !== null)
    return new StoreFault('denied', `the SAS token has expired (${expired})`, {hint: LOG_IN, cause: error});
  const known = CODES[code]?.();
  if (known) return new StoreFault(known.kind, known.message, {hint: known.hint, cause: error});
  if (statusCode === undefined) {
    if (code === 'PARSE_ERROR')
      return new StoreFault('broken', 'the answer ended before its end', {cause: error});
    return unreachableBy(error);
  }
  if (statusCode === 403 && code === 'AuthenticationFailed') return refused(login, error);
  if (statusCode === 401 || statusCode === 403)
    return new StoreFault('denied', told(statusCode, code), {hint: LOG_IN, cause: error});
  return faultOfStatus(statusCode, told(statusCode, code), response?.headers.get('retry-after'));
}

const told = (status: number, code: string): string =>
  `Azure answers ${status}${/^[A-Z][A-Za-z]+$/.test(code) ? ` ${code}` : ''}`;

/** Azure says no more than that it is not let in. */
function expiredAt(login: AzureLogin): string | null {
  const until = login.kind === 'SAS' ? Date.parse(new URLSearchParams(login.token).get('se') ?? '') : NaN;
  return until < Date.now() ? new Date(until).toISOString() : null;
}

function refused({kind}: AzureLogin, cause: Error): StoreFault {
  const message =
    kind === 'identity'
      ? 'Azure does not take the token'
      : `Azure does not take the ${kind}: it is not of this account, or was renewed, or the clock of this machine is wrong`;
  return new StoreFault('denied', message, {hint: LOG_IN, cause});
}

/** The number is Entra's own, and all that one needs to look it up. */
function notLoggedIn(name: string, message: string, cause: Error): StoreFault {
  const number = /AADSTS\d+/.exec(message)?.[0];
  const words =
    number !== undefined
      ? `the login failed with ${number}`
      : name === 'AuthenticationError'
        ? 'the login failed'
        : 'no login was found';
  return new StoreFault('denied', words, {hint: LOG_IN, cause});
}
