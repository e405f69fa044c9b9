/**
 * From where the drills left their traces to what the gate is judged by: records of a history, each held against its run
 * on GitHub where a workflow is trusted; or, without a history, the records in the artifacts of that workflow's runs.
 * What cannot be read is an error, never an empty history.
 */
import {DrillError} from '../errors.ts';
import {openHistory} from '../history/open-history.ts';
import type {HistoryRecord} from '../history/record.ts';
import {directoryOf, parseName} from '../history/record-name.ts';
import {apiUrlOf, GitHubApi, PERMISSION} from '../source/github-api.ts';
import {DEFAULT_PATIENCE, Patience} from '../source/patience.ts';
import {type StoreDeps, secretOf} from '../source/source-job.ts';
import {byServer} from './by-server.ts';
import {type Demands, KNOWN_DAYS, knownBackups} from './demands.ts';
import type {GateJob} from './gate-flags.ts';
import {GitHubDrills} from './github-drills.ts';
import {type GateEvidence, runsToAsk} from './judge-gate.ts';
import {type Found, unreadable} from './records-in-zip.ts';
import {isWanted} from './wanted-server.ts';
import {doubtOf, type Run, type Trust} from './witness.ts';

export type GateDeps = StoreDeps & {signal?: AbortSignal | undefined; now?: () => Date};

export type Read = {evidence: GateEvidence; demands: Demands; source: string};

/** A release waits for it. */
const DEADLINE_MS = 10 * 60_000;
/** A month of nights, and some by hand. */
const MAX_RUNS_READ = 40;
const DAY_MS = 86_400_000;

export async function readEvidence(job: GateJob, deps: GateDeps, now: Date): Promise<Read> {
  if (job.trust === null) {
    const found = await ofHistories(job, deps);
    const demands = demandsOf(job, found.records, now);
    return {evidence: {...evidenceOf(found, demands), runs: null}, demands, source: placesOf(job)};
  }
  await using api = apiOf(job.trust, deps);
  const patience = new Patience({...DEFAULT_PATIENCE, deadlineMs: DEADLINE_MS}, deps.signal);
  const github = new GitHubDrills(api, job.trust, patience);
  const {state, runs} = await github.workflow();
  const ownRunId = deps.env('GITHUB_RUN_ID') || undefined;
  const newestRun = runs.find(({conclusion}) => conclusion !== null) ?? null;
  const asked = {workflow: {state, newestRun}, ownRunId};
  if (job.histories.length === 0) {
    const found = await ofRuns(github, runs, {job, now, ownRunId});
    const demands = demandsOf(job, found.records, now);
    const known = new Map(runs.map(run => [run.id, run]));
    const source = `runs of ${job.trust.workflow} on ${job.trust.branch} in ${job.trust.repository}`;
    return {evidence: {...evidenceOf(found, demands), ...asked, runs: known}, demands, source};
  }
  const found = await ofHistories(job, deps);
  const demands = demandsOf(job, found.records, now);
  const byId = await github.byId(runsToAsk(found.records, demands, now));
  return {evidence: {...evidenceOf(found, demands), ...asked, runs: byId}, demands, source: placesOf(job)};
}

const placesOf = ({histories}: GateJob): string => histories.map(({at}) => at).join(', ');

async function ofHistories({histories}: GateJob, deps: GateDeps): Promise<Found> {
  const found: Found = {records: [], unreadable: []};
  for (const place of histories) {
    const history = await openHistory(place, deps);
    const read = await history.read();
    found.records.push(...read.records);
    for (const {name, because} of read.unreadable) {
      const record = parseName(name);
      if (record !== null) found.unreadable.push(unreadable(record, because));
    }
  }
  return found;
}

type Wanted = {job: GateJob; now: Date; ownRunId: string | undefined};

/** Newest first, until every required backup has been met: older runs could only say how long ago that was. */
async function ofRuns(github: GitHubDrills, runs: Run[], {job, now, ownRunId}: Wanted): Promise<Found> {
  const found: Found = {records: [], unreadable: []};
  const since = now.getTime() - KNOWN_DAYS * DAY_MS;
  const worthReading = runs
    .filter(({conclusion, id}) => conclusion !== null || id === ownRunId)
    .filter(({updatedAt}) => Date.parse(updatedAt) >= since)
    .slice(0, MAX_RUNS_READ);
  for (const run of worthReading) {
    const lately = Date.parse(run.updatedAt) >= now.getTime() - job.maxAgeMs;
    if (!lately && allMet(found.records, job)) break;
    const {records, unreadable} = await github.recordsOf(run);
    found.records.push(...records);
    found.unreadable.push(...unreadable);
  }
  return found;
}

function allMet(records: HistoryRecord[], {required, servers}: GateJob): boolean {
  if (required === null) return false;
  return required.names.every(name => {
    const its = records.filter(({backup}) => backup === name);
    if (servers.length === 0) return its.length > 0;
    return servers.every(wanted => byServer(its).some(({server}) => isWanted(wanted, server)));
  });
}

function demandsOf({required, histories, ...job}: GateJob, records: HistoryRecord[], now: Date): Demands {
  if (required !== null) return {...job, require: required.names, requiredBy: required.by};
  const believed = records.filter(record => doubtOf(record, job.trust, null) === null);
  const requiredBy = histories.length > 0 ? 'the history' : 'the runs';
  return {...job, require: knownBackups(believed, now), requiredBy};
}

/** By what its directory is called, an unreadable record is of which backup. */
function evidenceOf({records, unreadable}: Found, {require}: Demands) {
  const names = new Map(require.map(name => [directoryOf(name), name]));
  const ofRequired = unreadable.flatMap(({directory, ...told}) => {
    const backup = names.get(directory);
    return backup === undefined ? [] : [{backup, ...told}];
  });
  return {records, unreadable: ofRequired};
}

function apiOf({repository}: Trust, deps: GateDeps): GitHubApi {
  if (!deps.env('GITHUB_TOKEN')) {
    const message = 'GitHub tells of runs only to who has a token, and GITHUB_TOKEN is not set';
    throw new DrillError('source/denied', message, {hint: PERMISSION});
  }
  return new GitHubApi({
    apiUrl: apiUrlOf(deps.env('GITHUB_API_URL')),
    token: secretOf('env:GITHUB_TOKEN', deps),
    repository,
    environment: deps.environment ?? {},
  });
}
