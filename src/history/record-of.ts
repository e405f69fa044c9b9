/**
 * From the report of a drill to its record in the history: counts, rules, times and hashes, no name of a key, no value
 * and no message. Pure. What was read of a damaged dump is no dataset: a trend over it would be about the damage.
 */
import type {Finding} from '../judge/finding.ts';
import {formatLine, parseLine} from '../redis/server-line.ts';
import {type DrillReport, datasetOf, type OnServerReport, takenAt} from '../report/drill-report.ts';
import {measure} from '../report/measures.ts';
import type {HeldBy, HistoryRecord} from './record.ts';

export type Drilled = {
  /** Name of the backup in the config; of a drill without one, where it was asked to look. */
  backup: string;
  heldBy?: HeldBy | undefined;
};

export function recordOf(report: DrillReport, {backup, heldBy}: Drilled): HistoryRecord {
  const {outcome, depth, proof, error, findings, startedAt, finishedAt, census, timings} = report;
  return {
    schemaVersion: 1,
    backup,
    outcome,
    ...(depth && {depth}),
    ...(proof && {proof}),
    ...(error && {error: error.code}),
    failed: rulesOf(findings, 'error'),
    warned: rulesOf(findings, 'warning'),
    startedAt,
    finishedAt,
    artifact: artifactOf(report),
    server: serverOf(report),
    ...(report.matrix && {matrix: report.matrix.flatMap(onServer)}),
    dataset: wholeDataset(report),
    usedMemoryBytes: census?.usedMemoryBytes ?? null,
    timings: {
      restoreMs: measure(report).restoreDurationMs,
      ...(report.load?.status === 'loaded' && timings.loadMs !== null && {loadMs: timings.loadMs}),
      totalMs: timings.totalMs,
    },
    ...(heldBy && {heldBy}),
  };
}

const rulesOf = (findings: Finding[], severity: Finding['severity']): string[] => {
  const failed = findings.filter(finding => finding.status === 'fail' && finding.severity === severity);
  return [...new Set(failed.map(({rule}) => rule))].toSorted();
};

function artifactOf(report: DrillReport): HistoryRecord['artifact'] {
  const {backup} = report;
  if (!backup) return null;
  const plainBytes = datasetOf(report)?.sizeBytes;
  return {
    sizeBytes: backup.sizeBytes,
    ...(plainBytes !== undefined && {plainBytes}),
    sha256: backup.sha256?.plain ?? null,
    takenAt: takenAt(report),
    modifiedAt: backup.modifiedAt,
  };
}

/** Of one that never started the image tells the line, where it is called like an official one. */
function onServer({image, server, outcome}: OnServerReport): NonNullable<HistoryRecord['matrix']> {
  const named = parseLine(image.slice(image.lastIndexOf('/') + 1));
  const line = server?.line ?? (named && formatLine(named));
  return line ? [{line, version: server?.version ?? null, outcome}] : [];
}

function serverOf({server}: DrillReport): HistoryRecord['server'] {
  if (!server) return null;
  const {line, version, kind, image} = server;
  return {line, version, kind, ...(image !== undefined && {image})};
}

/** Bytes after the end do not make less of what is before it. */
function wholeDataset(report: DrillReport): HistoryRecord['dataset'] {
  const read = datasetOf(report);
  const whole = read && (read.error === undefined || read.error.rule === 'backup/trailing-bytes');
  return whole && !report.aof?.error ? read.dataset : null;
}
