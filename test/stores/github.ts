/**
 * A stand-in for GitHub: the API of artifacts, runs and comments, and the storage behind it, which is another host and lets nobody in
 * who brings a token along. What it answers has the types of GitHub's published OpenAPI description; the client that
 * GitHub itself publishes (@actions/artifact) is held against it in test/contract/github-artifact.test.ts.
 */
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {components} from '@octokit/openapi-types';
import {CommentsStandIn} from './github-comments.ts';

type Artifact = components['schemas']['artifact'];
type Repository = Pick<components['schemas']['minimal-repository'], 'id' | 'full_name'>;
/** Whole but for the hundred addresses of the two repositories, which nobody here reads. */
type Run = Omit<components['schemas']['workflow-run'], 'repository' | 'head_repository'> & {
  repository: Repository;
  head_repository: Repository | null;
};
type Workflow = components['schemas']['workflow'];
type Problem = components['schemas']['basic-error'];

export type Upload = {
  name: string;
  bytes: Buffer;
  createdAt?: Date;
  expired?: boolean;
  /** What GitHub says of it, where that is not the truth. */
  digest?: string | null;
  run?: Partial<Omit<Run, 'id'>> & {id?: number};
  /** Uploaded for a pull request of a fork. */
  fork?: boolean;
};

/** What is answered instead; `null`: what should be. */
export type Odd = {status: number; headers?: Record<string, string>; body?: string};

const REPOSITORY_ID = 1296269;
const FORK_ID = 1296270;
export const TOKEN = 'ghs_open-sesame';
export const REPOSITORY = 'acme/shop';

export class GitHubStandIn implements AsyncDisposable {
  readonly #server: Server;
  readonly #artifacts = new Map<number, {artifact: Artifact; bytes: Buffer}>();
  readonly #runs = new Map<number, Run>();
  #next = 1;
  /** `http://localhost:PORT`: not the host of the API. */
  storage = '';
  /** Without them it gives all of it whatever part is asked for, as old storages do. */
  ranges = true;
  /** Of every workflow. */
  state: Workflow['state'] = 'active';
  /** After how many bytes the storage breaks off; `null`: it does not. */
  cut: () => number | null = () => null;
  odd: (path: string) => Odd | null = () => null;
  readonly comments = new CommentsStandIn();
  /** Each as `api /path` or `storage /path`. */
  readonly asked: string[] = [];
  /** Paths of requests that brought a token to the storage. */
  readonly leaked: string[] = [];

  /** `owner/name` */
  readonly #repository: string;

