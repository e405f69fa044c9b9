/**
 * The part of GitHub's REST API that tells of artifacts and of runs: pages of them, the run that one is of, and its bytes. Answers are
 * checked against what GitHub publishes; what GitHub means by a status is told with what to do. The token is sent to the
 * API alone, never to the storage that it redirects to.
 */
import type {IncomingMessage} from 'node:http';
import {z} from 'zod';
import {DrillError} from '../errors.ts';
import {type Attempt, faultOfStatus, StoreFault} from './store.ts';
import {parsed, textOf, WebClient} from './web-client.ts';

/** A page of 100 artifacts is about 100 kB; a run, with its commit and repositories, 30 kB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** As many as GitHub gives. */
const PAGE = 100;
/** The newest thousand: GitHub lists the newest first. */
const MAX_PAGES = 10;

const artifactSchema = z.looseObject({
  id: z.number().int(),
  name: z.string(),
  size_in_bytes: z.number().int().nonnegative(),
  expired: z.boolean(),
  created_at: z.iso.datetime({offset: true}).nullable(),
  /** Of the zip; artifacts of GitHub Enterprise Server may have none. */
  digest: z.string().nullish(),
  workflow_run: z
    .looseObject({
      id: z.number().int().optional(),
      repository_id: z.number().int().optional(),
      head_repository_id: z.number().int().nullish(),
      head_branch: z.string().nullish(),
    })
    .nullish(),
});
export type GitHubArtifact = z.infer<typeof artifactSchema>;

const pageSchema = z.looseObject({artifacts: z.array(artifactSchema)});

const runSchema = z.looseObject({
  id: z.number().int(),
  /** `.github/workflows/backup.yml`, sometimes with `@` and a reference. */
  path: z.string(),
  event: z.string(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  html_url: z.string(),
  head_branch: z.string().nullable(),
  head_sha: z.string(),
  run_attempt: z.number().int().optional(),
  created_at: z.iso.datetime({offset: true}),
  updated_at: z.iso.datetime({offset: true}),
  repository: z.looseObject({id: z.number().int()}).nullish(),
  /** Another one, or none any more, where a fork's changes ran. */
  head_repository: z.looseObject({id: z.number().int()}).nullish(),
});
export type GitHubRun = z.infer<typeof runSchema>;

const runsSchema = z.looseObject({workflow_runs: z.array(runSchema)});

/** `active`, or who or what disabled it. */
const workflowSchema = z.looseObject({state: z.string()});
export type GitHubWorkflow = z.infer<typeof workflowSchema>;

const PUBLIC_API = 'https://api.github.com';
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** Where a token may be sent to. Throws DrillError `usage/invalid`. */
export function apiUrlOf(text: string | undefined): string {
  const address = text || PUBLIC_API;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname)))
    return address;
  throw new DrillError('usage/invalid', 'source: GITHUB_API_URL is no address that a token may be sent to', {
    hint: 'Write https://HOST/api/v3 for GitHub Enterprise Server; leave it out for github.com.',
  });
}

export type Login = {
  /** `https://api.github.com`, or what GITHUB_API_URL says. */
  apiUrl: string;
  token: string;
  /** `OWNER/REPO` */
  repository: string;
  environment: Record<string, string>;
};

export class GitHubApi implements AsyncDisposable {
  readonly #client: WebClient;
  readonly #base: string;
  readonly #authorization: string;

  constructor({apiUrl, token, repository, environment}: Login) {
    this.#client = new WebClient(environment);
    this.#base = `${apiUrl.replace(/\/+$/, '')}/repos/${repository}/actions`;
    this.#authorization = `Bearer ${token}`;
  }

