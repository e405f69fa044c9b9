/**
 * Who held a drill, by the record's own word and by GitHub's: whether a record counts, and whether the two contradict
 * each other. In: a record, whom to trust, what GitHub says of its run. Out: a doubt, or none. It vouches for the run that
 * a record names, never for the numbers in the record. Pure.
 */
import type {HistoryRecord} from '../history/record.ts';

/** A run of a workflow, as GitHub tells of it. */
export type Run = {
  id: string;
  url: string;
  /** `.github/workflows/nightly-drill.yml` */
  path: string;
  branch: string | null;
  sha: string;
  event: string;
  attempt: number;
  /** `null`: it has not ended. */
  conclusion: string | null;
  /** What ran is a fork's. */
  fork: boolean;
  startedAt: string;
  /** Of its last attempt. */
  updatedAt: string;
};

/** Records of others do not count. `workflow` is the name of the file. */
export type Trust = {repository: string; workflow: string; branch: string};

/** By their ids; `null`: GitHub knows none of that id. What is not in it was not asked for. */
export type Runs = ReadonlyMap<string, Run | null>;

/** `stranger`: it does not count, as if it were not there. `forged`: somebody has written what is not so. */
export type Doubt = {kind: 'stranger' | 'forged'; because: string};

export const isOwn = ({fork, event}: Run): boolean => !fork && OWN_EVENTS.includes(event);

/** Nobody outside the repository can start these. */
const OWN_EVENTS = ['schedule', 'workflow_dispatch', 'repository_dispatch', 'push', 'release'];

/** Clocks of runners and of GitHub; what is further apart is no chance. */
const SKEW_MS = 5 * 60_000;

export function doubtOf(record: HistoryRecord, trust: Trust | null, runs: Runs | null): Doubt | null {
  if (trust === null) return null;
  const stranger = strangeness(record, trust);
  if (stranger !== null) return {kind: 'stranger', because: stranger};
  const run = runs?.get(record.heldBy!.runId);
  if (run === undefined) return null;
  if (run === null)
    return {kind: 'forged', because: `there is no run ${record.heldBy!.runId}: it was deleted, or never was`};
  if (run.fork) return {kind: 'stranger', because: 'of a fork'};
  if (!OWN_EVENTS.includes(run.event)) return {kind: 'stranger', because: `of ${run.event}`};
  const lie = contradiction(record, run);
  return lie === null ? null : {kind: 'forged', because: `run ${run.id} ${lie}`};
}

/** By its own word. */
function strangeness({heldBy}: HistoryRecord, {repository, workflow, branch}: Trust): string | null {
  if (!heldBy) return 'held by no workflow';
  if (!same(heldBy.repository, repository)) return 'of another repository';
  const {path, ref} = workflowIn(heldBy);
  if (fileOf(path) !== workflow) return 'of another workflow';
  return ref === `refs/heads/${branch}` ? null : 'of another branch';
}

function contradiction({heldBy, startedAt, finishedAt}: HistoryRecord, run: Run): string | null {
  const {path, ref} = workflowIn(heldBy!);
  if (run.path !== path) return 'is of another workflow';
  if (`refs/heads/${run.branch}` !== ref) return 'is of another branch';
  if (run.sha !== heldBy!.sha) return 'ran at another commit';
  if (heldBy!.runAttempt > run.attempt) return 'has had fewer attempts';
  if (Date.parse(startedAt) < Date.parse(run.startedAt) - SKEW_MS) return 'began after this drill';
  const ended = run.conclusion !== null;
  if (ended && Date.parse(finishedAt) > Date.parse(run.updatedAt) + SKEW_MS) return 'ended before this drill';
  return null;
}

/** `acme/shop/.github/workflows/nightly-drill.yml@refs/heads/main` */
export function workflowIn({workflowRef}: NonNullable<HistoryRecord['heldBy']>) {
  const [, path = '', ref = ''] = /^[^/]+\/[^/]+\/([^@]+)@(.+)$/.exec(workflowRef) ?? [];
  return {path, ref};
}

export const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** GitHub takes no notice of capitals in names of repositories. */
const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
