/** Depth and proof of a drill, where one contradicts another, and of a recording, which has no choice. */
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

type Asked = {depth: string; digest: string | undefined; originOf: (path: readonly string[]) => string};

/** A quick drill that is to compare digests is none. */
export function contradictions({depth, digest, originOf}: Asked): Problem[] {
  if (depth !== 'quick' || digest !== 'exact') return [];
  const where = originOf(['expect', 'digest']);
  const message = `depth: quick takes no digest, and expect.digest: exact asks for one (${where})`;
  return [{origin: originOf(['depth']), message}];
}
