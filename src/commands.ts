/** What each command does, once argv is understood. Returns the exit code; prints only through `io`. */
import {copyFile, mkdtemp, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {type Flags, readJob} from './config/config.ts';
import {credentialsIn, refuseCredentials} from './config/credentials.ts';
import {inputsOf, meansSeveral} from './config/entries.ts';
import {type GroupFlags, groupRequest} from './config/group-flags.ts';
import {type Deps, type DrillJob, drill, reportOfNothing} from './drill.ts';
import {DrillError, EXIT, toDrillError} from './errors.ts';
import {remembered} from './history/earlier-drills.ts';
import {type Memory, recall} from './history/memory.ts';
import type {AofInspection} from './inspect/aof/aof-inspection.ts';
import {inspectAof} from './inspect/aof/inspect-aof.ts';
import {type InspectOptions, inspect} from './inspect/inspect.ts';
import {type Depth, depthSchema, type Inspection} from './inspect/inspection.ts';
import {assertNoInput, writeJson} from './outputs.ts';
import {renderAof} from './report/aof-text.ts';
import {type DrillReport, exitCodeOf} from './report/drill-report.ts';
import {renderInspection} from './report/inspection-text.ts';
import {printable} from './report/printable.ts';
import {type Paint, renderText} from './report/text.ts';
import {bitFlipped} from './sabotage/damage.ts';
import {fetchBackup} from './source/fetch-backup.ts';
import {localBackups} from './source/local.ts';
import {locate} from './source/locate.ts';
import {openStore} from './source/open-store.ts';
import {DEFAULT_PATIENCE, Patience} from './source/patience.ts';
import {LATEST} from './source/select.ts';
import {singleAof} from './unpack/aof-files.ts';
import {kindOf, NOTHING_GIVEN, unpack} from './unpack/unpack.ts';

/** What a command may use of the world. */
export type Io = {deps: Deps; out(text: string): void; log(text: string): void; paint: Paint};

/** What came of a request: a report, always. */
export type Held = {
  report: DrillReport;
  /** The request could not be used; nothing was started. */
  unusable?: DrillError;
  /** The verdict is out, but what should have been written could not be. */
  unwritten?: DrillError;
  /** Where the report was written. */
  reportPath?: string;
};

/** The drill that was asked for, with its report written where that was asked for. Never rejects. */
export async function holdDrill(flags: Flags & {reportJson?: string | undefined}, deps: Deps): Promise<Held> {
  let job: DrillJob;
  let memory: Memory;
  try {
    refuseCredentials(flags);
    await assertNoInput(flags.reportJson, inputsOf(flags));
    const {files, name, history, trend, ...asked} = await readJob(flags);
    job = asked;
    await assertNoInput(flags.reportJson, [...files, ...(await localBackups(job.source.spec))]);
    memory = await recall({name, history, trend, policy: job.policy}, deps);
    job = {...job, ...remembered(memory, name, new Date())};
  } catch (thrown) {
    const unusable = toDrillError(thrown);
    const report = reportOfNothing(unusable);
    // A report for every outcome: an older one must not lie where a new one was asked for.
    const nowhere = credentialsIn(flags.reportJson ?? '').length > 0;
    if (unusable.code === 'usage/output-is-input' || nowhere) return {report, unusable};
    return {report, unusable, ...(await writeJson(flags.reportJson, report))};
  }
  const report = memory.judge(await drill(job, deps));
  const unkept = await memory.keep(report);
  return {report, ...(unkept && {unwritten: unkept}), ...(await writeJson(flags.reportJson, report))};
}

export async function drillCommand(flags: Flags & {reportJson?: string}, io: Io): Promise<number> {
  if (await meansSeveral(flags))
    return await (await import('./fleet/fleet-commands.ts')).fleetCommand(flags, io);
  const {report, unusable, unwritten} = await holdDrill(flags, io.deps);
  if (unusable) throw unusable;
  io.out(renderText(report, io.paint));
  // The verdict is out: a failed backup stays failed, whatever became of its report.
  if (unwritten && report.outcome === 'passed') throw unwritten;
  if (unwritten) io.log(`error: ${printable(unwritten.message)}\n`);
  return exitCodeOf(report);
}

export type InspectFlags = GroupFlags & {json?: boolean; depth?: string};

export async function inspectCommand(
  file: string,
  {json = false, depth = 'full', ...groups}: InspectFlags,
  io: Io,
): Promise<number> {
  const options = {...io.deps, depth: asDepth(depth), groups: groupRequest(groups)};
  refuseCredentials({file});
  const patience = new Patience(DEFAULT_PATIENCE, io.deps.signal);
  await using store = await openStore({spec: file, access: {}}, io.deps);
  const located = await locate(store, LATEST, {patience, now: new Date(), random: 0});
  if (!located.found) {
    const {rule, message, hint} = located.reason;
    io.log(`FAILED  ${message} [${rule}]\nHINT: ${hint}\n`);
    return EXIT.failed;
  }
  await using artifact = await fetchBackup(store, located.entry, {...io.deps, patience});
  if ((await kindOf(artifact.path, located.entry.name)) === 'dump')
    return show(await inspectFile(artifact.path, options), json, io);
  const {dump, damage} = await unpack(artifact.path, io.deps, {...NOTHING_GIVEN, name: located.entry.name});
  if (damage) {
    const {message, rule, hint} = damage;
    io.log(`FAILED  ${message} [${rule}]\nHINT: ${hint}\n`);
    return EXIT.failed;
  }
  await using plain = dump;
  const inspection = plain.aof
    ? await inspectAof(plain.aof, options)
    : await inspectFile(plain.path, options);
  return show(inspection, json, io);
}

/** An AOF may begin with a dump, and be called like one. */
async function inspectFile(path: string, options: InspectOptions): Promise<Inspection | AofInspection> {
  const inspection = await inspect(path, options);
  if (!inspection.aofBase) return inspection;
  const {sizeBytes} = inspection;
  return await inspectAof(singleAof({path, sizeBytes, sha256: {plain: ''}}), options);
}

function asDepth(text: string): Depth {
  const {data} = depthSchema.safeParse(text);
  if (data !== undefined) return data;
  throw new DrillError('usage/invalid', `--depth: there is no depth ${text}`, {
    hint: 'Write quick or full.',
  });
}

function show(inspection: Inspection | AofInspection, json: boolean, io: Io): number {
  const text =
    inspection.kind === 'aof' ? renderAof(inspection, io.paint) : renderInspection(inspection, io.paint);
  io.out(json ? `${JSON.stringify(inspection, null, 2)}\n` : text);
  return inspection.error ? EXIT.failed : EXIT.passed;
}

/** Green on the sample, then red on a copy with one byte changed: exit 0 only when both came out right. */
export async function demoCommand(flags: Flags, sampleDir: string, io: Io): Promise<number> {
  const sample = join(sampleDir, 'dump.rdb');
  const job = await readJob({...flags, backup: sample, expect: join(sampleDir, 'expected.json')});
  io.out('1. A healthy backup, against its recorded expectations:\n\n');
  const healthy = await drill(job, io.deps);
  io.out(renderText(healthy, io.paint));
  if (healthy.outcome !== 'passed') return exitCodeOf(healthy) || EXIT.bug;

  const directory = await mkdtemp(join(io.deps.tempDir, 'restore-drill-demo-'));
  try {
    const damaged = join(directory, 'damaged.rdb');
    await copyFile(sample, damaged);
    await bitFlipped.inflict(damaged);
    io.out('\n2. The same backup with one bit flipped in the middle:\n\n');
    const broken = await drill({...job, source: {...job.source, spec: damaged}}, io.deps);
    io.out(renderText(broken, io.paint));
    if (broken.outcome !== 'failed') return exitCodeOf(broken) || EXIT.bug;
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
  io.out('\nThe first drill passed and the second failed, as they should.\n');
  return EXIT.passed;
}
