/**
 * May this release go out? For every required backup, on every demanded server, the newest drill must be one that passed,
 * recent enough, of a recent enough backup, held by who is trusted. In: records, demands, what GitHub says of runs, the
 * time. Out: a verdict with its findings. What is missing, unknown or contradicted closes the gate. Pure.
 */
import type {HistoryRecord} from '../history/record.ts';
import {type Finding, fail, skipped} from '../judge/finding.ts';
import {inWords} from '../judge/freshness.ts';
import {byServer} from './by-server.ts';
import type {Demands} from './demands.ts';
import type {Gated} from './gate-report.ts';
import {inDays, judgeDrill} from './judge-drill.ts';
import {isWanted} from './wanted-server.ts';
import {type Doubt, doubtOf, type Run, type Runs} from './witness.ts';

export type GateEvidence = {
  records: HistoryRecord[];
  /** Records that are there, of required backups, and what kept them from being read. */
  unreadable?: Unread[];
  /** `null`: GitHub was not asked. */
  runs: Runs | null;
  /** Of the workflow that holds the drills, where it was asked for. */
  workflow?: {
    /** `active`, `disabled_inactivity`, … */
    state: string;
    /** That has ended; `null`: there is none. */
    newestRun: Run | null;
  };
  /** The run that asks: it has not ended yet. */
  ownRunId?: string | undefined;
};

/** `endedAt`: by the name of the record, when its drill did. */
export type Unread = {backup: string; endedAt: string; because: string};

export type GateVerdict = {outcome: 'open' | 'closed'; gated: Gated[]; findings: Finding[]};

const DAY_MS = 86_400_000;

export function judgeGate(evidence: GateEvidence, demands: Demands, now: Date): GateVerdict {
  const {believed, strangers, forged} = sorted(evidence, demands);
  const judged = demands.require.flatMap(backup => judgeBackup(backup, believed, {evidence, demands, now}));
  const findings = [
    ...(demands.require.length === 0 ? [NOTHING_REQUIRED] : []),
    ...forged.map(({record, because}) => forgedFinding(record, because)),
    ...judged.flatMap(one => one.findings),
    ...unreadableFindings(evidence.unreadable ?? [], believed),
    ...judgeNewestRun(evidence, demands),
    ...judgeSchedule(believed, evidence, {demands, now}),
    ...strangerFindings(strangers),
    ...(evidence.runs === null ? [UNVERIFIED] : []),
  ];
  const closed = findings.some(({status, severity}) => status === 'fail' && severity === 'error');
  return {outcome: closed ? 'closed' : 'open', gated: judged.map(({gated}) => gated), findings};
}

/** Those of required backups whose run decides: what is older than is allowed opens nothing, whoever held it. */
export function runsToAsk(
  records: HistoryRecord[],
  {require, maxAgeMs, trust}: Demands,
  now: Date,
): string[] {
  const since = now.getTime() - maxAgeMs;
  const deciding = records.filter(
    record =>
      require.includes(record.backup) &&
      Date.parse(record.finishedAt) >= since &&
      doubtOf(record, trust, null) === null,
  );
  return [...new Set(deciding.flatMap(({heldBy}) => heldBy?.runId ?? []))];
}

type Doubted = {record: HistoryRecord; because: string};

function sorted({records, runs}: GateEvidence, {require, trust}: Demands) {
  const believed: HistoryRecord[] = [];
  const doubted: Record<Doubt['kind'], Doubted[]> = {stranger: [], forged: []};
  for (const record of records) {
    const doubt = doubtOf(record, trust, runs);
    if (doubt === null) believed.push(record);
    else if (require.includes(record.backup)) doubted[doubt.kind].push({record, because: doubt.because});
  }
  return {believed, strangers: doubted.stranger, forged: doubted.forged};
}

type Circumstances = {evidence: GateEvidence; demands: Demands; now: Date};

/** A server that is asked for, or one that was drilled. `null`: any. */
type Target = {name: string | null; fits: (server: HistoryRecord['server']) => boolean};