  private constructor(repository: string) {
    this.#repository = repository;
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(repository = REPOSITORY): Promise<GitHubStandIn> {
    const github = new GitHubStandIn(repository);
    github.#server.listen(0, '127.0.0.1');
    await once(github.#server, 'listening');
    github.storage = `http://localhost:${github.port}`;
    return github;
  }

  get port(): number {
    return (this.#server.address() as {port: number}).port;
  }

  upload({
    name,
    bytes,
    createdAt = new Date(),
    expired = false,
    digest,
    run = {},
    fork = false,
  }: Upload): number {
    const id = this.#next++;
    const {id: runId = 1000 + id} = run;
    const head_branch = run.head_branch ?? 'main';
    const url = `https://api.github.com/repos/${REPOSITORY}/actions`;
    const artifact: Artifact = {
      id,
      node_id: `MDg6QXJ0aWZhY3Q${id}`,
      name,
      size_in_bytes: bytes.length,
      url: `${url}/artifacts/${id}`,
      archive_download_url: `${url}/artifacts/${id}/zip`,
      expired,
      created_at: `${createdAt.toISOString().slice(0, 19)}Z`,
      expires_at: '2027-01-01T00:00:00Z',
      updated_at: `${createdAt.toISOString().slice(0, 19)}Z`,
      digest: digest === undefined ? `sha256:${createHash('sha256').update(bytes).digest('hex')}` : digest,
      workflow_run: {
        id: runId,
        repository_id: REPOSITORY_ID,
        head_repository_id: fork ? FORK_ID : REPOSITORY_ID,
        head_branch,
        head_sha: '009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d',
      },
    };
    this.#artifacts.set(id, {artifact, bytes});
    // A run may leave several.
    const known = this.#runs.get(runId) ?? {created_at: artifact.created_at!};
    this.run({...known, ...run, id: runId, head_branch}, fork);
    return id;
  }

  /** One that may have left nothing. */
  run(run: Partial<Run> & {id: number}, fork = false): void {
    const repository = {id: REPOSITORY_ID, full_name: REPOSITORY};
    const head_repository = fork ? {id: FORK_ID, full_name: 'stranger/shop'} : repository;
    this.#runs.set(run.id, aRun({repository, head_repository, ...run}));
  }

  /** With all of that name, as `overwrite: true` does. */
  remove(name: string): void {
    for (const [id, {artifact}] of this.#artifacts) if (artifact.name === name) this.#artifacts.delete(id);
  }

  removeRun(id: number): void {
    this.#runs.delete(id);
  }

  clear(): void {
    this.state = 'active';
    this.comments.clear();
    this.#artifacts.clear();
    this.#runs.clear();
    this.odd = () => null;
    this.cut = () => null;
    this.ranges = true;
    this.asked.length = 0;
    this.leaked.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #serve(request: IncomingMessage, response: ServerResponse): unknown {
    const url = new URL(request.url!, 'http://localhost');
    const stored = request.headers.host?.startsWith('localhost:');
    this.asked.push(`${stored ? 'storage' : 'api'} ${url.pathname}`);
    const odd = this.odd(url.pathname);
    if (odd) return response.writeHead(odd.status, odd.headers).end(odd.body ?? '');
    if (stored) return this.#store(request, response, url);
    if (!/^(Bearer|token) ghs_open-sesame$/i.test(request.headers.authorization ?? ''))
      return refuse(response, 401, 'Bad credentials');
    if (url.pathname === '/user' || url.pathname.startsWith(`/repos/${this.#repository}/issues/`))
      return void this.#discuss(request, response, url);
    const [, path] = url.pathname.split(`/repos/${this.#repository}/actions`);
    if (path === undefined) return refuse(response, 404, 'Not Found');
    return this.#answer(path, url.searchParams, response);
  }

  async #discuss(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const {comments} = this;
    const [, path = ''] = url.pathname.split('/issues');
    const found = path === '' ? comments.user() : await comments.answer(request, path, url.searchParams);
    if (found === null) return refuse(response, 404, 'Not Found');
    const {status, body, headers} = found;
    if (body === undefined) response.writeHead(status, headers).end();
    else answer(response, status, body, headers);
  }

  #answer(path: string, query: URLSearchParams, response: ServerResponse): unknown {
    const [, kind, id, part] = path.split('/');
    if (kind === 'artifacts' && id === undefined) return this.#page(() => true, query, response);
    if (kind === 'workflows') return this.#workflow(id!, part, query, response);
    if (kind === 'runs' && part === 'artifacts')
      return this.#page(({workflow_run}) => String(workflow_run?.id) === id, query, response);
    if (kind === 'runs') {
      const run = this.#runs.get(Number(id));
      return run ? answer(response, 200, run) : refuse(response, 404, 'Not Found');
    }
    const found = this.#artifacts.get(Number(id));
    if (kind !== 'artifacts' || part !== 'zip' || !found) return refuse(response, 404, 'Not Found');
    if (found.artifact.expired) return refuse(response, 410, 'Artifact has expired');
    return response.writeHead(302, {location: `${this.storage}/blob/${id}?sig=s3cr3t`}).end();
  }

  /** Known are the workflows that have runs. */
  #workflow(file: string, part: string | undefined, query: URLSearchParams, response: ServerResponse) {
    const its = [...this.#runs.values()].filter(({path}) => path.replace(/@.*$/, '').endsWith(`/${file}`));
    if (its.length === 0) return refuse(response, 404, 'Not Found');
    if (part === undefined) return answer(response, 200, aWorkflow(its[0]!.path, this.state));
    const branch = query.get('branch');
    const workflow_runs = its
      .filter(({head_branch}) => branch === null || head_branch === branch)
      .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
      .slice(0, Number(query.get('per_page') ?? 30));
    return answer(response, 200, {total_count: workflow_runs.length, workflow_runs});
  }

  /** Newest first, as GitHub does. */
  #page(which: (artifact: Artifact) => boolean, query: URLSearchParams, response: ServerResponse): void {
    const name = query.get('name');
    const size = Number(query.get('per_page') ?? 30);
    const page = Number(query.get('page') ?? 1);
    const all = [...this.#artifacts.values()]
      .map(({artifact}) => artifact)
      .filter(artifact => which(artifact) && (name === null || artifact.name === name))
      .toSorted((a, b) => b.id - a.id);
    const artifacts = all.slice((page - 1) * size, page * size);
    const more = all.length > page * size;
    const link = `<https://api.github.com/repositories/1/actions/artifacts?page=${page + 1}>; rel="next"`;
    answer(response, 200, {total_count: all.length, artifacts}, more ? {link} : {});
  }

  #store({headers}: IncomingMessage, response: ServerResponse, url: URL): unknown {
    if (headers.authorization !== undefined) {
      this.leaked.push(url.pathname);
      return response.writeHead(400).end();
    }
    if (url.searchParams.get('sig') !== 's3cr3t') return response.writeHead(403).end();
    const found = this.#artifacts.get(Number(url.pathname.split('/').at(-1)));
    if (!found) return response.writeHead(404).end();
    const {bytes} = found;
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
    const etag = `"0x${createHash('md5').update(bytes).digest('hex')}"`;
    // By this word GitHub's client knows whether to unpack what comes.
    const kind = {etag, 'content-type': 'application/zip'};
    if (from === undefined || !this.ranges)
      return this.#send(bytes, response.writeHead(200, {...kind, 'content-length': bytes.length}));
    if (Number(from) >= bytes.length)
      return response.writeHead(416, {'content-range': `bytes */${bytes.length}`}).end();
    const end = to ? Math.min(bytes.length, Number(to) + 1) : bytes.length;
    const range = `bytes ${from}-${end - 1}/${bytes.length}`;
    response.writeHead(206, {...kind, 'content-range': range, 'content-length': end - Number(from)});
    return this.#send(bytes.subarray(Number(from), end), response);
  }

  #send(part: Buffer, response: ServerResponse): void {
    const cut = part.length > 1 ? this.cut() : null;
    if (cut === null || cut >= part.length) response.end(part);
    else response.write(part.subarray(0, cut), () => response.destroy());
  }
}

