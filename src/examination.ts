/**
 * What the pipeline does with the plain files of one backup: inspects them, and meanwhile restores, takes the census and
 * the proof of the values. Fills in the evidence as far as it comes; nothing here judges it.
 */
import {basename} from 'node:path';
import {takeCensus} from './census/take-census.ts';
import type {Deps, DrillJob} from './drill.ts';
import {throwIfAborted, toDrillError, unlessAborted} from './errors.ts';
import {inspectAof} from './inspect/aof/inspect-aof.ts';
import {aofServerNeeds} from './inspect/aof/server-needs.ts';
import {inspect, inspectWritten, readHeader} from './inspect/inspect.ts';
import type {DrilledBeside, Evidence} from './judge/judge.ts';
import {showWaiting} from './progress.ts';
import {checkFiles} from './restore/checker.ts';
import {type DumpHeader, headerOf, sameServer} from './restore/choose-image.ts';
import {awaitLoaded, crashedReading, type Restored, refused} from './restore/loading.ts';
import {aofPayload, type Payload} from './restore/payload.ts';
import {restoreAsProduction, type Stored} from './restore/production.ts';
import {aofSet} from './restore/production-aof.ts';
import {Restoring} from './restore/restoring.ts';
import {startServer} from './restore/start-server.ts';
import {EndedEarly, type Throwaway} from './restore/throwaway.ts';
import {Stopwatch} from './stopwatch.ts';
import {type AofFiles, singleAof} from './unpack/aof-files.ts';
import {type Dump, unpack} from './unpack/unpack.ts';

export type Notes = {watch: Stopwatch; evidence: Evidence};

/** Throws DrillError for whatever keeps it from an end; what was found out until then is in the evidence. */
export async function examine(
  dump: Dump,
  artifact: Stored,
  job: DrillJob,
  deps: Deps,
  notes: Notes,
): Promise<void> {
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
  try {
    await onItsServer({dump, aof, header, artifact, payload}, restoring, job, deps, notes);
  } finally {
    if (header && !deps.signal?.aborted) await onOthers(dump, {payload, header}, job, deps, notes);
  }
  await dump.assertUnchanged();
}

/** The one that the drill is of: also asked for what no other one is. */
async function onItsServer(
  {payload, ...files}: Omit<Proved, 'frozen' | 'header'> & {header: DumpHeader | null; payload: Payload},
  restoring: Restoring | null,
  job: DrillJob,
  deps: Deps,
  notes: Notes,
): Promise<void> {
  const {dump, header} = files;
  const restored = restoring && (await restore(dump, restoring, job, deps, notes));
  const {evidence} = notes;
  const loaded = evidence.load?.status === 'loaded';
  if (restored && (!loaded || (evidence.aof ?? evidence.inspection)?.error))
    evidence.checked = await checkFiles(payload, restored.server, job.server, deps);
  if (header && restored && loaded)
    await asProduction({...files, header, frozen: restored}, job, deps, notes);
}

/** One after another, each with evidence of its own; what goes wrong on one is its own misfortune. */
async function onOthers(
  dump: Dump,
  loaded: {payload: Payload; header: DumpHeader},
  job: DrillJob,
  deps: Deps,
  {evidence}: Notes,
): Promise<void> {
  const {now, depth, proof, recordedBeside, earlier, backup, listed, unpacked, inspection, aof} = evidence;
  const known = {now, depth, proof, recordedBeside, earlier, backup, listed, unpacked, inspection, aof};
  for (const {image, optional} of job.matrix.filter(({image}) => image !== job.server.image)) {
    const own = {...known} as Evidence;
    const there = {...job, server: {...job.server, image}};
    const notes = {watch: new Stopwatch(), evidence: own};
    evidence.elsewhere = [...(evidence.elsewhere ?? []), {image, optional, evidence: own}];
    try {
      await restore(dump, begin(loaded, there, deps, notes), there, deps, notes);
    } catch (thrown) {
      throwIfAborted(deps.signal);
      own.broken = toDrillError(thrown);
    }
  }
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
  {depth, groups, policy: {canaries, cluster}}: DrillJob,
  deps: Deps,
  {evidence}: Notes,
): Promise<{payload: Payload; header: DumpHeader | null}> {
  if (aof) {
    evidence.aof = await inspectAof(aof, deps);
    const nothing = evidence.aof.parts.length === 0;
    const header = nothing ? null : headerOf(aofServerNeeds(evidence.aof));
    return {payload: aofPayload(aof, evidence.aof), header};
  }
  evidence.inspection = await inspect(dump.path, {
    ...deps,
    depth,
    groups,
    canaries,
    slots: cluster !== undefined,
  });
  return {payload: {kind: 'rdb', path: dump.path}, header: headerOf(evidence.inspection)};
}

