/** In a job summary: what is set aside, and why. Failures that the config says to ignore, and checks that were not made: never folded up, never among what passed. */
import type {Finding} from '../judge/finding.ts';
import type {Section} from './bounded-page.ts';
import {type Link, RANK, row, source, table} from './markdown-sections.ts';
import {hintText, prose} from './markdown-text.ts';
import {ignoredInWords} from './wording.ts';

export function ignores(ignored: Finding[], link: Link): Section {
  return {
    rank: RANK.skips,
    open: table('', 'Failed, and ignored'),
    close: '',
    rows: ignored.length,
    row: index => {
      const finding = ignored[index]!;
      const why = `<br>${prose(ignoredInWords(finding))}`;
      return row('🙈', prose(finding.message) + why + source(finding, link));
    },
    what: 'ignored failure',
  };
}

export function skips(skipped: Finding[], link: Link): Section {
  return {
    rank: RANK.skips,
    open: table('', 'Not checked'),
    close: '',
    rows: skipped.length,
    row: index => {
      const {message, hint, rule, origin} = skipped[index]!;
      const next = hint === '' ? '' : `<br>${hintText(hint)}`;
      return row('–', prose(message) + next + source({rule, origin}, link));
    },
    what: 'skipped check',
  };
}
