/** One backup on several servers, as a small table: the same cells in every rendering. In: a report. Out: text, not yet made safe. */
import type {DrillReport, OnServerReport} from './drill-report.ts';
import {isFatal, number} from './wording.ts';

export type MatrixRow = {
  outcome: OnServerReport['outcome'];
  optional: boolean;
  /** `redis:7.4 (redis 7.4.2)`. */
  server: string;
  /** Keys and digest, or why it did not load. */
  what: string;
};

export const matrixRows = ({matrix = []}: DrillReport): MatrixRow[] =>
  matrix.map(one => ({outcome: one.outcome, optional: one.optional, server: nameOf(one), what: whatOf(one)}));

function nameOf({image, server, optional}: OnServerReport): string {
  const version = server?.version ? ` (${server.line?.split(':')[0]} ${server.version})` : '';
  return `${image}${version}${optional ? ', optional' : ''}`;
}

function whatOf({outcome, census, error, findings}: OnServerReport): string {
  if (outcome === 'not-run') return error?.message ?? 'it was not come to';
  if (outcome === 'failed') return findings.find(isFatal)?.message ?? 'it failed';
  const digest = census?.digest
    ? `, digest ${census.digest.hex.slice(0, 12)}… (dialect ${census.digest.dialect})`
    : '';
  return `${number(census?.keys ?? 0)} keys${digest}`;
}
