/**
 * The history around one drill: what is known of earlier ones before it begins, and its own record when its verdict is
 * out. A history that cannot be reached takes no verdict away, but a drill that passed does not end with 0 because of it:
 * who asked for a history would otherwise rely on a gate and on trends that see nothing.
 */
import {type DrillError, toDrillError} from '../errors.ts';
import type {Policy} from '../judge/policy.ts';
import type {DrillReport} from '../report/drill-report.ts';
import {heldByIn} from './held-by.ts';
import {type HistoryDeps, type HistoryJob, openHistory} from './open-history.ts';
import {recordOf} from './record-of.ts';
import type {History} from './store.ts';
import type {TrendPolicy} from './trends/trend-policy.ts';
import {withTrends} from './trends/with-trends.ts';

export type Memory = {
  /** `null` where no history was asked for, or it cannot be read. */
  earlier: History | null;
  /** With what earlier drills say of this one: trends, which may fail what passed by itself. */
  judge(report: DrillReport): DrillReport;
  /** Appends the record of the drill; answers what went wrong, here or in reading. Never rejects. */
  keep(report: DrillReport): Promise<DrillError | null>;
};

type Asked = {name: string; history: HistoryJob | null; trend: TrendPolicy; policy?: Pick<Policy, 'ignores'>};

const NO_MEMORY: Memory = {earlier: null, judge: report => report, keep: async () => null};

/** Throws DrillError `usage/invalid` for what is no place of a history. */
export async function recall({name, history, trend, policy}: Asked, deps: HistoryDeps): Promise<Memory> {
  if (history === null) return NO_MEMORY;
  const store = await openHistory(history, deps);
  let earlier: History | null = null;
  let unread: DrillError | null = null;
  try {
    earlier = await store.read(name);
  } catch (thrown) {
    unread = toDrillError(thrown);
    if (unread.code !== 'history/unavailable') throw unread;
  }
  return {
    earlier,
    judge: report => withTrends(report, {backup: name, earlier, trend, ignores: policy?.ignores}),
    keep: async report => {
      // It was not the backup that came to nothing, nor the drill: nobody waits for it any more.
      if (report.error?.code === 'cancelled') return null;
      try {
        await store.append(recordOf(report, {backup: name, heldBy: heldByIn(deps.env)}));
        await store.thin(history.keep);
        return unread;
      } catch (thrown) {
        return toDrillError(thrown);
      }
    },
  };
}
