/** Depth and proof of a drill, where one contradicts another, and of a recording, which has no choice. */
import type {Depth} from '../inspect/inspection.ts';
import type {Policy} from '../judge/policy.ts';
import type {Problem} from './problems.ts';

/** What a recording needs, whatever the config gives its drills: what was not recorded could never be compared. */
const RECORDED = {depth: 'full', proof: 'debug-digest'} as const;

/** `asked`: where a flag names one of them. */
export function recordInFull(
  value: Record<string, unknown>,
  asked: ReadonlyMap<string, string>,
  problems: Problem[],
): void {
  for (const [key, only] of Object.entries(RECORDED)) {
    const origin = asked.get(key);
    if (origin !== undefined && value[key] !== only)
      problems.push({origin, message: `${key}: expectations are always recorded with ${only}`});
    value[key] = only;
  }
}

type Rules = Omit<Policy, 'originOf'>;

/** A quick drill that is to compare digests is none. */
export function contradictions(
  depth: Depth,
  policy: Rules,
  originOf: (path: readonly string[]) => string,
): Problem[] {
  const asked = depth === 'quick' ? exactDigests(policy) : [];
  return asked.map(path => {
    const where = originOf(['expect', ...path]);
    const message = `depth: quick takes no digest, and expect.${path.join('.')}: exact asks for one (${where})`;
    return {origin: originOf(['depth']), message};
  });
}

function exactDigests(policy: Rules): string[][] {
  const of = (rules: Pick<Policy, 'digest' | 'expiry-times'>, ...path: string[]) =>
    (['digest', 'expiry-times'] as const).flatMap(key => (rules[key] === 'exact' ? [[...path, key]] : []));
  const groups = (policy.groups ?? []).flatMap((rule, index) => of(rule, 'groups', String(index)));
  return [...of(policy), ...groups];
}
