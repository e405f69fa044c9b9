/**
 * What GitHub knows of the workflow that holds the drills: whether it is enabled, its runs, single runs that records
 * name, and the records that a run left as artifacts. Every answer is data for the pure part; what cannot be had is a
 * DrillError, so that the gate stays shut.
 */
import {createHash} from 'node:crypto';
import {DrillError} from '../errors.ts';
import {type GitHubApi, type GitHubArtifact, type GitHubRun, PERMISSION} from '../source/github-api.ts';
import type {Patience} from '../source/patience.ts';
import {StoreFault} from '../source/store.ts';
import {readStream} from '../source/stream.ts';
import {type Found, recordsInZip} from './records-in-zip.ts';
import {isOwn, type Run, type Trust} from './witness.ts';

/** Artifacts that may hold records; a report lies beside them or not. */
const RECORDS = /^restore-drill-history/;
/** A record has a few kB; the whole history of a hundred backups has less. */
const MAX_ARTIFACT_BYTES = 64 * 1024 ** 2;
/** A token of a workflow has 1,000 requests an hour. */
const MAX_RUNS = 100;
const AT_ONCE = 8;

export class GitHubDrills {
  readonly #api: GitHubApi;
  readonly #trust: Trust;
  readonly #patience: Patience;

  constructor(api: GitHubApi, trust: Trust, patience: Patience) {
    this.#api = api;
    this.#trust = trust;
    this.#patience = patience;
  }

  /** `runs`: newest first, of the repository itself, also those that have not ended. */
  async workflow(): Promise<{state: string; runs: Run[]}> {
    const {workflow: file, branch, repository} = this.#trust;
    const what = `asking for ${file} of ${repository}`;
    const found = await this.#patience.persist(what, attempt => this.#api.workflow(file, attempt));
    if (found === null) {
      throw new DrillError(
        'source/denied',
        `${what}: there is no such workflow, or the token may not see it`,
        {
          hint: PERMISSION,
        },
      );
    }
    const runs = await this.#patience.persist(`${what}: its runs`, attempt =>
      this.#api.runs(file, branch, attempt),
    );
    return {state: found.state, runs: runs.map(toRun).filter(isOwn)};
  }

  async byId(ids: string[]): Promise<Map<string, Run | null>> {
    if (ids.length > MAX_RUNS) {
      const message = `${ids.length} runs would have to be asked for, one by one; ${MAX_RUNS} is the limit`;
      throw new DrillError('source/unreachable', message, {
        hint: 'Lower `--max-age`, or name the backups that matter (`--require`).',
      });
    }
    const known = new Map<string, Run | null>();
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE);
      const runs = await Promise.all(some.map(id => this.#run(Number(id))));
      for (const [index, id] of some.entries()) known.set(id, runs[index]!);
    }
    return known;
  }

  /** Of this run alone: what else lies in its artifacts speaks for other runs, which can speak for themselves. */
  async recordsOf({id}: Run): Promise<Found> {
    const what = `the artifacts of run ${id}`;
    const listed = await this.#patience.persist(`asking for ${what}`, attempt =>
      this.#api.artifactsOf(Number(id), attempt),
    );
    const holding = listed.filter(({name, expired}) => RECORDS.test(name) && !expired);
    const found: Found = {records: [], unreadable: []};
    for (const artifact of holding) {
      const {records, unreadable} = await recordsInZip(await this.#download(artifact));
      found.records.push(...records.filter(({heldBy}) => heldBy?.runId === id));
      found.unreadable.push(...unreadable);
    }
    return found;
  }

  async #run(id: number): Promise<Run | null> {
    const run = await this.#patience.persist(`asking for run ${id}`, attempt => this.#api.run(id, attempt));
    return run && toRun(run);
  }

  async #download({id, name, digest}: GitHubArtifact): Promise<Buffer> {
    const bytes = await this.#patience.persist(`fetching the artifact ${name}`, async attempt => {
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of readStream(await this.#api.bytes(id, {}, attempt), attempt)) {
        attempt.alive();
        pieces.push(piece);
        size += piece.length;
        if (size > MAX_ARTIFACT_BYTES)
          throw new StoreFault('refused', 'it is far too large for records of drills');
      }
      return Buffer.concat(pieces);
    });
    const [, hex] = /^sha256:([0-9a-f]{64})$/i.exec(digest ?? '') ?? [];
    if (hex === undefined || createHash('sha256').update(bytes).digest('hex') === hex.toLowerCase())
      return bytes;
    throw new DrillError(
      'source/transfer',
      `the artifact ${name} is not what GitHub says that was uploaded`,
      {
        hint: 'Try again; this says nothing about the drills.',
      },
    );
  }
}

const toRun = (run: GitHubRun): Run => ({
  id: String(run.id),
  url: run.html_url,
  path: run.path.replace(/@.*$/, ''),
  branch: run.head_branch,
  sha: run.head_sha,
  event: run.event,
  attempt: run.run_attempt ?? 1,
  conclusion: run.status === 'completed' ? run.conclusion : null,
  // What is not known to be the repository itself is not.
  fork: run.head_repository?.id === undefined || run.head_repository.id !== run.repository?.id,
  startedAt: run.created_at,
  updatedAt: run.updated_at,
});
