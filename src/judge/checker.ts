/** What the server's own checker says, beside the verdict: a note, whatever it says, because it is neither the server nor our reader. */
import type {Checked} from '../restore/checker.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';

export function judgeChecked(checked: Checked): Finding {
  const {program, status, because, offset, complaint, doing, type, keysRead} = checked;
  const parts = {origin: 'checker', severity: 'note'} as const;
  const rule = program.endsWith('aof') ? 'checker/aof' : 'checker/rdb';
  if (status === 'not-run') return skipped(rule, `${program} was not run: ${because}`, parts);
  if (status === 'fine')
    return pass(rule, `${program} finds nothing wrong; it looks at less than a load`, parts);
  const where = offset === null || rule === 'checker/aof' ? '' : ` at byte ${offset}`;
  const what = [doing, type].filter(word => word !== null).join(', ');
  const soFar = keysRead === null ? '' : `; ${keysRead} keys read`;
  return fail(
    rule,
    `${program}: ${complaint ?? 'damaged'}${where}${what === '' ? '' : ` (${what})`}${soFar}`,
    {
      ...parts,
      hint: 'The server’s own checker, as evidence beside the verdict: compare it with where our reader stopped.',
    },
  );
}
