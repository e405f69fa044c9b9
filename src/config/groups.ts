/** Which groups of keys a drill reads its dump for: those of the config and those that were recorded. */
import {MAX_GROUPS} from '../inspect/groups/group-pattern.ts';
import {redacted} from '../inspect/groups/redaction.ts';
import type {GroupRequest} from '../inspect/inspect.ts';
import type {Chosen} from '../judge/baseline.ts';
import type {Expectations} from '../judge/expectations.ts';
import type {Policy} from '../judge/policy.ts';
import type {Problem} from './problems.ts';

/** What a group is called where its pattern may not be told. */
export const groupName =
  (redact: boolean) =>
  (pattern: string): string =>
    (redact && redacted(pattern)) || pattern;

export function groupsOf(policy: Policy, recorded: Expectations | null, problems: Problem[]): GroupRequest {
  const {groups: rules = [], redact = false} = policy;
  for (const [index, {match}] of rules.entries()) {
    if (!redact || redacted(match) !== null) continue;
    const message = `expect.groups.${index}.match: only prefixes up to a separator, such as user:*, can be redacted`;
    problems.push({origin: policy.originOf(['groups', String(index), 'match']), message});
  }
  const before = Object.keys(recorded?.dataset.groups ?? {});
  const patterns = [...new Set([...rules.map(({match}) => match), ...before])];
  if (new Set(patterns.map(groupName(redact))).size > MAX_GROUPS) {
    const message = `expect.groups: these and the ${before.length} recorded ones are more than ${MAX_GROUPS} groups`;
    problems.push({origin: policy.originOf(['groups']), message});
  }
  return {patterns, redact};
}

/** Where a tenth of the keys is in no group, a kind of keys may have come that nobody looks after. */
const MUCH = 0.1;

/** With the groups of what the drill is judged by; those of a file of the repository were asked for already. */
export function groupsToRead(asked: GroupRequest, {baseline}: Chosen, isHistoryKept: boolean): GroupRequest {
  const {patterns, also, redact} = asked;
  if (patterns === 'auto' || also || baseline?.from === 'file') return asked;
  const {groups = {}, ungrouped, keys = 0} = baseline?.dataset ?? {};
  const before = Object.entries(groups)
    .filter(([, group]) => group.keys > 0)
    .toSorted(([, a], [, b]) => b.keys - a.keys)
    .map(([pattern]) => pattern);
  const all = [...new Set([...patterns, ...before])].slice(0, MAX_GROUPS);
  const isSorted = ungrouped !== undefined && ungrouped.keys < keys * MUCH;
  // Who names groups has said which ones matter.
  if (!isHistoryKept || patterns.length > 0 || isSorted) return {patterns: all, redact};
  return all.length === 0 ? {patterns: 'auto', redact} : {patterns: all, redact, also: 'auto'};
}