/** A dump that servers ignore, because an AOF lies beside it: a drill of its own, with nothing expected of it. */
export async function examineBeside(path: string, job: DrillJob, deps: Deps): Promise<DrilledBeside> {
  const evidence: Evidence = {depth: job.depth};
  const unpacked = await unpack(path, deps);
  await using dump = unpacked.dump;
  const alone = {...job, production: null, matrix: []};
  const place = {name: basename(path), directory: null, dumpBeside: null};
  if (dump) await examine({...dump, aof: null}, place, alone, deps, {watch: new Stopwatch(), evidence});
  return {name: basename(path), evidence};
}

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
    evidence.server = restored.server;
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
    evidence.server = restored.server;
    return restored;
  }
}

type Proved = {
  dump: Dump;
  aof: AofFiles | null;
  header: DumpHeader;
  frozen: Restored;
  artifact: Stored;
};

/** Once more with production's own file, where one was asked for: the frozen restore has shown that the backup is sound. */
async function asProduction(
  {dump, aof, header, frozen, artifact}: Proved,
  {production: conf, server: options}: DrillJob,
  deps: Deps,
  {evidence}: Notes,
): Promise<void> {
  if (conf === null) return;
  const {path, beside, nameInside} = dump;
  const set =
    aof && evidence.aof
      ? await aofSet(aof, evidence.aof, {nameInside, dumpBeside: artifact.dumpBeside})
      : null;
  const job = {conf, dump: {path, aof: set, header, artifact, beside, nameInside}, options, frozen};
  evidence.production = await restoreAsProduction(job, deps);
}

/** Fills in `census`, and `saved` where that is the proof of the values; notices a server that dies of being asked. */
async function prove(server: Throwaway, job: DrillJob, deps: Deps, {watch, evidence}: Notes): Promise<void> {
  // What our reader cannot digest in the file, it cannot in what the server saves; nor an AOF, without a server.
  const bySave = job.depth === 'full' && job.proof === 'save' && evidence.inspection?.digests !== undefined;
  const {canaries, cluster} = job.policy;
  let doing: string | undefined;
  const step = <T>(name: string, work: () => Promise<T>) =>
    showWaiting(deps.progress, name, () => unlessAborted(work(), deps.signal));
  const save = async () => {
    doing = 'every key was written (SAVE)';
    const slots = evidence.aof !== undefined && cluster !== undefined;
    const reading = {...deps, depth: job.depth, groups: evidence.aof && job.groups, canaries, slots};
    const saving = step('save', () => server.save());
    evidence.saved = await inspectWritten(saving, server.saves, reading);
    doing = undefined;
  };
  try {
    // Of an AOF nobody but a server can say what dataset it makes: so it saves it, and our reader reads that.
    if (evidence.aof) await watch.time('verifyMs', save);
    const codeBytes = (evidence.saved ?? evidence.inspection)?.dataset.functionCode?.sizeBytes;
    const asked = {codeBytes, noDigest: bySave ? 'proof save' : undefined, canaries};
    const census = () => step('digest', () => takeCensus(server.client, job.depth, asked));
    evidence.census = await watch.time('verifyMs', census);
    if (bySave) await watch.time('verifyMs', save);
  } catch (error) {
    throwIfAborted(deps.signal);
    if (toDrillError(error).code === 'capacity/disk') throw error;
    const crashed = await crashedReading(server, evidence.load!, doing);
    if (!crashed) throw error;
    evidence.load = crashed;
  }
}