function judgeBackup(backup: string, believed: HistoryRecord[], circumstances: Circumstances) {
  const its = believed.filter(record => record.backup === backup);
  const records = (circumstances.demands.servers.length > 0 ? byServer(its) : its).toSorted(newestFirst);
  return targets(records, circumstances).map(({name, fits}) => {
    // Where none was started, nobody can say on which one it would have been: that drill is one of each.
    const newest = records.find(({server}) => server === null || fits(server));
    const {evidence, demands, now} = circumstances;
    const run = newest?.heldBy && evidence.runs?.get(newest.heldBy.runId);
    const own = newest?.heldBy !== undefined && newest.heldBy.runId === evidence.ownRunId;
    const findings = newest
      ? judgeDrill({record: newest, server: name, run: own ? null : (run ?? null)}, demands, now)
      : [missing(backup, name, records, demands)];
    const passes = findings.every(({status}) => status === 'pass');
    return {findings, gated: {backup, server: name, passes, drill: newest ? drillOf(newest) : null}};
  });
}

/**
 * Where no server is demanded, each one that was drilled lately: a failure on one is not made good by a later pass on
 * another.
 */
function targets(records: HistoryRecord[], {demands, now}: Circumstances): Target[] {
  if (demands.servers.length > 0)
    return demands.servers.map(wanted => ({name: wanted.name, fits: server => isWanted(wanted, server)}));
  const since = now.getTime() - demands.maxAgeMs;
  const lately = records.filter(({finishedAt}) => Date.parse(finishedAt) >= since);
  const lines = new Set(linesOf(lately));
  if (lines.size === 0) return [{name: null, fits: () => true}];
  return [...lines].map(line => ({name: line, fits: server => lineOf(server) === line}));
}

const lineOf = (server: HistoryRecord['server']): string | null => server?.line ?? null;
const linesOf = (records: HistoryRecord[]): (string | null)[] =>
  records.filter(({server}) => server !== null).map(({server}) => lineOf(server));

/** Of two that ended at the same moment the worse one counts. */
function newestFirst(a: HistoryRecord, b: HistoryRecord): number {
  const rank = {failed: 0, 'not-run': 1, passed: 2};
  return Date.parse(b.finishedAt) - Date.parse(a.finishedAt) || rank[a.outcome] - rank[b.outcome];
}

function drillOf({outcome, depth, finishedAt, server, artifact, heldBy}: HistoryRecord): Gated['drill'] {
  const {line, version} = server ?? {line: null, version: null};
  return {
    outcome,
    depth: depth ?? null,
    finishedAt,
    server: line === null ? version : version === null ? line : `${line} (${version})`,
    backupAt: artifact?.takenAt ?? artifact?.modifiedAt ?? null,
    runId: heldBy?.runId ?? null,
  };
}

function missing(
  backup: string,
  server: string | null,
  records: HistoryRecord[],
  {requiredBy}: Demands,
): Finding {
  const parts = {expected: server ?? 'a drill', actual: 'none', origin: requiredBy};
  if (server === null || records.length === 0) {
    return fail('gate/drill-missing', `${backup}: there is no drill of it`, {
      ...parts,
      hint: 'Is it drilled at all, under this name, and does that drill write the history that is read here? A job that was skipped leaves none.',
    });
  }
  const drilled = [...new Set(linesOf(records).filter(line => line !== null))].toSorted().join(', ');
  return fail('gate/server', `${backup}: it was never drilled on ${server}`, {
    ...parts,
    origin: '--server',
    ...(drilled !== '' && {actual: drilled}),
    hint: 'Drill it there as well: name it in `server.matrix` of the config.',
  });
}

/** The newest run counts, even where it left no record: it may have been cancelled before it could. */
function judgeNewestRun({workflow, ownRunId}: GateEvidence, {trust}: Demands): Finding[] {
  const run = workflow?.newestRun;
  if (!run || run.id === ownRunId || run.conclusion === 'success') return [];
  const message = `the newest run of ${trust?.workflow} ended as ${run.conclusion}`;
  return [
    fail('gate/run', message, {
      expected: 'success',
      actual: run.conclusion,
      origin: run.url,
      hint: 'Look at that run. Whatever kept it from success, it has not shown that the backups restore: start it again.',
    }),
  ];
}

