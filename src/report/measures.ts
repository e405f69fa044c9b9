/** What a drill measured, in numbers that trends and gates are made of: the Action's outputs, and the summary's first lines. */
import type {SEVERITIES} from '../judge/finding.ts';
import {type DrillReport, datasetOf, takenAt} from './drill-report.ts';

export type Measures = {
  /** Keys that came back. */
  keys: number | null;
  /** Of what came back, 40 hexadecimal digits: ours in the canonical dialect, else the server's own in its dialect. */
  digest: string | null;
  /** RTO: from asking for the backup to a server that has loaded it. */
  restoreDurationMs: number | null;
  /** RPO: from the moment the backup was taken, by its own word where it has one, to the start of the drill. */
  backupAgeSeconds: number | null;
  /** Failed checks. */
  findings: Record<(typeof SEVERITIES)[number], number>;
};

export function measure(report: DrillReport): Measures {
  const {backup, load, census, findings, timings, startedAt} = report;
  const from = takenAt(report) ?? backup?.modifiedAt ?? null;
  const failed = findings.filter(({status}) => status === 'fail');
  const count = (severity: string): number => failed.filter(one => one.severity === severity).length;
  return {
    keys: census?.keys ?? null,
    digest: (census && datasetOf(report)?.dataset.digest?.hex) ?? census?.digest?.hex ?? null,
    restoreDurationMs: load?.status === 'loaded' ? restoreMs(timings) : null,
    // The producer's clock may be ahead of ours; nothing is younger than now.
    backupAgeSeconds:
      from === null ? null : Math.max(0, Math.floor((Date.parse(startedAt) - Date.parse(from)) / 1000)),
    findings: {error: count('error'), warning: count('warning'), note: count('note')},
  };
}

/** Of what has loaded: fetching, unpacking and loading. */
export const restoreMs = ({fetchMs, unpackMs, loadMs}: DrillReport['timings']): number =>
  (fetchMs ?? 0) + (unpackMs ?? 0) + (loadMs ?? 0);
