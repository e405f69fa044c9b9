/**
 * Artifacts of GitHub Actions: `github-artifact:NAME` of this repository, `github-artifact:OWNER/REPO/NAME` of another, with
 * `*` and `?` in the name for several. Only what a successful run of the repository itself has uploaded counts: nothing of a
 * fork. Listed are the newest; the bytes are the zip, or the one file, that was uploaded, verified by GitHub's digest.
 */
import type {IncomingMessage} from 'node:http';
import {matchesGlob} from 'node:path';
import {DrillError} from '../errors.ts';
import {apiUrlOf, GitHubApi, type GitHubArtifact, type GitHubRun, PERMISSION} from './github-api.ts';
import {type Access, type StoreDeps, secretOf} from './source-job.ts';
import {type Attempt, type Entry, type Listing, type Range, type Store, StoreFault} from './store.ts';
import {readStream} from './stream.ts';
import {startsAt, totalOf, versionOf} from './web-client.ts';

/** A month of nightly backups: what is older says nothing about the schedule. */
const WANTED = 31;
/** Of runs, which are asked for one by one: a token of a workflow has 1,000 requests an hour. */
const MAX_RUNS = 100;
const AT_ONCE = 8;

/** Of these the newest run may carry what a stranger made: each has to be asked for by `store.event`. */
const OPEN_EVENTS = ['pull_request_target', 'workflow_run'];

type Wanted = Pick<Access, 'workflow' | 'branch' | 'event'> & {
  /** May hold a pattern. */
  name: string;
  repository: string;
  /** Of this run itself, which has not ended yet. */
  runId: number | null;
};

export function artifactStore(uri: string, access: Access, deps: StoreDeps): Store {
  const {env, environment = {}} = deps;
  const [repository, name] = parse(uri, env('GITHUB_REPOSITORY'));
  if (access.token === undefined && !env('GITHUB_TOKEN')) {
    const message = 'GitHub gives artifacts only to who has a token, and GITHUB_TOKEN is not set';
    throw new DrillError('source/denied', message, {hint: PERMISSION});
  }
  const api = new GitHubApi({
    apiUrl: apiUrlOf(access.endpoint ?? env('GITHUB_API_URL')),
    token: secretOf(access.token ?? 'env:GITHUB_TOKEN', deps),
    repository,
    environment,
  });
  const own = env('GITHUB_REPOSITORY') === repository ? Number(env('GITHUB_RUN_ID')) : null;
  const {workflow, branch, event} = access;
  return new ArtifactStore(api, {name, repository, runId: own, workflow, branch, event});
}

