/**
 * Findings that somebody silenced in place: `# restore-drill-ignore RULE: reason`, on the line above or behind the line.
 * In: the text of a file. Out: which rules are silenced where, and why. Without a reason nothing is silenced, and that is
 * a finding itself: the next reader has to learn why.
 */
import type {LintFinding} from './finding.ts';
import type {Place} from './setting.ts';

type Suppression = {
  rule: string;
  reason: string /** The line that it is for. */;
  line: number;
  written: Place;
};

const MARK = /#\s*restore-drill-ignore\s+(lint\/[a-z-]+)\s*(?::\s*(.*?))?\s*$/;

export function suppressionsIn(text: string, file: string): Suppression[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [mark, rule, reason = ''] = MARK.exec(line) ?? [];
    if (mark === undefined) return [];
    const own = line.slice(0, line.indexOf(mark)).trim() !== '';
    // Not far below: a file of nothing but marks is not searched to its end for each.
    const below = lines.slice(index + 1, index + 101);
    const next = below.findIndex(text => text.trim() !== '' && !/^\s*#/.test(text));
    const written = {file, line: index + 1, column: line.indexOf(mark) + 1};
    return [{rule: rule!, reason, line: own || next < 0 ? index + 1 : index + 2 + next, written}];
  });
}

/** A finding of what is not written anywhere is silenced from anywhere in its file. */
export function suppressed(
  {rule, place, byDefault}: {rule: string; place: Place; byDefault: boolean},
  suppressions: readonly Suppression[],
): string | null {
  const found = suppressions.find(
    ({rule: of, reason, line, written}) =>
      of === rule && reason !== '' && written.file === place.file && (byDefault || line === place.line),
  );
  return found?.reason ?? null;
}

export const withoutReason = (suppressions: readonly Suppression[]): LintFinding[] =>
  suppressions
    .filter(({reason}) => reason === '')
    .map(({rule, written}) => ({
      rule: 'lint/ignored-without-reason',
      severity: 'error',
      place: written,
      message: `${rule} is to be ignored, but nobody says why`,
      fix: `Write # restore-drill-ignore ${rule}: and the reason.`,
      direction: null,
    }));
