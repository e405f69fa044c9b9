/** What can be said of several drills together that none of them can say by itself. Pure. */
import type {Finding} from '../judge/finding.ts';
import type {FleetReport} from './fleet-report.ts';

export function judgeFleet(_held: Pick<FleetReport, 'drills' | 'backups'>): Finding[] {
  return [];
}
