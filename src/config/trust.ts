/**
 * Who may have written the config of this run. In a workflow that strangers can start, a config may not name programs to
 * run or secrets to read: what they wrote would run beside the repository's secrets, or send them somewhere. Pure; the
 * edge brings the event.
 */
import {z} from 'zod';
import {isRemote} from '../source/location.ts';
import type {Problem} from './problems.ts';

/** What a value may begin with that reaches beyond the file it is written in. */
const REACHING = /^\s*(env|command):/i;

const repository = z.looseObject({full_name: z.string()}).nullable();
const pullRequestEvent = z.looseObject({
  pull_request: z.looseObject({
    head: z.looseObject({repo: repository}),
    base: z.looseObject({repo: repository}),
  }),
});
const workflowRunEvent = z.looseObject({
  repository,
  workflow_run: z.looseObject({event: z.string(), head_repository: repository}),
});

/** Events whose runs count as the repository's own, whoever started them: of a chain only the last link is known. */
const UNTOLD = new Set(['pull_request_target', 'workflow_run']);

/**
 * Why the config may be a stranger's; `null` when only people with write access can have written it. What cannot be
 * told counts as a stranger's. Source: https://docs.github.com/actions/reference/events-that-trigger-workflows
 */
export function whyUntrusted(eventName: string, event: unknown): string | null {
  switch (eventName) {
    case 'pull_request_target':
      return 'this run is for pull_request_target, which anybody can start and which has the repository’s secrets';
    case 'pull_request':
    case 'pull_request_review':
    case 'pull_request_review_comment': {
      const {head, base} = pullRequestEvent.safeParse(event).data?.pull_request ?? {};
      const same = head?.repo && head.repo.full_name === base?.repo?.full_name;
      return same ? null : 'this run is for a pull request from a fork';
    }
    case 'workflow_run': {
      const run = workflowRunEvent.safeParse(event).data;
      const own = run?.workflow_run.head_repository?.full_name === run?.repository?.full_name;
      if (run?.repository && own && !UNTOLD.has(run.workflow_run.event)) return null;
      return 'this run follows the workflow of a fork, of pull_request_target, or one that followed another itself';
    }
    default:
      return null;
  }
}

/** Every value that a stranger's config may not hold. */
export function reachingValues(
  value: unknown,
  originOf: (path: PropertyKey[]) => string,
  path: PropertyKey[] = [],
): Problem[] {
  if (typeof value === 'string' && REACHING.test(value)) {
    const message = `${path.map(String).join('.')}: env: and command: are refused here`;
    return [{origin: originOf(path), message}];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const inside = [...path, key];
    const refused = (what: string): Problem[] => [
      {origin: originOf(inside), message: `${inside.map(String).join('.')}: ${what} refused here`},
    ];
    if (/^command$/i.test(key)) return refused('commands are');
    // The credentials of this machine would be offered to whatever host is named, or its network be looked into.
    if (path.length === 0 && key === 'store') return refused('settings of a store are');
    if (path.length === 0 && key === 'source' && typeof inner === 'string' && isRemote(inner))
      return refused('places elsewhere are');
    const history = path.length === 1 && path[0] === 'history' && key === 'at';
    if (history && typeof inner === 'string' && (isRemote(inner) || /^branch:/i.test(inner)))
      return refused('places elsewhere are');
    return reachingValues(inner, originOf, inside);
  });
}
