/**
 * A lint report in SARIF 2.1.0, for GitHub's code scanning. In: what lint found. Out: a result for each finding that
 * stands: code scanning opens an alert for every result, whatever else a log says of it, so what is ignored in place and
 * what became better are not among them. https://docs.oasis-open.org/sarif/sarif/v2.1.0/
 *
 * Two things are left to who uploads it, because only what is missing is filled in: the hash of the line by which alerts
 * are known again (`partialFingerprints`), and the category of the analysis (`automationDetails`), by workflow and job.
 */
import {printable} from '../../report/printable.ts';
import {VERSION} from '../../version.ts';
import type {LintFinding} from '../finding.ts';
import type {Linted} from '../lint.ts';
import {RULE_TEXTS} from '../rules/rule-texts.ts';
import {isShown, plainPath} from './wording.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
/** A run with more is refused. https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support */
const MAX_RESULTS = 25_000;

type Options = {docsUrl?: string | undefined};

export function lintSarif({findings, compared}: Linted, {docsUrl}: Options = {}): object {
  // The worst are the first.
  const standing = findings.filter(isAlert).slice(0, MAX_RESULTS);
  const ids = [...new Set([...Object.keys(RULE_TEXTS), ...standing.map(({rule}) => rule)])].toSorted();
  const indices = new Map(ids.map((id, index) => [id, index]));
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'restore-drill lint',
            semanticVersion: VERSION,
            ...(docsUrl && {informationUri: encodeURI(`${docsUrl}/lint.md`)}),
            rules: ids.map(id => descriptor(id, docsUrl)),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: standing.map(finding => result(finding, indices.get(finding.rule)!, compared)),
      },
    ],
  };
}

const isAlert = (finding: LintFinding): boolean => isShown(finding) && finding.direction !== 'better';

/** All of them, whatever was found: code scanning shows the documentation of a rule beside its alerts. */
function descriptor(id: string, docsUrl: string | undefined) {
  const {title, text: markdown} = RULE_TEXTS[id] ?? {title: id, text: id};
  const text = markdown.replaceAll('`', '');
  const helpUri = docsUrl && encodeURI(`${docsUrl}/lint.md#${id.replace('/', '')}`);
  return {
    id,
    shortDescription: {text: title},
    fullDescription: {text},
    help: {text, markdown: helpUri ? `${markdown}\n\n[${id}](${helpUri})` : markdown},
    ...(helpUri && {helpUri}),
    properties: {tags: ['backup', 'persistence'], precision: 'high'},
  };
}

function result(
  {rule, severity, message, fix, place, direction}: LintFinding,
  ruleIndex: number,
  compared: boolean,
) {
  return {
    ruleId: rule,
    ruleIndex,
    level: severity,
    message: {text: [message, ...(fix === '' ? [] : [fix])].map(plainText).join('\n')},
    locations: [
      {
        physicalLocation: {
          artifactLocation: {uri: uriOf(place.file)},
          region: {startLine: place.line, startColumn: place.column},
        },
      },
    ],
    ...(compared && {baselineState: direction === 'same' ? 'unchanged' : 'new'}),
  };
}

/** A message may hold links, `[text](target)`; what a configuration holds is none of ours. Section 3.11.6. */
const plainText = (text: string): string => printable(text).replace(/\](?=\()/g, '\\]');

/** Relative to the repository where it is; else absolute. What would end a path, or begin a scheme, is none of it. */
function uriOf(file: string): string {
  const path = plainPath(file).split('/').map(segment).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}

/** Halves of pairs cannot be written in UTF-8. */
const segment = (text: string): string => encodeURIComponent(text.toWellFormed());
