/**
 * From all that a drill found out to its verdict. Pure: no clock, no file, no client. What could not be verified is
 * never taken for verified, and a drill that proved nothing does not pass.
 */
import type {Census} from '../census/census.ts';
import {DrillError} from '../errors.ts';
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {Damage, Depth, Inspection} from '../inspect/inspection.ts';
import type {Checked} from '../restore/checker.ts';
import type {Load} from '../restore/loading.ts';
import type {Production} from '../restore/production.ts';
import type {ServerDescription} from '../restore/throwaway.ts';
import type {Backup, Listed, NoBackup} from '../source/backup.ts';
import type {Compared, Unpacked} from '../unpack/unpack.ts';
import {
  type BaselineTold,
  type Candidates,
  chooseBaseline,
  type EarlierDrill,
  type RecordedBeside,
  tellBaseline,
} from './baseline.ts';
import {judgeBudget} from './budget.ts';
import {judgeChecked} from './checker.ts';
import {judgeSlots} from './cluster.ts';
import {compare} from './compare.ts';
import type {Expectations} from './expectations.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import {judgeFreshness} from './freshness.ts';
import {applyIgnores, isTrend} from './ignore.ts';
import {type Beside, judgeAof, judgeBeside} from './judge-aof.ts';
import {DAMAGE_HINTS, judgeFile, judgeIntegrity} from './judge-file.ts';
import {drawLedger, type LedgerLine} from './ledger.ts';
import {evictions, judgeLoad} from './load.ts';
import type {Elsewhere} from './matrix.ts';
import {NO_POLICY, type Policy} from './policy.ts';
import {judgeProduction, notReached} from './production.ts';
import {type Proof, proofHeld} from './proof.ts';
import {judgeRoom} from './room.ts';
import {judgeSchedule} from './schedule.ts';

/** What is known when the verdict is due; a drill that broke off knows less. */
export type Evidence = {
  /** When the drill began, ISO 8601: by what an ignore is over. */
  now?: string;
  /** Full, unless it says otherwise. */
  depth?: Depth;
  /** By what a full drill was to prove values; by DEBUG DIGEST, unless it says otherwise. */
  proof?: Proof;
  /** Expectations that lay beside the backup, and the last good drills of it: what there is to compare with. */
  recordedBeside?: RecordedBeside;
  earlier?: readonly EarlierDrill[];
  noBackup?: NoBackup;
  backup?: Backup;
  listed?: Listed;
  unpacked?: Unpacked;
  inspection?: Inspection;
  /** Of an AOF, in the place of `inspection`; and what the server saved that had loaded it. */
  aof?: AofInspection;
  saved?: Inspection;
  /** A dump beside the AOF: a drill of its own. */
  beside?: DrilledBeside;
  server?: ServerDescription;
  load?: Load;
  census?: Census;
  /** From asking for the backup to a server that has loaded it. */
  restoreMs?: number;
  /** What the server may take. */
  memoryBytes?: number | undefined;
  /** What the server's own checker says of a dump that does not load. */
  checked?: Checked;
  /** The user's own redis.conf, where a restore with it was asked for, and what came of it. */
  productionConfig?: string;
  production?: Production;
  elsewhere?: Elsewhere[];
  /** Why the drill could not be held to its end. */
  broken?: DrillError;
};

export type DrilledBeside = {name: string; evidence: Evidence};

export type Outcome = 'passed' | 'failed' | 'not-run';
export type Verdict = {
  outcome: Outcome;
  error?: DrillError;
  /** By what values were proved; absent where none were. */
  proof?: Proof;
  /** What it was compared with; absent where there was nothing, or nothing to compare. */
  baseline?: BaselineTold;
  ledger: LedgerLine[];
  findings: Finding[];
};

