/**
 * What an Action shows of what came of a step, whatever it held: one drill or several. In: a report. Out: text for the log,
 * annotations, outputs, the summary, and how the step ends; the edge only puts them where they belong.
 */
import type {Held} from './commands.ts';
import {annotationsOfFleet} from './fleet/fleet-annotations.ts';
import {renderFleetMarkdown} from './fleet/fleet-markdown.ts';
import {exitCodeOfFleet, type FleetReport} from './fleet/fleet-report.ts';
import {renderFleet} from './fleet/fleet-text.ts';
import type {HeldFleet} from './fleet/hold-fleet.ts';
import type {HeldRecording} from './recording.ts';
import {type Annotation, annotationsOf} from './report/annotations.ts';
import {changeLines} from './report/changes.ts';
import {type DrillReport, exitCodeOf} from './report/drill-report.ts';
import {type MarkdownOptions, renderMarkdown} from './report/markdown.ts';
import {prose} from './report/markdown-text.ts';
import {type Measures, measure} from './report/measures.ts';
import {printable} from './report/printable.ts';
import {type Paint, renderText} from './report/text.ts';

export type View = {
  text: string;
  annotations: Annotation[];
  summary: string;
  measures: Measures;
  exitCode: number;
};

type Options = MarkdownOptions & {paint: Paint};

export function viewOf(held: Held | HeldRecording | HeldFleet, options: Options): View {
  if ('fleet' in held) return viewOfFleet(held.fleet, options);
  const view = viewOfDrill(held.report, options);
  const lines = 'changes' in held ? changeLines(held.changes ?? []) : [];
  if (lines.length === 0) return view;
  const text = `What the recording changes:\n${lines.map(line => `  ${printable(line)}\n`).join('')}`;
  const changes = `### What the recording changes\n\n${lines.map(line => `- ${prose(line)}\n`).join('')}`;
  const maxBytes = options.maxBytes - Buffer.byteLength(changes) - 1;
  const {summary} = viewOfDrill(held.report, {...options, maxBytes});
  return {...view, text: `${view.text}\n${text}`, summary: `${summary}\n${changes}`};
}

const viewOfDrill = (report: DrillReport, {paint, ...options}: Options): View => ({
  text: renderText(report, paint),
  annotations: annotationsOf(report),
  summary: renderMarkdown(report, options),
  measures: measure(report),
  exitCode: exitCodeOf(report),
});

function viewOfFleet(fleet: FleetReport, {paint, ...options}: Options): View {
  const unwell = fleet.drills.filter(({report}) => report.outcome !== 'passed');
  const texts = unwell.map(({name, report}) => `${name}\n\n${renderText(report, paint)}\n`);
  return {
    text: `${texts.join('\n')}\n${renderFleet(fleet, paint)}`,
    annotations: annotationsOfFleet(fleet),
    summary: renderFleetMarkdown(fleet, options),
    measures: together(fleet.drills.map(({report}) => measure(report))),
    exitCode: exitCodeOfFleet(fleet),
  };
}

/** All keys and findings, the longest restore, the oldest backup; there is no digest of several. */
function together(all: Measures[]): Measures {
  const known = (values: (number | null)[]): number[] => values.filter(value => value !== null);
  const most = (values: number[]): number | null => (values.length === 0 ? null : Math.max(...values));
  const keys = known(all.map(({keys}) => keys));
  const failed = (severity: keyof Measures['findings']): number =>
    all.reduce((sum, {findings}) => sum + findings[severity], 0);
  return {
    keys: keys.length === 0 ? null : keys.reduce((sum, count) => sum + count, 0),
    digest: null,
    restoreDurationMs: most(known(all.map(({restoreDurationMs}) => restoreDurationMs))),
    backupAgeSeconds: most(known(all.map(({backupAgeSeconds}) => backupAgeSeconds))),
    findings: {error: failed('error'), warning: failed('warning'), note: failed('note')},
  };
}
