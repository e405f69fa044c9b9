/**
 * The part of GitHub's REST API that tells of comments on a pull request, and changes them. In: a token that may write
 * them. Out: comments, oldest first; who may not gets a StoreFault that says what permission is missing. One try each.
 */
import type {IncomingMessage} from 'node:http';
import {z} from 'zod';
import {type Login, limitedMs, OF_API, strange} from './github-api.ts';
import {type Attempt, faultOfStatus, StoreFault} from './store.ts';
import {parsed, textOf, WebClient} from './web-client.ts';

/** A hundred comments of 65,536 characters each, as JSON. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const PAGE = 100;
/** Ten thousand comments: nobody reads on. */
const MAX_PAGES = 100;

const userSchema = z.looseObject({login: z.string(), type: z.string()});
const commentSchema = z.looseObject({
  id: z.number().int(),
  body: z.string().nullish(),
  /** `null`: the account is gone. */
  user: userSchema.nullish(),
});
export type GitHubComment = z.infer<typeof commentSchema>;

const PERMISSION =
  'The job needs `permissions: {pull-requests: write}`, and the step github.token as GITHUB_TOKEN in its `env`.';

export class GitHubComments implements AsyncDisposable {
  readonly #client: WebClient;
  readonly #apiUrl: string;
  readonly #issues: string;
  readonly #authorization: string;
  readonly #number: number;

  constructor({apiUrl, token, repository, environment}: Login, pullRequest: number) {
    this.#client = new WebClient(environment);
    this.#apiUrl = apiUrl.replace(/\/+$/, '');
    this.#issues = `${this.#apiUrl}/repos/${repository}/issues`;
    this.#authorization = `Bearer ${token}`;
    this.#number = pullRequest;
  }

  async all(attempt: Attempt): Promise<GitHubComment[]> {
    const comments: GitHubComment[] = [];
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const url = `${this.#issues}/${this.#number}/comments?per_page=${PAGE}&page=${page}`;
      const response = await this.#client.get(new URL(url), this.#request(), attempt);
      comments.push(...(await read(response, z.array(commentSchema), attempt)));
      if (!/;\s*rel="next"/.test(String(response.headers.link ?? ''))) return comments;
    }
    throw new StoreFault('refused', `there are more than ${PAGE * MAX_PAGES} comments`);
  }

  /** Who the token is; `null` for one of a workflow or of an app, which may not ask. */
  async login(attempt: Attempt): Promise<string | null> {
    try {
      const response = await this.#client.get(new URL(`${this.#apiUrl}/user`), this.#request(), attempt);
      return (await read(response, userSchema, attempt)).login;
    } catch (error) {
      if (error instanceof StoreFault && error.kind === 'denied') return null;
      throw error;
    }
  }

  async create(body: string, attempt: Attempt): Promise<void> {
    await this.#send('POST', `${this.#number}/comments`, body, attempt);
  }

  /** Whether it was still there. */
  async update(id: number, body: string, attempt: Attempt): Promise<boolean> {
    return await unlessGone(this.#send('PATCH', `comments/${id}`, body, attempt));
  }

  /** Whether it was still there. */
  async remove(id: number, attempt: Attempt): Promise<boolean> {
    return await unlessGone(this.#send('DELETE', `comments/${id}`, undefined, attempt));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }

  async #send(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    text: string | undefined,
    attempt: Attempt,
  ): Promise<void> {
    const sent = {method, url: new URL(`${this.#issues}/${path}`)};
    const body = text === undefined ? {} : {body: JSON.stringify({body: text})};
    const response = await this.#client.send({...sent, ...body}, this.#request(), attempt);
    // What it answers is what was sent; read, so that the connection can be used again.
    await textOf(response, {attempt, maxBytes: MAX_ANSWER_BYTES});
  }

  #request() {
    const headers = {...OF_API, 'content-type': 'application/json'};
    return {headers, authorization: this.#authorization, explain: faultOf};
  }
}

async function read<T>(response: IncomingMessage, schema: z.ZodType<T>, attempt: Attempt): Promise<T> {
  const {success, data} = schema.safeParse(
    parsed(await textOf(response, {attempt, maxBytes: MAX_ANSWER_BYTES})),
  );
  if (!success) throw strange();
  return data;
}

async function unlessGone(done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (error instanceof StoreFault && error.kind === 'gone') return false;
    throw error;
  }
}

function faultOf({statusCode = 0, headers}: IncomingMessage): StoreFault {
  const message = `GitHub answers ${statusCode}`;
  const retryAfterMs = statusCode === 403 || statusCode === 429 ? limitedMs(headers) : null;
  if (retryAfterMs !== null)
    return new StoreFault('busy', `${message}: its rate limit is reached`, {retryAfterMs});
  const hint = PERMISSION;
  if (statusCode === 401)
    return new StoreFault('denied', `${message}: the token is not valid, or has expired`, {hint});
  if (statusCode === 403)
    return new StoreFault('denied', `${message}: the token may not write comments here`, {hint});
  return faultOfStatus(statusCode, message, headers['retry-after']);
}