/** Looked at over all backups: where nothing at all is drilled any more, it is the schedule that is gone. */
function judgeSchedule(
  believed: HistoryRecord[],
  {workflow}: GateEvidence,
  {demands, now}: Omit<Circumstances, 'evidence'>,
): Finding[] {
  const ended = [
    ...believed.map(({finishedAt}) => finishedAt),
    ...(workflow?.newestRun ? [workflow.newestRun.updatedAt] : []),
  ];
  const last = Math.max(...ended.map(time => Date.parse(time)));
  const sinceMs = now.getTime() - last;
  const state = workflow?.state ?? 'active';
  const disabled = state === 'active' ? '' : `; GitHub says of the workflow: ${state}`;
  const parts = {expected: `every ${inWords(demands.maxAgeMs)}`, origin: '--max-age', hint: SCHEDULE};
  if (ended.length > 0 && sinceMs > Math.max(demands.maxAgeMs, 2 * DAY_MS)) {
    const message = `no drill for ${inDays(sinceMs)}, of any backup: the schedule has stopped${disabled}`;
    return [fail('gate/schedule', message, {...parts, actual: inDays(sinceMs)})];
  }
  if (state === 'active') return [];
  const message = `the drills will end: GitHub says of the workflow: ${state}`;
  return [fail('gate/schedule', message, {...parts, actual: state, severity: 'warning'})];
}

const SCHEDULE =
  'GitHub disables the schedules of a public repository without a commit for 60 days, and those of a workflow that somebody disabled: Actions, the workflow, “Enable workflow”. Then start it once by hand.';

const NOTHING_REQUIRED = fail('gate/nothing-required', 'no backup is required, and none is known', {
  origin: '--require',
  hint: 'Name the backups (--require), or the config that lists them (--config). Is this the right history?',
});

const forgedFinding = ({backup, finishedAt}: HistoryRecord, because: string): Finding =>
  fail('gate/forged', `${backup}: a record of ${finishedAt} says what GitHub does not: ${because}`, {
    origin: 'history',
    hint: 'Who can write to the history? Until that is known, nothing in it counts. Where somebody deleted the run itself, hold a new drill and remove the record.',
  });

/** What may be the newest drill closes the gate, because nobody knows what came of it. */
function unreadableFindings(unreadable: Unread[], believed: HistoryRecord[]): Finding[] {
  return unreadable.map(({backup, endedAt, because}) => {
    const older = believed
      .filter(record => record.backup === backup)
      .map(({finishedAt}) => Date.parse(finishedAt));
    const newest = Math.max(...older) <= Date.parse(endedAt);
    return fail('gate/unreadable', `${backup}: the record of ${endedAt} cannot be read: ${because}`, {
      severity: newest ? 'error' : 'warning',
      origin: 'history',
      hint: newest
        ? 'It may say that the newest drill failed. Hold a new drill, or put the record right.'
        : 'Newer ones can be read: it decides nothing.',
    });
  });
}

function strangerFindings(strangers: Doubted[]): Finding[] {
  const groups = Map.groupBy(strangers, ({because}) => because);
  return [...groups].map(([because, {length}]) =>
    fail('gate/origin', `${length === 1 ? '1 record' : `${length} records`} passed over: ${because}`, {
      severity: 'warning',
      actual: length,
      origin: 'history',
      hint: 'Only drills of the trusted workflow on the trusted branch count (`--repository`, `--workflow`, `--branch`).',
    }),
  );
}

const UNVERIFIED = skipped(
  'gate/unverified',
  'the history was taken at its word: nobody was asked who wrote it',
  {
    origin: 'history',
    hint: 'Name the workflow that holds the drills (`--workflow`): then each record that counts is held against its run on GitHub.',
  },
);
