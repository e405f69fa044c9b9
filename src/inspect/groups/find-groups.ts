/**
 * Which groups a dump is read for: patterns as they were asked for; prefixes that were recorded under a hash, found
 * again; or those that hold most of it. The last two take a first, quick pass over the names.
 */
import type {Source} from '../dump-reader.ts';
import {type InspectOptions, inspectSource} from '../inspect-source.ts';
import type {Sorter} from '../values/name-reader.ts';
import {choosePrefixes} from './choose-prefixes.ts';
import {MAX_GROUPS} from './group-pattern.ts';
import {PrefixCounts} from './prefix-counts.ts';
import {isRedacted, RedactedPrefixes, redacted} from './redaction.ts';

export type GroupRequest = {
  /** `auto`: the prefixes that hold most keys and most bytes. */
  patterns: string[] | 'auto';
  /** Those too, as far as there is room. */
  also?: 'auto';
  /** Prefixes are shown by their hashes. */
  redact: boolean;
};

/** A group and what its keys match; `null` where nothing in the dump has the hash that it was recorded by. */
export type FoundGroup = {name: string; pattern: string | null};

export async function findGroups(
  source: Source,
  {patterns, also, redact}: GroupRequest,
  options: Pick<InspectOptions, 'progress' | 'signal'>,
): Promise<FoundGroup[]> {
  const quickly = async <S extends Sorter>(sorter: S): Promise<S> => {
    // Damage is for the real pass to find.
    await inspectSource(source, {
      ...options,
      depth: 'quick',
      slots: false,
      sorting: {sorter, groupingOf: () => null},
    });
    return sorter;
  };
  const isAuto = patterns === 'auto' || also === 'auto';
  const prefixes = isAuto ? choosePrefixes(await quickly(new PrefixCounts())) : [];
  const named = patterns === 'auto' ? [] : patterns;
  const asked = [...new Set([...named, ...prefixes])].slice(0, MAX_GROUPS);
  const hidden = asked.filter(isRedacted);
  const {found} = hidden.length === 0 ? {found: null} : await quickly(new RedactedPrefixes(hidden));
  const groups = asked.map(pattern => ({
    name: (redact && redacted(pattern)) || pattern,
    pattern: isRedacted(pattern) ? (found?.get(pattern) ?? null) : pattern,
  }));
  // Asked for in clear and recorded by its hash, it is one group.
  return [...new Map(groups.map(group => [group.name, group])).values()];
}
