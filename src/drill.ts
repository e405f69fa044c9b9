/**
 * The pipeline on one screen: source, unpack, inspect, restore, census, judge, report. A backup that fails is a value
 * like one that passes; whatever goes wrong on the way, a report comes back and nothing is left behind.
 */
import {basename, dirname} from 'node:path';
import {takeCensus} from './census/take-census.ts';
import {type DrillError, describeError, throwIfAborted, toDrillError, unlessAborted} from './errors.ts';
import {inspectAof} from './inspect/aof/inspect-aof.ts';
import {aofServerNeeds} from './inspect/aof/server-needs.ts';
import {type GroupRequest, inspect, readHeader} from './inspect/inspect.ts';
import type {Depth} from './inspect/inspection.ts';
import type {Expectations} from './judge/expectations.ts';
import {type DrilledBeside, type Evidence, judge} from './judge/judge.ts';
import type {Policy} from './judge/policy.ts';
import {type Proof, proofHeld} from './judge/proof.ts';
import {type Progress, showWaiting} from './progress.ts';
import type {Conf} from './redis/conf-files.ts';
import type {DrillReport} from './report/drill-report.ts';
import {checkFiles} from './restore/checker.ts';
import {type DumpHeader, headerOf, sameServer} from './restore/choose-image.ts';
import {awaitLoaded, crashedReading, type Restored, refused} from './restore/loading.ts';
import {aofPayload, type Payload} from './restore/payload.ts';
import {restoreAsProduction, type Stored} from './restore/production.ts';
import {Restoring} from './restore/restoring.ts';
import {type ServerOptions, type Surroundings, startServer} from './restore/start-server.ts';
import {EndedEarly, type Throwaway} from './restore/throwaway.ts';
import type {Backup} from './source/backup.ts';
import {type FetchRoom, fetchBackup} from './source/fetch-backup.ts';
import {locate} from './source/locate.ts';
import {openStore} from './source/open-store.ts';
import {Patience} from './source/patience.ts';
import type {SourceJob, StoreDeps} from './source/source-job.ts';
import {Stopwatch} from './stopwatch.ts';
import {type AofFiles, singleAof} from './unpack/aof-files.ts';
import {type DecryptConfig, resolveKeys, type Secrets} from './unpack/keys.ts';
import type {Limits} from './unpack/limits.ts';
import {type Dump, type Unpacked, unpack} from './unpack/unpack.ts';

export type DrillJob = {
  source: SourceJob;
  depth: Depth;
  proof: Proof;
  decrypt: DecryptConfig;
  limits: Limits;
  server: ServerOptions;
  /** Production's own redis.conf, to restore with once more. */
  production: Conf | null;
  /** Groups of keys that are counted and digested apart. */
  groups: GroupRequest;
  expectations: Expectations | null;
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
  const now = (deps.now ?? (() => new Date()))();
  const evidence: Evidence = {depth: job.depth, proof: job.proof};
  if (job.production) evidence.productionConfig = job.production.path;
  let backup: Backup | null = null;
  let unpacked: Unpacked | null = null;
  let restored: Restored | null = null;
  try {
    const keys = resolveKeys(job.decrypt, deps);
    const patience = new Patience(job.source.patience, deps.signal);
    await using store = await openStore(job.source, deps);
    const chance = {now, random: (deps.random ?? Math.random)(), patience};
    const located = await watch.time('fetchMs', () => locate(store, job.source.select, chance));
    if (located.found) {
      const {entry, checksums} = located;
      backup = located.backup;
      evidence.listed = located.listed;
      await using artifact = await watch.time('fetchMs', () =>
        fetchBackup(store, entry, {...deps, patience}),
      );
      backup = {...backup, sizeBytes: artifact.sizeBytes};
      unpacked = await watch.time('unpackMs', () =>
        unpack(artifact.path, deps, {
          keys,
          limits: job.limits,
          checksums,
          load: job.source.load,
          name: entry.name,
        }),
      );
      evidence.unpacked = unpacked;
      await using dump = unpacked.dump;
      if (dump) restored = await drillDump(dump, stored(backup, artifact.path), job, deps, {watch, evidence});
      const beside = dump?.dumpBeside ?? entry.dumpBeside;
      if (beside) evidence.beside = await drillBeside(beside, job, deps);
    } else {
      evidence.noBackup = located.reason;
    }
  } catch (error) {
    evidence.broken = toDrillError(error);
  }
  const {outcome, error, ledger, findings} = judge(evidence, job.expectations, job.policy);
  return {
    schemaVersion: 1,
    outcome,
    depth: job.depth,
    ...proofHeld(evidence),
    ...(error && {error: describeError(error)}),
    backup: backup && describeBackup(backup, unpacked?.dump ?? null),
    inspection: evidence.inspection ?? null,
    ...(evidence.aof && {aof: evidence.aof}),
    server: restored?.server ?? null,
    load: evidence.load ?? null,
    census: evidence.census ?? null,
    ...(evidence.saved && {saved: evidence.saved}),
    ...(evidence.checked && {checker: evidence.checked}),
    ...(evidence.production && {production: evidence.production}),
    ledger,
    findings,
    ...watch.stop(),
  };
}

