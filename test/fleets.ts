/** Reports of drills that belong together, as tests of what is said of all of them want them. */
import type {Drilled, FleetReport} from '../src/fleet/fleet-report.ts';
import type {DrillReport} from '../src/report/drill-report.ts';
import {aReport} from './builders.ts';

export const drilled = (name: string, overrides: Partial<DrillReport> = {}): Drilled => ({
  name,
  report: aReport(overrides),
});

/** `backups`: those that were drilled, unless it says otherwise. */
export function aFleet(parts: Partial<FleetReport> = {}): FleetReport {
  const {drills = []} = parts;
  return {
    schemaVersion: 1,
    kind: 'fleet',
    outcome: 'passed',
    backups: drills.map(({name}) => name),
    drills,
    findings: [],
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:05:05.000Z',
    ...parts,
  };
}
