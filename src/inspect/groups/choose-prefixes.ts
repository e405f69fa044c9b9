/**
 * From counted prefixes to the groups that are worth a line: few, each with a fair share of keys or bytes. A prefix is
 * the name of a kind of keys, never that of somebody: one among many like it must hold much more than these.
 */
import type {Prefix, PrefixCounts} from './prefix-counts.ts';

/** Groups by keys, and as many by bytes. */
const MAX_BY_EACH = 8;
/** Fewer keys are no kind. */
const MIN_KEYS = 10;
/** Of all keys or of all bytes. */
const MIN_SHARE = 0.01;
/** So many beside each other are more likely identifiers; then one must hold this much. */
const MANY = 64;
const MIN_SHARE_AMONG_MANY = 0.1;
/** A prefix with this much of everything is looked into. */
const DOMINANT = 0.5;
/** One with this much says nothing that those below it do not. */
const NEARLY_ALL = 0.99;

type Whole = {keys: number; bytes: number};

/** Patterns, sorted. */
export function choosePrefixes(counts: PrefixCounts): string[] {
  const {keys, bytes, prefixes, children} = counts;
  const chosen = below([...prefixes], {hash: 0, children}, {keys, bytes});
  const top = (by: 'keys' | 'bytes') => chosen.toSorted((a, b) => b[by] - a[by]).slice(0, MAX_BY_EACH);
  const texts = new Set([...top('keys'), ...top('bytes')].map(({text}) => `${text}*`));
  return [...texts].sort();
}

function below(all: [number, Prefix][], parent: {hash: number; children: number}, whole: Whole): Prefix[] {
  const share = (prefix: Prefix) => Math.max(prefix.keys / whole.keys, prefix.bytes / whole.bytes);
  const least = parent.children > MANY ? MIN_SHARE_AMONG_MANY : MIN_SHARE;
  const fit = all.filter(
    ([, prefix]) => prefix.parent === parent.hash && prefix.keys >= MIN_KEYS && share(prefix) >= least,
  );
  return fit.flatMap(([hash, prefix]) => {
    const inner = share(prefix) < DOMINANT ? [] : below(all, {hash, children: prefix.children}, whole);
    const isIdle = inner.length > 0 && prefix.keys / whole.keys >= NEARLY_ALL;
    return isIdle ? inner : [prefix, ...inner];
  });
}