  /** Newest first. `all`: whether there were no more than are looked at. */
  async artifacts(
    name: string | null,
    attempt: Attempt,
  ): Promise<{artifacts: GitHubArtifact[]; all: boolean}> {
    const artifacts: GitHubArtifact[] = [];
    const filter = name === null ? '' : `&name=${encodeURIComponent(name)}`;
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const path = `/artifacts?per_page=${PAGE}&page=${page}${filter}`;
      const {value, more} = await this.#ask(path, pageSchema, attempt);
      artifacts.push(...value.artifacts);
      if (!more) return {artifacts: artifacts.toSorted(newerFirst), all: true};
    }
    return {artifacts: artifacts.toSorted(newerFirst), all: false};
  }

  /** `null` where it has been deleted. */
  async run(id: number, attempt: Attempt): Promise<GitHubRun | null> {
    return await unlessGone(this.#ask(`/runs/${id}`, runSchema, attempt));
  }

  /** `null`: the repository has no workflow file of that name. */
  async workflow(file: string, attempt: Attempt): Promise<GitHubWorkflow | null> {
    return await unlessGone(this.#ask(`/workflows/${encodeURIComponent(file)}`, workflowSchema, attempt));
  }

  /** Of a workflow on a branch, newest first; one page. */
  async runs(file: string, branch: string, attempt: Attempt): Promise<GitHubRun[]> {
    const query = `?branch=${encodeURIComponent(branch)}&per_page=${PAGE}`;
    const path = `/workflows/${encodeURIComponent(file)}/runs${query}`;
    return (await this.#ask(path, runsSchema, attempt)).value.workflow_runs;
  }

  /** All that one run left, one page: a hundred jobs leave a hundred. */
  async artifactsOf(runId: number, attempt: Attempt): Promise<GitHubArtifact[]> {
    const path = `/runs/${runId}/artifacts?per_page=${PAGE}`;
    return (await this.#ask(path, pageSchema, attempt)).value.artifacts;
  }

  /** The storage's answer. Its address is good for a minute only, so that each part asks for a new one. */
  bytes(id: number, headers: Record<string, string>, attempt: Attempt): Promise<IncomingMessage> {
    return this.#get(`/artifacts/${id}/zip`, headers, attempt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #ask<T>(path: string, schema: z.ZodType<T>, attempt: Attempt): Promise<{value: T; more: boolean}> {
    // Of a single thing 404 says that it is gone; of the list, that the repository cannot be seen.
    const response = await this.#get(path, {}, attempt);
    const text = await textOf(response, {attempt, maxBytes: MAX_ANSWER_BYTES});
    const {success, data} = schema.safeParse(parsed(text));
    if (!success) throw strange();
    return {value: data, more: /;\s*rel="next"/.test(String(response.headers.link ?? ''))};
  }

  #get(path: string, headers: Record<string, string>, attempt: Attempt): Promise<IncomingMessage> {
    const explain = (response: IncomingMessage, redirected: boolean) =>
      redirected ? faultOfStorage(response) : faultOfApi(response, path.startsWith('/artifacts?'));
    const request = {headers: {...OF_API, ...headers}, authorization: this.#authorization, explain};
    return this.#client.get(new URL(this.#base + path), request, attempt);
  }
}

async function unlessGone<T>(answer: Promise<{value: T}>): Promise<T | null> {
  try {
    return (await answer).value;
  } catch (error) {
    if (error instanceof StoreFault && error.kind === 'gone') return null;
    throw error;
  }
}

export const OF_API = {accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28'};

const newerFirst = (a: GitHubArtifact, b: GitHubArtifact): number =>
  Date.parse(b.created_at ?? '') - Date.parse(a.created_at ?? '') || b.id - a.id;

export const strange = (): StoreFault =>
  new StoreFault('refused', 'what answers is not GitHub’s API', {
    hint: 'Is GITHUB_API_URL (or `store.endpoint`) right? For GitHub Enterprise Server it ends with /api/v3.',
  });

export const PERMISSION =
  'The job needs `permissions: {actions: read, contents: read}`, and the step github.token as GITHUB_TOKEN in its `env`. For another repository name a token of your own that may read its Actions: `store: {token: env:NAME}`.';

function faultOfApi({statusCode = 0, headers}: IncomingMessage, listing: boolean): StoreFault {
  const message = `GitHub answers ${statusCode}`;
  if (statusCode === 403 || statusCode === 429) {
    const retryAfterMs = limitedMs(headers);
    if (retryAfterMs !== null)
      return new StoreFault('busy', `${message}: its rate limit is reached`, {retryAfterMs});
  }
  if (statusCode === 401)
    return new StoreFault('denied', `${message}: the token is not valid, or has expired`, {hint: PERMISSION});
  if (statusCode === 403)
    return new StoreFault('denied', `${message}: the token may not read artifacts`, {hint: PERMISSION});
  // What a token may not see is not there: GitHub does not tell the two apart.
  if (statusCode === 404 && listing)
    return new StoreFault('denied', `${message}: no such repository, or one that the token may not see`, {
      hint: PERMISSION,
    });
  if (statusCode === 404 || statusCode === 410)
    return new StoreFault('gone', `${message}: it has expired, or was deleted`);
  return faultOfStatus(statusCode, message, headers['retry-after']);
}

/** `null` where it is no matter of limits. By GitHub's own clock: what is compared is of one answer. */
export function limitedMs(headers: IncomingMessage['headers']): number | null {
  const after = headers['retry-after'];
  if (after !== undefined) return /^\d+$/.test(after) ? Number(after) * 1000 : 0;
  if (headers['x-ratelimit-remaining'] !== '0') return null;
  const resetMs = Number(headers['x-ratelimit-reset']) * 1000;
  const waitMs = resetMs - Date.parse(headers.date ?? '');
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : 0;
}

/** It knows no token: what it refuses is an address that was good for too short a time. */
function faultOfStorage({statusCode = 0, headers}: IncomingMessage): StoreFault {
  const message = `the storage of artifacts answers ${statusCode}`;
  if (statusCode === 401 || statusCode === 403) return new StoreFault('broken', message);
  return faultOfStatus(statusCode, message, headers['retry-after']);
}
