/** `--group`, `--groups` and `--redact` of the command line, as what a dump is read for. */
import {DrillError} from '../errors.ts';
import {groupPatternSchema, MAX_GROUPS} from '../inspect/groups/group-pattern.ts';
import {redacted} from '../inspect/groups/redaction.ts';
import type {GroupRequest} from '../inspect/inspect.ts';

export type GroupFlags = {group?: string[]; groups?: string; redact?: boolean};

/** Throws DrillError `usage/invalid`. */
export function groupRequest({group = [], groups, redact = false}: GroupFlags): GroupRequest {
  if (groups !== undefined) {
    if (groups !== 'auto')
      throw unusable(
        `--groups: there is no choice ${groups}`,
        "Write auto, or name a pattern: --group 'user:*'.",
      );
    if (group.length > 0) throw unusable('--groups auto and --group exclude each other', 'Use one of them.');
    return {patterns: 'auto', redact};
  }
  const patterns = [...new Set(group)];
  if (patterns.length > MAX_GROUPS)
    throw unusable(
      `--group: there are ${patterns.length} patterns`,
      `Ask for at most ${MAX_GROUPS} at a time.`,
    );
  for (const pattern of patterns) {
    const {error} = groupPatternSchema.safeParse(pattern);
    if (error) throw unusable(`--group: ${error.issues[0]!.message}`, "For example --group 'user:*'.");
    if (redact && redacted(pattern) === null)
      throw unusable(
        `--redact: ${pattern} is no prefix up to a separator`,
        "Only such as 'user:*' can be told by a hash.",
      );
  }
  return {patterns, redact};
}

const unusable = (message: string, hint: string): DrillError =>
  new DrillError('usage/invalid', message, {hint});
