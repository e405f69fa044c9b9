/**
 * What a restore may cost: how long it takes until a server has loaded the backup, the memory of that server, and the size
 * of the backup as it is stored. Each is an alarm before the night on which it no longer fits. Pure: measures come in.
 */
import type {Census} from '../census/census.ts';
import type {Backup} from '../source/backup.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import {inWords} from './freshness.ts';

/** `origin`: `restore-drill.yml:12`. */
export type Limit = {most: number; origin: string};
export type Budget = {restore?: Limit | undefined; memory?: Limit | undefined; size?: Limit | undefined};

type Spent = {
  backup?: Backup;
  census?: Census;
  /** From asking for the backup to a server that has loaded it; absent of one that has not. */
  restoreMs?: number | undefined;
};

export function judgeBudget({backup, census, restoreMs}: Spent, budget: Budget = {}): Finding[] {
  const {restore, memory, size} = budget;
  const findings: Finding[] = [];
  if (size && backup && backup.sizeBytes !== null)
    findings.push(
      judge({rule: 'policy/file-size', what: 'the backup has', hint: LARGER}, size, backup.sizeBytes, SIZE),
    );
  if (restore && restoreMs !== undefined)
    findings.push(
      judge(
        {rule: 'policy/restore-duration', what: 'the restore took', hint: SLOWER},
        restore,
        restoreMs,
        DURATION,
      ),
    );
  if (memory && census?.usedMemoryBytes === null) {
    const message = 'the server does not say how much memory the dataset takes';
    findings.push(skipped('policy/memory', message, {severity: 'error', origin: memory.origin}));
  } else if (memory && census) {
    const what = 'the restored dataset takes';
    findings.push(judge({rule: 'policy/memory', what, hint: LARGER}, memory, census.usedMemoryBytes!, SIZE));
  }
  return findings;
}

type Kind = {rule: string; what: string; hint: string};
type Measure = {inWords(n: number): string; exactly(n: number): string};

function judge({rule, what, hint}: Kind, {most, origin}: Limit, actual: number, measure: Measure): Finding {
  // Just above its budget it would read the same.
  const alike = actual > most && measure.inWords(actual) === measure.inWords(most);
  const show = alike ? measure.exactly : measure.inWords;
  const parts = {expected: `at most ${show(most)}`, actual: show(actual), origin};
  if (actual <= most) return pass(rule, `${what} ${show(actual)}, within its budget of ${show(most)}`, parts);
  return fail(rule, `${what} ${show(actual)}; the budget is ${show(most)}`, {...parts, hint});
}

const SLOWER =
  'In an outage it would take as long. Where does the time go (fetch, unpack, load are in the report)? If the data grew, make room in the plan for recovery, then raise the budget.';
const LARGER =
  'What grew (groups in the report)? If it is right, make room where it would be restored, then raise the budget.';

const DURATION: Measure = {
  inWords: ms => (ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : inWords(ms)),
  exactly: ms => `${ms.toLocaleString('en')} ms`,
};

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

const SIZE: Measure = {inWords: bytes, exactly: n => `${n.toLocaleString('en')} bytes`};

/** In the units of redis.conf: `gb` is 1024 cubed. */
export function bytes(n: number): string {
  const power = n < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(n) / 10));
  const value = n / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}