function parse(uri: string, ownRepository: string | undefined): [string, string] {
  const [, given, name] = /^github-artifact:(?:([\w.-]+\/[\w.-]+)\/)?([^/\\:"<>|\r\n]+)$/i.exec(uri) ?? [];
  const repository = given ?? ownRepository;
  if (name === undefined || !repository) {
    const message =
      name === undefined ? 'source: not an artifact' : 'source: an artifact of which repository?';
    throw new DrillError('usage/invalid', message, {
      hint: 'Write github-artifact:OWNER/REPO/NAME; inside a workflow github-artifact:NAME is of its own repository.',
    });
  }
  return [repository, name];
}

/** Why an artifact does not count. */
type Refusal = string;

class ArtifactStore implements Store {
  /** Not known before one is looked at: old artifacts lie in a storage without. */
  ranges = true;
  parallel = true;
  readonly #api: GitHubApi;
  readonly #wanted: Wanted;
  readonly #runs = new Map<number, GitHubRun | null>();

  constructor(api: GitHubApi, wanted: Wanted) {
    this.#api = api;
    this.#wanted = wanted;
  }

  async list(attempt: Attempt): Promise<Listing> {
    const {name, repository} = this.#wanted;
    const pattern = /[*?]/.test(name);
    const {artifacts, all} = await this.#api.artifacts(pattern ? null : name, attempt);
    const called = artifacts.filter(artifact =>
      pattern ? matchesGlob(artifact.name, name) : artifact.name === name,
    );
    const {entries, refused, unseen} = await this.#sorted(called, attempt);
    const place = `github-artifact:${repository}/${name}`;
    const remarks = refusals(refused, entries[0]);
    const cut = unseen > 0 || (!all && entries.length === 0);
    if (cut && entries.length === 0) remarks.push('older ones were not looked at');
    // By its exact name a missing artifact is missed, as a file would be.
    if (entries.length === 0 && !pattern) return {place, entries, named: name, remarks};
    return {place, entries, remarks};
  }

  /** What lies beside a backup lies in the same artifact. */
  async beside(): Promise<Entry[]> {
    return [];
  }

  /** By its first byte: the size that is listed is not always that of the zip. */
  async look(entry: Entry, attempt: Attempt): Promise<Entry> {
    const response = await this.#api.bytes(idOf(entry), {range: 'bytes=0-0'}, attempt);
    response.destroy();
    this.ranges = response.statusCode === 206;
    this.parallel = this.ranges;
    const etag = versionOf(response);
    const version = etag === undefined ? entry.version! : `${entry.version} ${etag}`;
    return {...entry, sizeBytes: totalOf(response), version};
  }

  async open(entry: Entry, {from, to}: Range, attempt: Attempt): Promise<AsyncIterable<Uint8Array>> {
    const partial = from > 0 || (to !== null && to !== entry.sizeBytes);
    const range = partial ? {range: `bytes=${from}-${to === null ? '' : to - 1}`} : {};
    const response = await this.#api.bytes(idOf(entry), range, attempt);
    const fault = mismatch(response, entry, partial ? from : null);
    if (fault === null) return readStream(response, attempt);
    response.destroy();
    throw fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api[Symbol.asyncDispose]();
  }

  /** Newest first, until there are enough; `unseen`: of how many nobody asked. */
  async #sorted(artifacts: GitHubArtifact[], attempt: Attempt) {
    const entries: Entry[] = [];
    const refused: {artifact: GitHubArtifact; because: Refusal}[] = [];
    let at = 0;
    while (at < artifacts.length && entries.length < WANTED && this.#runs.size < MAX_RUNS) {
      // The newest is mostly all that is asked for: it comes alone.
      const some = artifacts.slice(at, at + (at === 0 ? 1 : AT_ONCE));
      at += some.length;
      const verdicts = await Promise.all(some.map(artifact => this.#refusal(artifact, attempt)));
      for (const [index, artifact] of some.entries()) {
        const verdict = verdicts[index]!;
        if (typeof verdict === 'string') refused.push({artifact, because: verdict});
        else entries.push(entryOf(artifact, verdict));
      }
    }
    return {entries, refused, unseen: artifacts.length - at};
  }

  /** Why it does not count, or the run that it is of. */
  async #refusal(artifact: GitHubArtifact, attempt: Attempt): Promise<Refusal | GitHubRun> {
    const {workflow, branch, event, runId} = this.#wanted;
    const {id, repository_id, head_repository_id, head_branch} = artifact.workflow_run ?? {};
    if (artifact.expired) return 'expired';
    // A fork that was deleted has no id: what is not known to be the repository itself is not.
    if (
      head_repository_id === undefined ||
      head_repository_id === null ||
      head_repository_id !== repository_id
    )
      return 'of a fork';
    if (branch !== undefined && head_branch !== branch) return 'of another branch';
    const run = await this.#run(id!, attempt);
    if (run === null) return 'of a run that was deleted';
    if (workflow !== undefined && workflowOf(run) !== workflow) return 'of another workflow';
    if (event !== undefined && run.event !== event) return 'of another event';
    if (event === undefined && OPEN_EVENTS.includes(run.event)) return `of ${run.event}`;
    // Jobs of this run before this one have passed, or this one would not run.
    if (run.conclusion !== 'success' && !(run.id === runId && run.conclusion === null))
      return 'of a run that was not successful';
    return run;
  }

  async #run(id: number, attempt: Attempt): Promise<GitHubRun | null> {
    if (!this.#runs.has(id)) this.#runs.set(id, await this.#api.run(id, attempt));
    return this.#runs.get(id)!;
  }
}

/** `.github/workflows/backup.yml@refs/heads/main` is `backup.yml`. */
const workflowOf = ({path}: GitHubRun): string => path.replace(/@.*$/, '').replace(/^.*\//, '');

const idOf = ({version}: Entry): number => Number(version!.split(' ')[0]);

function entryOf(artifact: GitHubArtifact, run: GitHubRun): Entry {
  const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(artifact.digest ?? '') ?? [];
  return {
    name: artifact.name,
    // Where a person finds it, too.
    location: `${run.html_url}/artifacts/${artifact.id}`,
    sizeBytes: artifact.size_in_bytes,
    modifiedAt: artifact.created_at === null ? null : new Date(artifact.created_at).toISOString(),
    version: String(artifact.id),
    isDump: true,
    ...(hex !== undefined && {checksum: {algorithm: 'sha256', hex: hex.toLowerCase()}}),
  };
}

/** `from`: of a part, `null` for the whole. */
function mismatch(response: IncomingMessage, entry: Entry, from: number | null): StoreFault | null {
  const [, etag] = /^\d+ (.*)$/.exec(entry.version!) ?? [];
  const total = totalOf(response);
  const same = etag === undefined || versionOf(response) === etag;
  if (!same || (total !== null && entry.sizeBytes !== null && total !== entry.sizeBytes))
    return new StoreFault('changed', 'it is not what it was a moment ago');
  if (from !== null && (response.statusCode !== 206 || !startsAt(response, from)))
    return new StoreFault('broken', 'the storage did not send the part that was asked for');
  return null;
}

/** Of those that are newer than the newest that counts: what was passed over for an older one is worth a word. */
function refusals(
  refused: {artifact: GitHubArtifact; because: Refusal}[],
  newest: Entry | undefined,
): string[] {
  const since = newest?.modifiedAt ? Date.parse(newest.modifiedAt) : Number.NEGATIVE_INFINITY;
  const newer = refused.filter(({artifact}) => Date.parse(artifact.created_at ?? '') > since || !newest);
  const groups = Map.groupBy(newer, ({because}) => because);
  return [...groups].map(
    ([because, {length}]) => `${length} ${newest ? 'newer ' : ''}passed over: ${because}`,
  );
}
