/** Which groups of keys a drill reads its dump for: those of the config and those that were recorded. */
import {MAX_GROUPS} from '../inspect/groups/group-pattern.ts';
import {redacted} from '../inspect/groups/redaction.ts';
import type {GroupRequest} from '../inspect/inspect.ts';
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
