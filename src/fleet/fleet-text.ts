/** The report over several drills as a person reads it on a terminal: the verdict, who did not pass, what is wrong with all. */

import {printable} from '../report/printable.ts';
import {findingLines, type Paint, plain} from '../report/text.ts';
import {sentenceOf} from '../report/wording.ts';
import type {Drilled, FleetReport} from './fleet-report.ts';
import {fleetSentence, notPassed} from './fleet-wording.ts';

const STYLES = {passed: 'good', failed: 'bad', 'not run': 'warn'} as const;

export function drilledLine({name, report}: Drilled, paint: Paint = plain): string {
  const {word, text} = sentenceOf(report);
  return `  ${paint(STYLES[word], word.padEnd(7))} ${printable(name)}: ${printable(text)}`;
}

export function renderFleet(fleet: FleetReport, paint: Paint = plain): string {
  const {word, text} = fleetSentence(fleet);
  const {error} = fleet;
  const head = [
    `${paint(STYLES[word], word.toUpperCase())}  ${printable(text)}`,
    ...(error ? [`         ${paint('dim', `HINT: ${printable(error.hint)}`)}`] : []),
    ...(error ? [`         ${paint('dim', `code: ${error.code}`)}`] : []),
  ];
  const worst = notPassed(fleet).map(drilled => drilledLine(drilled, paint));
  const findings = findingLines(fleet.findings, paint);
  const sections = [
    head.join('\n'),
    ...(worst.length > 0 ? [`${paint('strong', 'Not passed')}\n${worst.join('\n')}`] : []),
    ...(findings.length > 0 ? [`${paint('strong', 'Of all of them')}\n${findings.join('\n')}`] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
