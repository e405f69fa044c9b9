/**
 * Parts of a job summary for who wants to know more: the last nights, and groups of keys. In: a report. Out: sections of
 * Markdown, folded up, in which every text of the report is made safe.
 */
import type {Section} from './bounded-page.ts';
import type {DrillReport} from './drill-report.ts';
import {groupRows} from './groups.ts';
import {folded, RANK, row, table} from './markdown-sections.ts';
import {code, prose} from './markdown-text.ts';
import {trendRows} from './trend-rows.ts';
import {count} from './wording.ts';

/** The last nights, this one last. */
export function trends(report: DrillReport): Section {
  const rows = trendRows(report);
  const {open, close} = folded('The last nights');
  return {
    rank: RANK.trends,
    open: open + table('', 'Nights', 'Now', 'Usual', 'Change'),
    close,
    rows: rows.length,
    row: index => {
      const {label, line, now, usual, change} = rows[index]!;
      return row(label, code(line), now, usual, change);
    },
    what: 'trend',
  };
}

/** Groups of keys, the largest of them. */
export function groups({inspection}: DrillReport): Section {
  const {rows, more} = inspection ? groupRows(inspection.dataset) : {rows: [], more: 0};
  const {open, close} = folded(`Keys by group${more > 0 ? `, without ${count(more, 'smaller one')}` : ''}`);
  return {
    rank: RANK.groups,
    open: open + table('Group', 'Keys', 'Share', 'Types', 'Expire', 'In the file'),
    close,
    rows: rows.length,
    row: index => {
      const {label, keys, share, types, expire, size} = rows[index]!;
      return row(code(label), keys, prose(share), prose(types), prose(expire), size);
    },
    what: 'group',
  };
}