function aWorkflow(path: string, state: Workflow['state']): Workflow {
  const url = `https://api.github.com/repos/${REPOSITORY}/actions/workflows/161335`;
  return {
    id: 161335,
    node_id: 'MDg6V29ya2Zsb3cxNjEzMzU=',
    name: 'Nightly restore drill',
    path: path.replace(/@.*$/, ''),
    state,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    url,
    html_url: `https://github.com/${REPOSITORY}/blob/main/${path}`,
    badge_url: `https://github.com/${REPOSITORY}/workflows/nightly/badge.svg`,
  };
}

type Repositories = Pick<Run, 'repository' | 'head_repository'>;

function aRun({id, ...given}: Partial<Run> & Repositories & {id: number}): Run {
  const url = `https://api.github.com/repos/${REPOSITORY}/actions/runs/${id}`;
  return {
    id,
    name: 'Backup',
    node_id: `MDExOldvcmtmbG93UnVu${id}`,
    head_branch: 'main',
    head_sha: '009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d',
    path: '.github/workflows/backup.yml',
    run_number: id,
    event: 'schedule',
    status: 'completed',
    conclusion: 'success',
    workflow_id: 161335,
    url,
    html_url: `https://github.com/${REPOSITORY}/actions/runs/${id}`,
    pull_requests: [],
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${url}/suite`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `https://api.github.com/repos/${REPOSITORY}/actions/workflows/161335`,
    head_commit: null,
    display_title: 'Backup',
    ...given,
  };
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, {'content-type': 'application/json; charset=utf-8', ...headers});
  response.end(JSON.stringify(body));
}

const refuse = (response: ServerResponse, status: number, message: string): void =>
  answer(response, status, {message, documentation_url: 'https://docs.github.com/rest'} satisfies Problem);