export function judge(evidence: Evidence, expectations: Expectations | null, policy: Policy): Verdict {
  const {depth = 'full', noBackup, unpacked, aof, beside, load, census, production} = evidence;
  // The dataset, as our reader finds it.
  const inspection = aof ? evidence.saved : evidence.inspection;
  const findings: Finding[] = [];
  let ledger: LedgerLine[] = [];
  let baseline: BaselineTold | undefined;
  if (noBackup) findings.push(fail(noBackup.rule, noBackup.message, {hint: noBackup.hint, origin: 'source'}));
  findings.push(...judgeSource(evidence, policy));
  if (unpacked) findings.push(...judgePacking(unpacked));
  if (aof)
    findings.push(...judgeAof(aof, policy, DAMAGE_HINTS), ...(aof.base ? judgeIntegrity(aof.base) : []));
  else if (inspection) findings.push(...judgeFile(inspection));
  if (inspection) findings.push(...judgeSlots(inspection, policy.cluster));
  if (load) findings.push(...judgeLoad(load, aof ? aof.error && {certain: true} : inspection?.error));
  if (beside) findings.push(...judgeBeside(outcomeOf(beside), evidence.saved));
  if (inspection && load && census && readable(inspection)) {
    const books = drawLedger({...booksOf(evidence), inspection, load, census, aof});
    ledger = books.ledger;
    findings.push(...books.findings, evictions(census));
    const plainSha256 = unpacked?.dump?.sha256.plain ?? '';
    const chosen = chooseBaseline(candidatesOf(evidence, expectations, policy), plainSha256);
    if (chosen.baseline) baseline = tellBaseline(chosen.baseline, plainSha256);
    findings.push(...compare({inspection, census, plainSha256, depth}, chosen, policy));
  }
  findings.push(...judgeRoom(evidence), ...judgeBudget(evidence, policy.budget));
  const {checked, productionConfig} = evidence;
  if (checked) findings.push(judgeChecked(checked));
  if (production && inspection) findings.push(...judgeProduction(production, inspection, aof && {aof, load}));
  else if (productionConfig !== undefined)
    findings.push(notReached(productionConfig, {loaded: load?.status === 'loaded'}));
  const today = (evidence.now ?? '').slice(0, '2027-01-31'.length);
  const judged = applyIgnores(
    findings,
    (policy.ignores ?? []).filter(ignore => !isTrend(ignore)),
    today,
  );
  return {
    ...decide(evidence, judged),
    ...proofHeld(evidence),
    ...(baseline && {baseline}),
    ledger,
    findings: worstFirst(judged),
  };
}

/** What there is to be judged by. */
export const candidatesOf = (
  {recordedBeside, earlier}: Evidence,
  file: Expectations | null,
  {expectationsFile}: Policy,
): Candidates => ({file, fileName: expectationsFile, beside: recordedBeside, earlier});

/** A quick drill proves no value, by whatever it was to prove them. */
const booksOf = ({aof, depth, proof, saved}: Evidence) => ({
  // Of an AOF what was saved is all that our reader has: it can only be held against the server's own digest.
  ...(!aof && depth !== 'quick' && proof && {proof}),
  ...(saved && {saved}),
});

function decide(
  {aof, saved, load, census, broken, ...files}: Evidence,
  findings: Finding[],
): Pick<Verdict, 'outcome' | 'error'> {
  const inspection = aof ? saved : files.inspection;
  const failed = findings.some(({status, severity}) => status === 'fail' && severity === 'error');
  if (broken) {
    // Certain damage needs no server to be certain; but who cancels, or meets our bug, gets no verdict, and neither
    // does a file that was not the same from beginning to end.
    const noVerdict = ['cancelled', 'source/changed', 'bug/reader', 'bug/internal'].includes(broken.code);
    const verdictAnyway = failed && !noVerdict;
    return {outcome: verdictAnyway ? 'failed' : 'not-run', error: broken};
  }
  if (load?.status === 'loaded' && inspection?.error && !readable(inspection)) {
    return {outcome: 'not-run', error: readerBug(inspection.error)};
  }
  if (failed) return {outcome: 'failed'};
  const unproven = findings.find(({status, severity}) => status === 'skipped' && severity === 'error');
  if (unproven)
    return {outcome: 'not-run', error: new DrillError('verdict/unproven', unproven.message, unproven)};
  if (load?.status === 'loaded' && inspection && census) return {outcome: 'passed'};
  throw new Error('a drill without a failure must have inspected, loaded and counted');
}

