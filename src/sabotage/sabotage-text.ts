/** What came of the damaged copies, as a person reads it on a terminal: a line each, and at the end what it amounts to. */
import {printable} from '../report/printable.ts';
import type {Paint, Style} from '../report/text.ts';
import type {Attempt, SabotageReport} from './sabotage-report.ts';

const WORDS: Record<Attempt['result'], {word: string; style: Style}> = {
  red: {word: 'red', style: 'good'},
  warned: {word: 'warned', style: 'good'},
  'same-dump': {word: 'same', style: 'dim'},
  beyond: {word: 'green', style: 'warn'},
  missed: {word: 'GREEN', style: 'bad'},
};
/** The longest name. */
const DAMAGE_CHARS = 76;

export function attemptLine({damage, of, result, rule, because}: Attempt, paint: Paint): string {
  const {word, style} = WORDS[result];
  const what = of === 'backup' ? damage : `the ${of === 'aof' ? 'AOF' : 'dump'} in it: ${damage}`;
  const came = rule ?? because ?? 'nothing noticed it';
  return `  ${paint(style, word.padEnd(6))}  ${what.padEnd(DAMAGE_CHARS)}  ${paint('dim', came)}\n`;
}

export function renderSabotage({backup, attempts, outcome}: SabotageReport, paint: Paint): string {
  const name = printable(backup.name);
  const missed = attempts.filter(({result}) => result === 'missed').length;
  const beyond = attempts.filter(({result}) => result === 'beyond').length;
  const verdict =
    outcome === 'passed'
      ? `${paint('good', 'PASSED')}  damage to ${name} is noticed: ${attempts.length} damaged copies were drilled`
      : `${paint('bad', 'FAILED')}  ${missed} of ${attempts.length} damaged copies of ${name} went unnoticed`;
  const hint =
    beyond === 0
      ? ''
      : `\n        ${beyond} of them are whole backups of other data, and nothing is expected of this backup that would tell.`;
  return `${verdict}${hint}\n`;
}
