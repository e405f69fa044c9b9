/**
 * The pipeline on one screen: source, unpack, inspect, restore, census, judge, report. A backup that fails is a value
 * like one that passes; whatever goes wrong on the way, a report comes back and nothing is left behind.
 */
import {dirname} from 'node:path';
import {groupsToRead} from './config/groups.ts';
import {cancelled, type DrillError, toDrillError} from './errors.ts';
import {examine, examineBeside, type Notes} from './examination.ts';
import type {GroupRequest} from './inspect/inspect.ts';
import type {Depth} from './inspect/inspection.ts';
import {chooseBaseline, type EarlierDrill, readBeside} from './judge/baseline.ts';
import type {Expectations} from './judge/expectations.ts';
import {candidatesOf, type Evidence, judge} from './judge/judge.ts';
import {judgeMatrix} from './judge/matrix.ts';
import type {Policy} from './judge/policy.ts';
import type {Proof} from './judge/proof.ts';
import type {Progress} from './progress.ts';
import type {Conf} from './redis/conf-files.ts';
import type {DrillReport} from './report/drill-report.ts';
import {restoreMs} from './report/measures.ts';
import {reportOf} from './report/report-of.ts';
import type {Stored} from './restore/production.ts';
import type {OnServer, ServerOptions, Surroundings} from './restore/start-server.ts';
import type {Backup} from './source/backup.ts';
import {fetchBackup} from './source/fetch-backup.ts';
import {locate} from './source/locate.ts';
import {openStore} from './source/open-store.ts';
import {Patience} from './source/patience.ts';
import type {SourceJob, StoreDeps} from './source/source-job.ts';
import type {FetchRoom} from './source/transfer.ts';
import {Stopwatch} from './stopwatch.ts';
import {type DecryptConfig, resolveKeys, type Secrets} from './unpack/keys.ts';
import type {Limits} from './unpack/limits.ts';
import {unpack} from './unpack/unpack.ts';

export type DrillJob = {
  source: SourceJob;
  depth: Depth;
  proof: Proof;
  decrypt: DecryptConfig;
  limits: Limits;
  server: ServerOptions;
  /** All servers that it is restored on, that of the drill among them; empty where it is only that. */
  matrix: OnServer[];
  /** Production's own redis.conf, to restore with once more. */
  production: Conf | null;
  /** Groups of keys that are counted and digested apart. */
  groups: GroupRequest;
  expectations: Expectations | null;
  /** Good drills of this backup, newest first, where a history is kept: the last resort to compare with. */
  earlier?: readonly EarlierDrill[];
  policy: Policy;
};

export type Deps = Surroundings &
  Secrets &
  StoreDeps &
  Pick<FetchRoom, 'freeBytes'> & {
    progress: Progress;
    now?: () => Date;
    /** From 0 up to 1. */
    random?: () => number;
  };

export async function drill(job: DrillJob, deps: Deps): Promise<DrillReport> {
  const watch = new Stopwatch();
  const evidence = evidenceFor(job, deps);
  try {
    await gather(job, deps, {watch, evidence});
  } catch (error) {
    const broken = toDrillError(error);
    // Whichever stage was the one to notice it.
    evidence.broken = broken.code === 'cancelled' ? cancelled() : broken;
  }
  const times = watch.stop();
  if (evidence.load?.status === 'loaded') evidence.restoreMs = restoreMs(times.timings);
  const judged = (known: Evidence) => judge(known, job.expectations, job.policy);
  const others = (evidence.elsewhere ?? []).map(one => ({...one, verdict: judged(one.evidence)}));
  const own = {image: job.server.image, optional: false, evidence, verdict: judged(evidence)};
  const matrix = job.matrix.length === 0 ? [] : [own, ...others];
  return reportOf(evidence, judgeMatrix(own.verdict, others), times, matrix);
}

/** The report of a drill that was asked for in a way that cannot be used: nothing was started. */
export function reportOfNothing(error: DrillError): DrillReport {
  return reportOf({}, {outcome: 'not-run', error, ledger: [], findings: []}, new Stopwatch().stop());
}

const evidenceFor = ({depth, proof, production, earlier}: DrillJob, {now}: Deps): Evidence => ({
  now: (now?.() ?? new Date()).toISOString(),
  depth,
  proof,
  ...(earlier && {earlier}),
  ...(production && {productionConfig: production.path}),
});

/** From the store to the census; `examine` is the way through inspect, restore and census. */
async function gather(job: DrillJob, deps: Deps, notes: Notes): Promise<void> {
  const {watch, evidence} = notes;
  const {select, load} = job.source;
  const keys = resolveKeys(job.decrypt, deps);
  const patience = new Patience(job.source.patience, deps.signal);
  const {now = () => new Date(), random = Math.random} = deps;
  const chance = {now: now(), random: random(), patience, load};

  await using store = await openStore(job.source, deps);
  const located = await watch.time('fetchMs', () => locate(store, select, chance));
  if (!located.found) {
    evidence.noBackup = located.reason;
    return;
  }
  const {entry, checksums, backup} = located;
  evidence.backup = backup;
  evidence.listed = located.listed;
  if (located.beside.expectations) evidence.recordedBeside = readBeside(located.beside.expectations);

  const fetching = () => fetchBackup(store, entry, {...deps, patience});
  await using artifact = await watch.time('fetchMs', fetching);
  evidence.backup = {...backup, sizeBytes: artifact.sizeBytes};

  const packing = {keys, limits: job.limits, checksums, load, name: entry.name};
  const unpacked = await watch.time('unpackMs', () => unpack(artifact.path, deps, packing));
  evidence.unpacked = unpacked;

  await using dump = unpacked.dump;
  const beside = dump?.dumpBeside ?? artifact.dumpBeside;
  const groups = dump ? groupsFor(job, evidence, dump.sha256.plain) : job.groups;
  if (dump) await examine(dump, stored(backup, artifact.path, beside), {...job, groups}, deps, notes);
  if (beside) evidence.beside = await examineBeside(beside, job, deps);
}

/** Before the dump is read: what it is to be compared with says which groups of keys are to be counted. */
function groupsFor(job: DrillJob, evidence: Evidence, plainSha256: string): GroupRequest {
  const candidates = candidatesOf(evidence, job.expectations, job.policy);
  return groupsToRead(job.groups, chooseBaseline(candidates, plainSha256), job.earlier !== undefined);
}

/** What a store on this machine has is read where it lies, and so has neighbours. */
const stored = ({name, location}: Backup, path: string, dumpBeside: string | null): Stored => ({
  name,
  directory: location === path ? dirname(path) : null,
  dumpBeside,
});
