/**
 * The report of a drill, judged once more with its history at hand: what passed by itself may have lost a little every
 * night. Pure. A drill that was not held stays so, and what failed stays failed.
 */
import {skipped} from '../../judge/finding.ts';
import {applyIgnores, type Ignore, isTrend} from '../../judge/ignore.ts';
import {worstFirst} from '../../judge/judge.ts';
import type {DrillReport} from '../../report/drill-report.ts';
import type {HistoryRecord} from '../record.ts';
import {recordOf} from '../record-of.ts';
import type {History} from '../store.ts';
import {judgeTrends} from './judge-trends.ts';
import {type Night, nightsBefore, sinceMs} from './nights.ts';
import {median} from './statistic.ts';
import {ageMs, throughput} from './subjects.ts';
import type {TrendPolicy} from './trend-policy.ts';

export type Remembered = {
  backup: string;
  /** `null`: it could not be read. */
  earlier: History | null;
  trend: TrendPolicy;
  ignores?: readonly Ignore[] | undefined;
};

export function withTrends(
  report: DrillReport,
  {backup, earlier, trend, ignores = []}: Remembered,
): DrillReport {
  if (report.outcome === 'not-run') return report;
  if (earlier === null) {
    const message = 'the history could not be read: no trend can be told';
    return {
      ...report,
      findings: worstFirst([...report.findings, skipped('trend/steady', message, {origin: 'history'})]),
    };
  }
  const now = recordOf(report, {backup});
  const today = report.startedAt.slice(0, '2027-01-31'.length);
  const found = applyIgnores(judgeTrends(now, earlier, trend), ignores.filter(isTrend), today);
  const failed = found.some(({status, severity}) => status === 'fail' && severity === 'error');
  const nights = nightsBefore(now, earlier.records, sinceMs(trend));
  return {
    ...report,
    outcome: failed ? 'failed' : report.outcome,
    findings: worstFirst([...report.findings, ...found]),
    trends: tableOf(nights),
  };
}

type Trend = NonNullable<DrillReport['trends']>[number];

const SHOWN_NIGHTS = 21;

const SHOWN: Record<Trend['what'], (record: HistoryRecord) => number | null> = {
  keys: ({dataset}) => dataset?.keys ?? null,
  size: ({artifact}) => artifact?.plainBytes ?? null,
  memory: ({usedMemoryBytes}) => usedMemoryBytes,
  restore: ({timings}) => timings.restoreMs,
  throughput,
  age: ageMs,
};

function tableOf(nights: Night[]): Trend[] {
  const byAgo = new Map(nights.map(({ago, record}) => [ago, record]));
  return Object.entries(SHOWN).map(([what, value]) => ({
    what: what as Trend['what'],
    values: Array.from({length: SHOWN_NIGHTS}, (_, index) => {
      const record = byAgo.get(SHOWN_NIGHTS - 1 - index);
      return record ? value(record) : null;
    }),
    usual: usualOf(nights, value),
  }));
}

/** As people would say it: of the same weekdays, else of all. */
function usualOf(nights: Night[], value: (record: HistoryRecord) => number | null): number | null {
  const known = nights.flatMap(({ago, record, sound}) => {
    const its = value(record);
    return sound && its !== null ? [{ago, its}] : [];
  });
  const sameDay = known.filter(({ago}) => ago % 7 === 0).slice(0, 3);
  const chosen = sameDay.length === 3 ? sameDay : known;
  return chosen.length === 0 ? null : median(chosen.map(({its}) => its));
}
