/**
 * The comments of GitHub's stand-in: those on pull requests, oldest first and by pages, made, changed and removed with a
 * token that may. What it answers has the types of GitHub's published OpenAPI description.
 */
import type {IncomingMessage} from 'node:http';
import type {components} from '@octokit/openapi-types';

type Comment = components['schemas']['issue-comment'];
type User = NonNullable<components['schemas']['nullable-simple-user']>;
type Given = {body: string; login?: string; type?: 'Bot' | 'User'; on?: number};

export type Answer = {status: number; body?: object; headers?: Record<string, string>};

const refused = (status: number, message: string): Answer => ({
  status,
  body: {message, documentation_url: 'https://docs.github.com/rest', status: String(status)},
});
const READ_ONLY = refused(403, 'Resource not accessible by integration');

export class CommentsStandIn {
  readonly #comments = new Map<number, {on: number; comment: Comment}>();
  #next = 1;
  /** Of a fork's pull request. */
  readOnly = false;
  /** Who the token is; that of a workflow is an app's, which may not ask. */
  as: {login: string; type: 'Bot' | 'User'} = {login: 'github-actions[bot]', type: 'Bot'};
  /** When a comment has been made, before that is answered: somebody else may be faster, or the answer another. */
  afterCreate: () => Answer | null = () => null;
  /** Each as `POST`, `PATCH 1`, `DELETE 2`. */
  readonly changes: string[] = [];

  /** Somebody's. */
  add({body, login = 'github-actions[bot]', type = 'Bot', on = 7}: Given): number {
    const id = this.#next++;
    this.#comments.set(id, {on, comment: aComment(id, on, body, {login, type})});
    return id;
  }

  on(pullRequest = 7): {id: number; login: string; body: string}[] {
    return [...this.#comments]
      .filter(([, {on}]) => on === pullRequest)
      .map(([id, {comment}]) => ({id, login: comment.user!.login, body: comment.body ?? ''}));
  }

  clear(): void {
    this.#comments.clear();
    this.#next = 1;
    this.changes.length = 0;
    this.readOnly = false;
    this.afterCreate = () => null;
    this.as = {login: 'github-actions[bot]', type: 'Bot'};
  }

  /** `path` below `/issues`; `null`: no path of comments. */
  async answer(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Answer | null> {
    const [, on] = /^\/(\d+)\/comments$/.exec(path) ?? [];
    const [, id] = /^\/comments\/(\d+)$/.exec(path) ?? [];
    const {method} = request;
    if (on !== undefined && method === 'GET') return this.#page(Number(on), query);
    if (on === undefined && id === undefined) return null;
    if (this.readOnly) return READ_ONLY;
    const text = await textOf(request);
    this.changes.push([method, id].filter(Boolean).join(' '));
    if (method !== 'DELETE' && !isComment(text)) return refused(422, 'Validation Failed');
    if (on !== undefined && method === 'POST') return this.#create(Number(on), JSON.parse(text).body);
    const known = this.#comments.get(Number(id));
    if (!known) return refused(404, 'Not Found');
    if (method === 'PATCH') known.comment.body = JSON.parse(text).body;
    if (method === 'PATCH') return {status: 200, body: known.comment};
    this.#comments.delete(Number(id));
    return {status: 204};
  }

  user(): Answer {
    return this.as.type === 'Bot' ? READ_ONLY : {status: 200, body: aUser(this.as)};
  }

  #create(on: number, body: string): Answer {
    const id = this.add({body, on, ...this.as});
    const made = structuredClone(this.#comments.get(id)!.comment);
    return this.afterCreate() ?? {status: 201, body: made};
  }

  #page(on: number, query: URLSearchParams): Answer {
    const size = Number(query.get('per_page') ?? 30);
    const page = Number(query.get('page') ?? 1);
    const all = [...this.#comments.values()].filter(one => one.on === on).map(({comment}) => comment);
    const link = `<https://api.github.com/repositories/1/issues/${on}/comments?page=${page + 1}>; rel="next"`;
    const headers = all.length > page * size ? {link} : {};
    return {status: 200, body: all.slice((page - 1) * size, page * size), headers};
  }
}

/** GitHub takes no empty one, and none of more than 65,536 characters. */
function isComment(text: string): boolean {
  const {body} = JSON.parse(text || '{}') as {body?: unknown};
  return typeof body === 'string' && body.length > 0 && body.length <= 65_536;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

function aComment(id: number, on: number, body: string, user: Pick<User, 'login' | 'type'>): Comment {
  const url = `https://api.github.com/repos/acme/shop/issues/comments/${id}`;
  return {
    id,
    node_id: `IC_${id}`,
    url,
    html_url: `https://github.com/acme/shop/pull/${on}#issuecomment-${id}`,
    issue_url: `https://api.github.com/repos/acme/shop/issues/${on}`,
    body,
    user: aUser(user),
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    author_association: 'NONE',
    performed_via_github_app: null,
  };
}

function aUser({login, type}: {login: string; type: string}): User {
  const url = `https://api.github.com/users/${login}`;
  return {
    ...{login, type, id: 41898282, node_id: 'MDM6Qm90NDE4OTgyODI=', gravatar_id: '', site_admin: false},
    ...{url, html_url: `https://github.com/${login}`, avatar_url: `${url}/avatar`},
    ...{followers_url: `${url}/followers`, following_url: `${url}/following{/other_user}`},
    ...{gists_url: `${url}/gists{/gist_id}`, starred_url: `${url}/starred{/owner}{/repo}`},
    ...{
      subscriptions_url: `${url}/subscriptions`,
      organizations_url: `${url}/orgs`,
      repos_url: `${url}/repos`,
    },
    ...{events_url: `${url}/events{/privacy}`, received_events_url: `${url}/received_events`},
  };
}