/** The report of a drill that was asked for in a way that cannot be used: nothing was started. */
export function reportOfNothing(error: DrillError): DrillReport {
  const nothing = {
    backup: null,
    inspection: null,
    server: null,
    load: null,
    census: null,
    ledger: [],
    findings: [],
  };
  return {
    schemaVersion: 1,
    outcome: 'not-run',
    error: describeError(error),
    ...nothing,
    ...new Stopwatch().stop(),
  };
}

/** From plain files to the end of the drill; fills in the evidence as far as it comes. */
async function drillDump(
  dump: Dump,
  artifact: Stored,
  job: DrillJob,
  deps: Deps,
  notes: Notes,
): Promise<Restored | null> {
  // The beginning of a dump tells which server can load it: that does so while we read the rest.
  const beginning = dump.aof ? null : await readHeader(dump.path);
  const aof = dump.aof ?? (beginning?.aofBase ? singleAof(dump) : null);
  const guess = aof || !beginning ? null : headerOf(beginning);
  await using ahead =
    guess && begin({payload: {kind: 'rdb', path: dump.path}, header: guess}, job, deps, notes);
  const {payload, header} = await notes.watch.time('inspectMs', () => read(dump, aof, job, deps, notes));
  const serves = guess !== null && header !== null && sameServer(guess, header);
  if (!serves) await ahead?.[Symbol.asyncDispose]();
  const restoring = serves ? ahead : header && begin({payload, header}, job, deps, notes);
  const restored = restoring && (await restore(dump, restoring, job, deps, notes));
  const {evidence} = notes;
  const loaded = evidence.load?.status === 'loaded';
  if (restored && (!loaded || (evidence.aof ?? evidence.inspection)?.error))
    evidence.checked = await checkFiles(payload, restored.server, job.server, deps);
  if (header && restored && payload.kind === 'rdb' && loaded)
    await asProduction({dump, header, frozen: restored, artifact}, job, deps, notes);
  await dump.assertUnchanged();
  return restored;
}

/** Starts a server and has it load, now; what comes of it is met later. */
function begin(
  {payload, header}: {payload: Payload; header: DumpHeader},
  {server: options}: DrillJob,
  deps: Deps,
  {watch}: Notes,
): Restoring {
  const start = () => watch.time('loadMs', () => startServer(payload, header, options, deps));
  const load = (server: Throwaway, signal: AbortSignal) =>
    watch.time('loadMs', () => awaitLoaded(server, {...deps, signal}, payload.kind));
  return new Restoring({start, load}, deps.signal);
}

/** What the files say of themselves, and with that what a server has to load. No header: nothing that it could. */
async function read(
  dump: Dump,
  aof: AofFiles | null,
  {depth, groups, policy: {canaries}}: DrillJob,
  deps: Deps,
  {evidence}: Notes,
): Promise<{payload: Payload; header: DumpHeader | null}> {
  if (aof) {
    evidence.aof = await inspectAof(aof, deps);
    const nothing = evidence.aof.parts.length === 0;
    const header = nothing ? null : headerOf(aofServerNeeds(evidence.aof));
    return {payload: aofPayload(aof, evidence.aof), header};
  }
  evidence.inspection = await inspect(dump.path, {...deps, depth, groups, canaries});
  return {payload: {kind: 'rdb', path: dump.path}, header: headerOf(evidence.inspection)};
}

