/**
 * The log-in to Google Cloud: Application Default Credentials, found by Google's own library (workload identity
 * federation, gcloud, metadata of the machine). The only importer of it, loaded when it is wanted. Out come the headers
 * that prove who asks, or a fault that says why there are none.
 */
import {GoogleAuth} from 'google-auth-library';
import {faultOfStatus, StoreFault} from './store.ts';
import {unreachableBy} from './stream.ts';

/** Reading is all that is done. */
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_only';

export const LOG_IN =
  'Log in with google-github-actions/auth in an earlier step (workload identity federation), or run `gcloud auth application-default login`.';

export type GoogleHeaders = {authorization: string | null; headers: Record<string, string>};

export class GoogleLogin {
  /** A project is not needed; without one it would ask gcloud, a program, for it. */
  readonly #auth = new GoogleAuth({scopes: [SCOPE], projectId: '-'});

  /** Asks for a new token when the old one is about to expire. */
  async headersFor(url: URL): Promise<GoogleHeaders> {
    try {
      const {authorization = null, ...headers} = Object.fromEntries(
        await this.#auth.getRequestHeaders(url.href),
      ) as Record<string, string>;
      return {authorization, headers};
    } catch (error) {
      throw notLoggedIn(error);
    }
  }
}

type LoginError = Error & {
  code?: unknown;
  status?: number;
  response?: {status?: number; data?: {error?: unknown}};
};

/** Its messages may repeat tokens: only OAuth's own names for what is wrong are. */
function notLoggedIn(error: unknown): StoreFault {
  const {message, code, status, response, cause} = error as LoginError;
  const answered = response?.status ?? status;
  if (answered !== undefined && (answered >= 500 || answered === 429))
    return faultOfStatus(answered, `the login answers ${answered}`);
  const network = [error, cause].map(unreachable).find(fault => fault !== null);
  if (answered === undefined && network) return network;
  if (/default credentials/.test(message))
    return new StoreFault('denied', 'no login was found', {hint: LOG_IN, cause: error});
  const named = response?.data?.error ?? code;
  const oauth = typeof named === 'string' && /^[a-z_]+$/.test(named) ? ` with ${named}` : '';
  return new StoreFault('denied', `the login failed${oauth || (answered ? ` (${answered})` : '')}`, {
    hint: LOGIN_FAILED,
    cause: error,
  });
}

function unreachable(error: unknown): StoreFault | null {
  const {code} = (error ?? {}) as {code?: unknown};
  if (typeof code !== 'string' || !/^(E[A-Z]+|UND_[A-Z_]+)$/.test(code) || code === 'ENOENT') return null;
  const fault = unreachableBy(error);
  return fault instanceof StoreFault ? fault : null;
}

const LOGIN_FAILED =
  'Does GOOGLE_APPLICATION_CREDENTIALS name a file that is there? Does the provider of the workload identity pool accept this repository and branch, and has the job `permissions: {id-token: write}`?';
