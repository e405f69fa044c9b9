/** The outcome of several drills in a sentence, and who is to blame for it: the same words in every rendering. */
import {count, isFatal, type Sentence} from '../report/wording.ts';
import {configured, type Drilled, type FleetReport} from './fleet-report.ts';

const ORDER = {failed: 0, 'not-run': 1, passed: 2} as const;
const WORDS = {failed: 'failed', 'not-run': 'not run', passed: 'passed'} as const;
/** Names in a sentence; the lines below it have all. */
const MAX_NAMES = 5;

/** Worst first. */
export const notPassed = ({drills}: FleetReport): Drilled[] =>
  drills
    .filter(({report}) => report.outcome !== 'passed')
    .toSorted((a, b) => ORDER[a.report.outcome] - ORDER[b.report.outcome]);

export function fleetSentence(fleet: FleetReport): Sentence {
  const {outcome, drills, backups, findings, error} = fleet;
  const word = WORDS[outcome];
  const all = count(Math.max(backups.length, drills.length), 'backup');
  const passed = drills.filter(({report}) => report.outcome === 'passed').length;
  if (outcome === 'passed') return {word, text: `${passed === 1 ? '1 backup restores' : `${all} restore`}`};
  const parts = (['failed', 'not-run'] as const).flatMap(wanted => {
    const names = drills.filter(({report}) => report.outcome === wanted).map(({name}) => name);
    return names.length === 0 ? [] : [`${WORDS[wanted]} ${listed(names)}`];
  });
  const missing = backups.filter(name => !drills.some(drilled => configured(drilled) === name));
  if (missing.length > 0) parts.push(`without a report ${listed(missing)}`);
  const fatal = findings.find(isFatal);
  if (fatal) parts.push(fatal.message);
  if (parts.length === 0 && error) return {word, text: error.message};
  return {word, text: `${passed} of ${all} passed; ${parts.join('; ')}`};
}

function listed(names: string[]): string {
  const more = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
