/**
 * `restore-drill record`: expectations, written from a backup that passes its drill, and what they change of those that
 * were there. With `--update` the groups that were recorded are kept, and a file of which nothing changed is not touched.
 */
import {mkdir, readFile} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {Held, Io} from './commands.ts';
import {type Flags, readJob} from './config/config.ts';
import {refuseCredentials} from './config/credentials.ts';
import {groupsToRead} from './config/groups.ts';
import {type Deps, type DrillJob, drill, reportOfNothing} from './drill.ts';
import {DrillError, describeError, EXIT, toDrillError} from './errors.ts';
import type {GroupRequest} from './inspect/inspect.ts';
import {fromExpectations} from './judge/baseline.ts';
import {type Change, changesBetween} from './judge/changes.ts';
import {type Expectations, expectationsSchema, recordExpectations} from './judge/expectations.ts';
import {NO_POLICY, type Policy} from './judge/policy.ts';
import {assertNoInput, writeWhole} from './outputs.ts';
import {changeLines} from './report/changes.ts';
import {type DrillReport, datasetOf, exitCodeOf, takenAt} from './report/drill-report.ts';
import {toSortedJson} from './report/json.ts';
import {printable} from './report/printable.ts';
import {headline, renderText} from './report/text.ts';
import {localBackups} from './source/local.ts';

export type RecordFlags = Flags & {expect: string; update?: boolean | undefined};

export type HeldRecording = Held & {
  /** The file says something else than before. False where nothing was written. */
  changed: boolean;
  /** Against what was recorded before; `null` where that was nothing, or cannot be read. */
  changes: Change[] | null;
};

const NOTHING = {changed: false, changes: null};

/** Where the drill does not pass nothing is written. Never rejects. */
export async function holdRecording(flags: RecordFlags, deps: Deps): Promise<HeldRecording> {
  let job: DrillJob;
  let before: Expectations | null;
  try {
    refuseCredentials(flags);
    // What is recorded now is not judged by what was recorded before.
    const {files, ...asked} = await readJob({...flags, expect: undefined, unjudged: true});
    await assertNoInput(flags.expect, [...files, ...(await localBackups(asked.source.spec))]);
    before = await recordedBefore(flags);
    const groups = groupsOf(asked.groups, flags.update ? before : null);
    job = {
      ...asked,
      groups,
      matrix: [],
      expectations: null,
      policy: {...NO_POLICY, ...watched(asked.policy)},
    };
  } catch (thrown) {
    const unusable = toDrillError(thrown);
    return {...NOTHING, report: reportOfNothing(unusable), unusable};
  }
  const report = await drill(job, deps);
  if (report.outcome !== 'passed') return {...NOTHING, report};
  const named = job.policy.canaryIds;
  const expectations =
    flags.update && before ? updated(before, expectationsOf(report, named)) : expectationsOf(report, named);
  const changes = before && changesBetween(before, expectations);
  const changed = changes === null || changes.length > 0;
  if (flags.update && !changed) return {report, changed, changes};
  try {
    // The first recording of a repository makes the directory that all of them live in.
    await mkdir(dirname(flags.expect), {recursive: true});
    await writeWhole(flags.expect, toSortedJson(expectations));
    return {report, changed, changes};
  } catch (thrown) {
    // What was asked for is the file: without it nothing has passed.
    return {...NOTHING, report: {...report, outcome: 'not-run', error: describeError(toDrillError(thrown))}};
  }
}

/** Canaries have to be there to be recorded, whatever is recorded of them. */
function watched({canaries, canaryIds, originOf}: Policy): Partial<Policy> {
  if (canaries === undefined || canaryIds === undefined) return {};
  return {canaries: canaries.map(({database, key}) => ({database, key})), canaryIds, originOf};
}

/** A file that cannot be read is written anew, unless it is to be kept but for what changed. */
async function recordedBefore({expect, update}: RecordFlags): Promise<Expectations | null> {
  let problem: string;
  try {
    const {data, error} = expectationsSchema.safeParse(JSON.parse(await readFile(expect, 'utf8')));
    if (data) return data;
    const [{path, message}] = error.issues as [(typeof error.issues)[number]];
    problem = `${path.map(String).join('.')}: ${message}`;
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    problem = cause instanceof SyntaxError ? 'it is not JSON' : `it cannot be read (${code})`;
  }
  if (!update) return null;
  throw new DrillError('config/invalid', `${expect} cannot be updated: ${problem}`, {
    hint: 'Nothing was started. Record without --update to write it anew, and review the whole file.',
  });
}

function groupsOf(asked: GroupRequest, before: Expectations | null): GroupRequest {
  if (before)
    return groupsToRead(asked, {baseline: fromExpectations(before, {from: 'beside', name: ''})}, true);
  return asked.patterns.length > 0 ? asked : {...asked, patterns: 'auto'};
}

const expectationsOf = (report: DrillReport, canaryIds: readonly string[] | undefined): Expectations =>
  recordExpectations({
    backup: {...report.backup!, sizeBytes: report.backup!.sizeBytes!, sha256: report.backup!.sha256!},
    inspection: {...datasetOf(report)!, createdAt: takenAt(report)},
    server: report.server!,
    census: report.census!,
    recordedAt: report.finishedAt,
    canaryIds,
  });

/** Of another server the same data have another digest of its own: that is no change of the data. */
function updated(before: Expectations, now: Expectations): Expectations {
  const {$schema} = before;
  const hex = now.dataset.digest?.hex;
  const sameValues = hex !== undefined && hex === before.dataset.digest?.hex;
  const kept = sameValues ? {server: before.server, serverDigest: before.serverDigest} : {};
  return {...now, ...kept, ...($schema !== undefined && {$schema})};
}

export async function recordCommand(flags: RecordFlags, io: Io): Promise<number> {
  const held = await holdRecording(flags, io.deps);
  const {report, unusable} = held;
  if (unusable) throw unusable;
  if (report.outcome !== 'passed') {
    io.out(renderText(report, io.paint));
    io.log(`Nothing was recorded: ${flags.expect} is as it was.\n`);
    return exitCodeOf(report);
  }
  const lines = changeLines(held.changes ?? []).map(line => `  ${printable(line)}\n`);
  io.out(`${headline(report, io.paint)}\n${recordedIn(flags, held)}\n${lines.join('')}`);
  return EXIT.passed;
}

export function recordedIn({expect, update}: RecordFlags, {changed, changes}: HeldRecording): string {
  if (update && !changed) return `Nothing changed: ${expect} is as it was.`;
  const review = 'Review it like code: every later drill is judged by it.';
  if (changes === null) return `Recorded in ${expect}. ${review}`;
  return `Recorded in ${expect}. ${review} ${changes.length === 0 ? 'It says what it said before.' : 'What it changes:'}`;
}
