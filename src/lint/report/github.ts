/** A lint report as commands of the Actions runner: an annotation a finding, at its line, and the verdict as plain text. */
import {printable} from '../../report/printable.ts';
import type {LintFinding} from '../finding.ts';
import type {Linted} from '../lint.ts';
import {isShown, plainPath, verdictText} from './wording.ts';

const LEVELS = {error: 'error', warning: 'warning', note: 'notice'} as const;

/** `escapeData` and `escapeProperty` of @actions/core: the runner turns them back. */
const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

export function renderLintGithub(linted: Linted): string {
  const annotations = linted.findings.filter(isShown).map(annotation);
  return `${[...annotations, printable(verdictText(linted))].join('\n')}\n`;
}

function annotation({rule, severity, place, message, fix}: LintFinding): string {
  const where = `file=${property(printable(plainPath(place.file)))},line=${place.line},col=${place.column}`;
  const text = [message, ...(fix === '' ? [] : [`HINT: ${fix}`])].map(printable).join('\n');
  return `::${LEVELS[severity]} ${where},title=${property(rule)}::${data(text)}`;
}