/** Bytes after the end do not keep anybody from reading what is before it. */
const readable = ({error}: Inspection): boolean =>
  error === undefined || error.rule === 'backup/trailing-bytes';

function readerBug(damage: Damage): DrillError {
  return new DrillError('bug/reader', `the server loads what our reader cannot read: ${damage.message}`, {
    hint: 'The backup is probably fine. Please report this with the server’s version and the byte offset.',
    facts: {offset: damage.offset},
  });
}

function judgeSource({listed, inspection, aof}: Evidence, {maxAge}: Policy): Finding[] {
  if (!listed) return [];
  const {listedAt: now, storedAt, doubts, series} = listed;
  const doubtful = doubts.map(message =>
    fail('backup/selection', message, {severity: 'warning', origin: 'source', hint: DOUBTFUL}),
  );
  // Of a file that is damaged no word counts.
  const [file, word] = aof ? [aof, aof.annotatedUntil] : [inspection, inspection?.createdAt ?? null];
  const writtenAt = file && !file.error ? word : null;
  return [...doubtful, ...judgeFreshness({now, writtenAt, storedAt}, maxAge), ...judgeSchedule(series, now)];
}

const DOUBTFUL =
  'Is this the backup that you would restore? `select` in the config says which is the latest (`by`), or names one.';

function judgePacking({dump, damage, checksums: compared}: Unpacked): Finding[] {
  const origin = 'unpack';
  const checksums = compared.map(judgeChecksum);
  if (damage) {
    const {rule, message, hint} = damage;
    return [fail(rule, message, {hint, origin}), ...checksums];
  }
  if (dump.packing.length === 0) return checksums;
  return [pass('backup/unpacked', `unpacked: ${dump.packing.join(' > ')}`, {origin}), ...checksums];
}

function judgeChecksum({algorithm, hex, file, of = 'the backup', unread, actual}: Compared): Finding {
  const parts = {expected: hex, actual, origin: file};
  const rule = 'backup/checksum-beside';
  if (unread !== undefined) {
    const message = `${file} could not be read, and nothing was compared with it: ${unread}`;
    const hint = 'The backup itself was read: look at why the store has trouble with this file alone.';
    return skipped(rule, message, {severity: 'warning', origin: file, hint});
  }
  if (hex === null) {
    const message = `${file} holds no ${algorithm.toUpperCase()} of ${of}: nothing was compared with it`;
    const hint =
      'Look at what the backup job writes there: an empty or cut file, or a checksum of another kind?';
    return skipped(rule, message, {severity: 'warning', origin: file, hint});
  }
  if (hex === actual) return pass(rule, `the ${algorithm.toUpperCase()} in ${file} is that of ${of}`, parts);
  return fail(rule, `the ${algorithm.toUpperCase()} in ${file} is not that of ${of}`, {
    ...parts,
    hint: 'The backup changed after its checksum was taken, or the checksum is of another one. Compare it with the producer’s copy.',
  });
}

/** What a drill of the dump alone would have said of it. */
function outcomeOf({name, evidence}: DrilledBeside): Beside {
  const {outcome, error, findings} = judge(evidence, null, NO_POLICY);
  const worst = findings.find(({status, severity}) => status === 'fail' && severity === 'error');
  const failed = outcome === 'passed' ? null : (worst?.message ?? error?.message ?? 'it did not pass');
  return {name, failed, inspection: evidence.inspection ?? null};
}

const STATUS_ORDER = {fail: 0, ignored: 1, skipped: 2, pass: 3};
const SEVERITY_ORDER = {error: 0, warning: 1, note: 2};

/** Stable: within a rank the order of the checks, which is the order of the stages. */
export function worstFirst(findings: Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      STATUS_ORDER[a.status] - STATUS_ORDER[b.status] ||
      SEVERITY_ORDER[a.severity] - SEVERITY_ORDER[b.severity],
  );
}
