/** From what a drill found out, and what the judge says of it, to its report. Pure. */
import {describeError} from '../errors.ts';
import type {Evidence, Verdict} from '../judge/judge.ts';
import type {Tried} from '../judge/matrix.ts';
import type {DrillReport, OnServerReport} from './drill-report.ts';

type Times = Pick<DrillReport, 'timings' | 'startedAt' | 'finishedAt'>;

export function reportOf(
  evidence: Evidence,
  verdict: Verdict,
  times: Times,
  matrix: Tried[] = [],
): DrillReport {
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
    ...(matrix.length > 0 && {matrix: matrix.map(onServer)}),
    ledger,
    findings,
    ...times,
  };
}

function onServer({image, optional, evidence, verdict}: Tried): OnServerReport {
  const {server = null, load = null, census = null} = evidence;
  const {outcome, error, ledger, findings} = verdict;
  return {
    image,
    optional,
    outcome,
    ...(error && {error: describeError(error)}),
    server,
    load,
    census,
    ledger,
    findings: findings.filter(({status}) => status !== 'pass'),
  };
}

function describeBackup({backup, unpacked}: Evidence): DrillReport['backup'] {
  if (!backup) return null;
  const {sha256 = null, packing = []} = unpacked?.dump ?? {};
  return {...backup, sha256, ...(packing.length > 0 && {packing})};
}
