/** The part of a job summary that tells on which of several servers the backup restores. In: a report. Out: a section of Markdown. */
import type {Section} from './bounded-page.ts';
import type {DrillReport} from './drill-report.ts';
import {RANK, row, table} from './markdown-sections.ts';
import {code, prose} from './markdown-text.ts';
import {matrixRows} from './matrix.ts';

const ICON = {passed: '✅', failed: '❌', 'not-run': '⚠️'} as const;

export function servers(report: DrillReport): Section {
  const rows = matrixRows(report);
  return {
    rank: RANK.servers,
    open: table('', 'Server', 'What came of it'),
    close: '',
    rows: rows.length,
    row: index => {
      const {outcome, optional, server, what} = rows[index]!;
      return row(optional && outcome !== 'passed' ? 'ℹ️' : ICON[outcome], code(server), prose(what));
    },
    what: 'server',
  };
}
