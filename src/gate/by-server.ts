/**
 * A drill on several servers (`server.matrix`) as a record for each, where servers are demanded: what an optional one did
 * decides nothing of the drill, but much of a release to it. In: records. Out: the same, and one for each other server. Pure.
 */
import type {HistoryRecord} from '../history/record.ts';

export const byServer = (records: HistoryRecord[]): HistoryRecord[] =>
  records.flatMap(record => [record, ...(record.matrix ?? []).map(there => onServer(record, there))]);

type OnServer = NonNullable<HistoryRecord['matrix']>[number];

/** A drill that did not pass proves nothing of its backup anywhere. */
function onServer(record: HistoryRecord, {line, version, outcome}: OnServer): HistoryRecord {
  const server = {line, version, kind: 'container' as const};
  if (outcome === 'passed') return {...record, server};
  return {...record, server, outcome, failed: outcome === 'failed' ? ['restore/on-server'] : []};
}
