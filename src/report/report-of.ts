/** From what a drill found out, and what the judge says of it, to its report. Pure. */
import {describeError} from '../errors.ts';
import type {Evidence, Verdict} from '../judge/judge.ts';
import type {DrillReport} from './drill-report.ts';

type Times = Pick<DrillReport, 'timings' | 'startedAt' | 'finishedAt'>;

export function reportOf(evidence: Evidence, verdict: Verdict, times: Times): DrillReport {
  const {outcome, proof, error, baseline, ledger, findings} = verdict;
  const {depth, inspection, aof, server, load, census, saved, checked, production} = evidence;
  return {
    schemaVersion: 1,
    outcome,
    ...(depth && {depth}),
    ...(proof && {proof}),
    ...(error && {error: describeError(error)}),
    backup: describeBackup(evidence),
    inspection: inspection ?? null,
    ...(aof && {aof}),
    server: server ?? null,
    load: load ?? null,
    census: census ?? null,
    ...(saved && {saved}),
    ...(checked && {checker: checked}),
    ...(production && {production}),
    ...(baseline && {baseline}),
    ledger,
    findings,
    ...times,
  };
}

function describeBackup({backup, unpacked}: Evidence): DrillReport['backup'] {
  if (!backup) return null;
  const {sha256 = null, packing = []} = unpacked?.dump ?? {};
  return {...backup, sha256, ...(packing.length > 0 && {packing})};
}
