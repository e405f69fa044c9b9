/** A lint report in SARIF 2.1.0, as code scanning takes it. https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
import {VERSION} from '../../version.ts';
import type {LintFinding} from '../finding.ts';
import type {Linted} from '../lint.ts';
import {plainPath} from './wording.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

export function lintSarif({findings, compared}: Linted): object {
  const rules = [...new Set(findings.map(({rule}) => rule))].toSorted();
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {driver: {name: 'restore-drill lint', version: VERSION, rules: rules.map(id => ({id}))}},
        columnKind: 'utf16CodeUnits',
        results: findings.map(finding => result(finding, rules.indexOf(finding.rule), compared)),
      },
    ],
  };
}

function result(
  {rule, severity, message, fix, place, direction, suppressed}: LintFinding,
  ruleIndex: number,
  compared: boolean,
) {
  return {
    ruleId: rule,
    ruleIndex,
    // What has become better is no problem, but worth knowing.
    ...(direction === 'better' ? {kind: 'informational', level: 'none'} : {level: severity}),
    message: {text: fix === '' ? message : `${message}\n${fix}`},
    locations: [
      {
        physicalLocation: {
          artifactLocation: {uri: encodeURI(plainPath(place.file))},
          region: {startLine: place.line, startColumn: place.column},
        },
      },
    ],
    ...(compared && {baselineState: direction === 'same' ? 'unchanged' : 'new'}),
    ...(suppressed !== undefined && {suppressions: [{kind: 'inSource', justification: suppressed}]}),
  };
}