/** A dump that servers ignore, because an AOF lies beside it: a drill of its own, with nothing expected of it. */
async function drillBeside(path: string, job: DrillJob, deps: Deps): Promise<DrilledBeside> {
  const evidence: Evidence = {depth: job.depth};
  const unpacked = await unpack(path, deps);
  await using dump = unpacked.dump;
  const alone = {...job, production: null};
  const place = {name: basename(path), directory: null};
  if (dump) await drillDump({...dump, aof: null}, place, alone, deps, {watch: new Stopwatch(), evidence});
  return {name: basename(path), evidence};
}

function describeBackup(backup: Backup, dump: Dump | null): NonNullable<DrillReport['backup']> {
  const packing = dump?.packing ?? [];
  return {...backup, sha256: dump?.sha256 ?? null, ...(packing.length > 0 && {packing})};
}

type Notes = {watch: Stopwatch; evidence: Evidence};

/** From a throwaway server that loads to its removal; fills in `load` and `census` as far as it comes. */
async function restore(
  dump: Dump,
  restoring: Restoring,
  job: DrillJob,
  deps: Deps,
  {watch, evidence}: Notes,
): Promise<Restored> {
  try {
    await using held = restoring;
    const {server, restored} = await held.loaded();
    evidence.load = restored.load;
    evidence.memoryBytes = restored.server.memoryBytes;
    if (restored.load.status !== 'refused') await prove(server, job, deps, {watch, evidence});
    return restored;
  } catch (error) {
    throwIfAborted(deps.signal);
    // A file that is no longer the same explains anything.
    await dump.assertUnchanged();
    if (!(error instanceof EndedEarly)) throw error;
    const restored = refused(error);
    evidence.load = restored.load;
    return restored;
  }
}

/** What a store on this machine has is read where it lies, and so has neighbours. */
const stored = ({name, location}: Backup, path: string): Stored => ({
  name,
  directory: location === path ? dirname(path) : null,
});

/** Once more with production's own file, where one was asked for: the frozen restore has shown that the dump is sound. */
async function asProduction(
  {dump, header, frozen, artifact}: {dump: Dump; header: DumpHeader; frozen: Restored; artifact: Stored},
  {production: conf, server: options}: DrillJob,
  deps: Deps,
  {evidence}: Notes,
): Promise<void> {
  if (conf === null) return;
  const {path, beside, nameInside} = dump;
  const job = {conf, dump: {path, header, artifact, beside, nameInside}, options, frozen};
  evidence.production = await restoreAsProduction(job, deps);
}

/** Fills in `census`, and `saved` where that is the proof of the values; notices a server that dies of being asked. */
async function prove(server: Throwaway, job: DrillJob, deps: Deps, {watch, evidence}: Notes): Promise<void> {
  // What our reader cannot digest in the file, it cannot in what the server saves; nor an AOF, without a server.
  const bySave = job.depth === 'full' && job.proof === 'save' && evidence.inspection?.digests !== undefined;
  const {canaries} = job.policy;
  let doing: string | undefined;
  const step = <T>(name: string, work: () => Promise<T>) =>
    watch.time('verifyMs', () => showWaiting(deps.progress, name, () => unlessAborted(work(), deps.signal)));
  const save = async () => {
    doing = 'every key was written (SAVE)';
    const path = await step('save', () => server.save());
    const reading = {...deps, depth: job.depth, groups: evidence.aof && job.groups, canaries};
    evidence.saved = await watch.time('verifyMs', () => inspect(path, reading));
    doing = undefined;
  };
  try {
    // Of an AOF nobody but a server can say what dataset it makes: so it saves it, and our reader reads that.
    if (evidence.aof) await save();
    const codeBytes = (evidence.saved ?? evidence.inspection)?.dataset.functionCode?.sizeBytes;
    const asked = {codeBytes, noDigest: bySave ? 'proof save' : undefined, canaries};
    evidence.census = await step('digest', () => takeCensus(server.client, job.depth, asked));
    if (bySave) await save();
  } catch (error) {
    throwIfAborted(deps.signal);
    if (toDrillError(error).code === 'capacity/disk') throw error;
    const crashed = await crashedReading(server, evidence.load!, doing);
    if (!crashed) throw error;
    evidence.load = crashed;
  }
}
