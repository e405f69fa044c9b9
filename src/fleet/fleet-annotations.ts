/** Several drills as annotations of a workflow run: the findings of each under its name, no more than GitHub shows. */
import {type Annotation, annotationsOf, bounded, findingAnnotations} from '../report/annotations.ts';
import type {FleetReport} from './fleet-report.ts';

const LEVELS = ['error', 'warning', 'notice'] as const;

export function annotationsOfFleet({drills, findings, error}: FleetReport): Annotation[] {
  const each = drills.flatMap(({name, report}) =>
    annotationsOf(report).map(annotation => ({...annotation, title: `${name}: ${annotation.title}`})),
  );
  const own: Annotation[] =
    error && each.length === 0
      ? [
          {
            level: 'error',
            title: `Restore drill not run: ${error.code}`,
            message: `${error.message}\nHINT: ${error.hint}`,
          },
        ]
      : [];
  const all = [...own, ...findingAnnotations(findings), ...each];
  return LEVELS.flatMap(level => bounded(all.filter(annotation => annotation.level === level)));
}
