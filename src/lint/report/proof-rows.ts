/** What was proved, as rows of the table of before and after: counts of keys and seconds that were seen, not computed. */
import {secondsText} from '../loss.ts';
import type {Crash, Proof, ProvedSide} from '../prove/proof.ts';
import {keptText} from '../prove/proof-issues.ts';
import type {Stop} from '../volume.ts';

export type SummaryRow = {what: string; before: string | null; after: string};

export const STOP_TEXT: Record<Stop, string> = {
  'in order': 'keys after a restart',
  killed: 'keys after a kill and restart',
};

export const keptRows = ({deploys}: Proof): SummaryRow[] =>
  deploys.map(deploy => ({
    what: `${STOP_TEXT[deploy.stopped]}, counted`,
    before: deploy.without && keptText(deploy, deploy.without),
    after: keptText(deploy, deploy.with),
  }));

export function measuredRows({head, base}: Proof): SummaryRow[] {
  const both = (what: string, of: (side: ProvedSide) => string | null): SummaryRow[] => {
    const after = head && of(head);
    return after === null ? [] : [{what, before: base && of(base), after}];
  };
  return [
    ...both('lost by kill -9, measured', ({crash}) => crash && crashText(crash)),
    ...both('proved on', ({server, version}) => `${server.split(':')[0]} ${version}`),
  ];
}

const crashText = ({lostSeconds, writtenSeconds, statedSeconds}: Crash): string => {
  const stated = secondsText(statedSeconds ?? Number.POSITIVE_INFINITY);
  return `${lostSeconds} of ${writtenSeconds} s (at most ${stated})`;
};
