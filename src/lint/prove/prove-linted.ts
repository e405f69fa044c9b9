/**
 * `--prove` for what lint has read: which configurations are worth it, each in turn. In: a report without proofs. Out: the
 * same with proofs and what they say. Those that did not change are left out, and of many only the first.
 */
import {DrillError} from '../../errors.ts';
import {type Progress, showWaiting} from '../../progress.ts';
import type {Surroundings} from '../../restore/start-server.ts';
import {failing, type Linted, type Side, type Summary, withProofs} from '../lint.ts';
import type {Proof} from './proof.ts';
import {type ProveOptions, prove} from './prove.ts';

export type ProveDeps = Surroundings & {progress: Progress};

/** Each takes some five seconds. */
const MOST = 10;

/** Throws what keeps servers from being started, unless the report is red without them. */
export async function proveLinted(
  linted: Linted,
  head: Pick<Side, 'texts'>,
  options: ProveOptions,
  deps: ProveDeps,
): Promise<Linted> {
  const worth = linted.summaries.filter(isWorthIt);
  const proofs = new Map<Summary, Proof>();
  for (const summary of worth) {
    try {
      const because = proofs.size < MOST ? whyNot(summary) : `${MOST} others are proved in this run already`;
      const work = () => prove(summary, options, deps);
      proofs.set(
        summary,
        because === null ? await showWaiting(deps.progress, 'prove', work) : unproved(because),
      );
    } catch (error) {
      const known = error instanceof DrillError && !/^(cancelled|bug)/.test(error.code);
      if (!known || failing(linted).length === 0) throw error;
      proofs.set(summary, unproved(error.message));
    }
  }
  return withProofs(linted, proofs, head);
}

/** Alone, or changed; files that only moved, or whose comments changed, say the same to a server. */
function isWorthIt({head, base}: Summary): boolean {
  if (base === null) return true;
  const said = ({configuration: {settings, target, bare}}: Summary['head']) =>
    JSON.stringify([settings.map(({name, args}) => [name, args]), target, bare]);
  return said(head) !== said(base);
}

function whyNot({head, base}: Summary): string | null {
  if (head.configuration.complete || base?.configuration.complete)
    return 'it is what a live server said, which has been started with it already';
  return null;
}

const unproved = (because: string): Proof => ({
  head: null,
  base: null,
  changes: [],
  deploys: [],
  notProved: [because],
  durationMs: 0,
});
