/**
 * Configurations and scripts, judged by themselves and against what they were. In: what was found in the files of a
 * repository, on both sides. Out: findings, and a row before and after for each configuration. With a base only what the
 * change makes worse is an error: what was there before warns.
 */
import {effectiveOf} from './effective.ts';
import type {Issue, LintFinding, LintOptions, Reading} from './finding.ts';
import type {Found} from './homes/find.ts';
import {lossesOf} from './loss.ts';
import type {Proof} from './prove/proof.ts';
import {proofIssues} from './prove/proof-issues.ts';
import {changesBetween} from './rules/change-rules.ts';
import {lineIssues} from './rules/line-rules.ts';
import {scriptIssues} from './rules/script-rules.ts';
import {stateIssues} from './rules/state-rules.ts';
import {tablesOf} from './server-table.ts';
import type {Configuration, Target} from './setting.ts';
import {suppressed, suppressionsIn, withoutReason} from './suppression.ts';

export type Side = Found & {
  /** By path, as it was read: suppressions stand in it. */
  texts: Map<string, string>;
};

export type Summary = {
  name: string;
  file: string;
  head: Reading;
  base: Reading | null;
  /** What real servers made of it, where that was asked for. */
  proof?: Proof;
};
export type Linted = {
  findings: LintFinding[];
  summaries: Summary[];
  compared: boolean;
  /** Files of both sides. */
  read: string[];
};

export type LintJob = LintOptions & {target: Target | null};

export function lint(head: Side, base: Side | null, job: LintJob): Linted {
  const headReadings = head.configurations.map(found => readingOf(found, job));
  const baseReadings = base?.configurations.map(found => readingOf(found, job)) ?? [];
  const pairs = pairUp(headReadings, baseReadings);
  const before = base ? issuesOf(base, baseReadings, job) : [];
  const found = [
    ...pairs.flatMap(([head, base]) => (base ? changesBetween({base, head}) : [])),
    ...issuesOf(head, headReadings, job).map(issue => compared(issue, before, base !== null)),
  ];
  const suppressions = suppressionsOf(head);
  const findings = silenced(found, suppressions);
  const summaries = pairs.map(([head, base]) => ({
    name: head.configuration.name,
    file: head.configuration.file,
    head,
    base,
  }));
  return {
    findings: inOrder([...once(findings), ...withoutReason(suppressions)]),
    summaries,
    compared: base !== null,
    read: [...head.texts.keys(), ...(base?.texts.keys() ?? [])],
  };
}

const suppressionsOf = ({texts}: Pick<Side, 'texts'>) =>
  [...texts].flatMap(([file, text]) => suppressionsIn(text, file));

const silenced = (
  found: readonly Compared[],
  suppressions: ReturnType<typeof suppressionsIn>,
): LintFinding[] =>
  found.map(({byDefault, ...finding}) => {
    const reason = suppressed({...finding, byDefault}, suppressions);
    return reason === null ? finding : {...finding, suppressed: reason};
  });

/** With what servers said of some of its summaries. A line that reading has refused already is not refused again. */
export function withProofs(
  linted: Linted,
  proofs: ReadonlyMap<Summary, Proof>,
  head: Pick<Side, 'texts'>,
): Linted {
  const refused = new Set(
    linted.findings
      .filter(({rule, severity}) => severity === 'error' && REFUSED_BY_READING.has(rule))
      .map(placeKey),
  );
  const issues = [...proofs].flatMap(([summary, proof]) => proofIssues(summary, proof));
  const more = issues.filter(issue => issue.rule !== 'lint/server-refuses' || !refused.has(placeKey(issue)));
  return {
    ...linted,
    findings: inOrder([...linted.findings, ...once(silenced(more, suppressionsOf(head)))]),
    summaries: linted.summaries.map(summary => {
      const proof = proofs.get(summary);
      return proof ? {...summary, proof} : summary;
    }),
  };
}

const REFUSED_BY_READING = new Set(['lint/unknown-directive', 'lint/refused-value', 'lint/unreadable-line']);
const placeKey = ({place: {file, line}}: Pick<LintFinding, 'place'>): string => JSON.stringify([file, line]);

export function readingOf(configuration: Configuration, job: LintJob): Reading {
  const target = configuration.target ?? job.target;
  const tables = tablesOf(target);
  const effective = effectiveOf({...configuration, target}, tables);
  const version =
    target === null || tables.beyond ? 'unknown' : tables.around.length === 1 ? 'exact' : 'between';
  return {
    configuration: {...configuration, target},
    effective,
    losses: lossesOf(effective, job.writeRate),
    version,
  };
}

const issuesOf = ({scripts}: Side, readings: readonly Reading[], job: LintJob): Issue[] => [
  ...readings.flatMap(reading => [...stateIssues(reading, job), ...lineIssues(reading)]),
  ...scripts.flatMap(script => scriptIssues(script, readings)),
];

/** By name, and where one stands alone on both sides, whatever it is called. */
function pairUp(head: readonly Reading[], base: readonly Reading[]): [Reading, Reading | null][] {
  const left = [...base];
  const alone = head.length === 1 && base.length === 1;
  return head.map(reading => {
    const {name, file} = reading.configuration;
    const same = left.findIndex(
      ({configuration}) => configuration.name === name && configuration.file === file,
    );
    const alike = same >= 0 ? same : left.findIndex(({configuration}) => configuration.name === name);
    const at = alike >= 0 ? alike : alone ? 0 : -1;
    return [reading, at < 0 ? null : left.splice(at, 1)[0]!];
  });
}

type Compared = Omit<LintFinding, 'suppressed'> & {byDefault: boolean};

function compared({measure, subject, ...issue}: Issue, before: readonly Issue[], hasBase: boolean): Compared {
  if (!hasBase) return {...issue, direction: null};
  const old = before.filter(({rule, subject: of}) => rule === issue.rule && of === subject);
  const worse = old.length === 0 || old.every(({measure: was}) => was < measure);
  if (worse) {
    // A note stays one: it is for the curious, whoever wrote it.
    return {...issue, severity: issue.severity === 'note' ? 'note' : 'error', direction: 'worse'};
  }
  return {...issue, severity: issue.severity === 'error' ? 'warning' : issue.severity, direction: 'same'};
}

/** A file that two commands read is told of once. */
function once(findings: readonly LintFinding[]): LintFinding[] {
  const seen = new Set<string>();
  return findings.filter(({rule, place, message}) => {
    // A change that is told of as one need not be told of again as a state.
    const key = JSON.stringify(rule === 'lint/dump-not-written' ? [rule, place] : [rule, place, message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const WEIGHT = {error: 0, warning: 1, note: 2};

const inOrder = (findings: readonly LintFinding[]): LintFinding[] =>
  findings.toSorted(
    (a, b) =>
      WEIGHT[a.severity] - WEIGHT[b.severity] ||
      (a.place.file < b.place.file ? -1 : a.place.file > b.place.file ? 1 : a.place.line - b.place.line),
  );

/** What the exit code is about. */
export const failing = ({findings}: Linted): LintFinding[] =>
  findings.filter(({severity, suppressed}) => severity === 'error' && suppressed === undefined);
