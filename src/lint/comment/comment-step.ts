/**
 * The comment of a step on its pull request: whether there is one to make, and what came of it. In: a page, what started
 * the workflow, and its environment. Out: a sentence for whoever reads the run. Never rejects and changes no verdict: a
 * comment is a courtesy, the check is the message.
 */
import {z} from 'zod';
import {whyUntrusted} from '../../config/trust.ts';
import {DrillError, toDrillError} from '../../errors.ts';
import {apiUrlOf} from '../../source/github-api.ts';
import {GitHubComments} from '../../source/github-comments.ts';
import {DEFAULT_PATIENCE, type Limits, Patience} from '../../source/patience.ts';
import {type Done, keepOneComment, markerOf} from './sticky-comment.ts';

export type CommentPage = {
  markdown: string;
  /** Whether it says anything that a pull request should be told where it has no comment yet. */
  worth: boolean;
};
export type Told = {level: 'info' | 'notice' | 'warning'; message: string};

type Started = {
  eventName: string;
  event: unknown;
  environment: Record<string, string>;
  signal?: AbortSignal | undefined;
  limits?: Partial<Limits>;
};

/** A courtesy is not waited for as a backup is. */
const LIMITS: Limits = {...DEFAULT_PATIENCE, deadlineMs: 60_000, stallMs: 15_000, attempts: 4};

const eventSchema = z.looseObject({
  pull_request: z.looseObject({
    number: z.number().int().positive(),
    head: z.looseObject({sha: z.string().regex(/^[0-9a-f]{40,64}$/)}),
  }),
});

const WORDS: Record<Done, string> = {
  created: 'commented on the pull request',
  updated: 'the comment on the pull request is up to date',
  none: 'nothing to say: no comment on the pull request',
};

/** `of`: what tells this step from others on the same pull request. */
export async function commentOn(page: CommentPage, of: readonly string[], started: Started): Promise<Told> {
  const {eventName, event} = started;
  if (eventName !== 'pull_request')
    return notice(`the event is ${eventName || 'not known'}; one is made on pull_request only`);
  const told = eventSchema.safeParse(event).data?.pull_request;
  if (told === undefined) return notice('what started this run names no pull request');
  try {
    const done = await keep(page, of, {...started, number: told.number, sha: told.head.sha});
    return {level: 'info', message: WORDS[done]};
  } catch (thrown) {
    const {code, message, hint} = toDrillError(thrown);
    // There it is as it should be.
    if (code === 'source/denied' && whyUntrusted(eventName, event) !== null)
      return notice('the token of a pull request from a fork may only read; the job summary has it all');
    return {level: 'warning', message: `no comment on the pull request: ${message}\nHINT: ${hint}`};
  }
}

const notice = (why: string): Told => ({level: 'notice', message: `no comment on a pull request: ${why}`});

async function keep(
  {markdown, worth}: CommentPage,
  of: readonly string[],
  {environment, number, sha, signal, limits}: Started & {number: number; sha: string},
): Promise<Done> {
  const {GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository = ''} = environment;
  if (!token)
    throw new DrillError('source/denied', 'GITHUB_TOKEN is not set', {
      hint: 'Put github.token as GITHUB_TOKEN into the `env` of the step; the job needs `permissions: {pull-requests: write}`.',
    });
  const login = {apiUrl: apiUrlOf(environment.GITHUB_API_URL), token, repository, environment};
  await using api = new GitHubComments(login, number);
  const patience = new Patience({...LIMITS, ...limits}, signal, 'the comment could not be written');
  const what = `pull request ${number} of ${repository}`;
  const comments = {
    all: () => patience.persist(`asking for the comments on ${what}`, attempt => api.all(attempt)),
    login: () => patience.persist('asking whose token this is', attempt => api.login(attempt)),
    create: (body: string) => patience.persist(`commenting on ${what}`, attempt => api.create(body, attempt)),
    update: (id: number, body: string) =>
      patience.persist(`updating a comment on ${what}`, attempt => api.update(id, body, attempt)),
    remove: (id: number) =>
      patience.persist(`removing a comment on ${what}`, attempt => api.remove(id, attempt)),
  };
  // A renamed workflow begins anew; two jobs do not write over one another.
  const {GITHUB_WORKFLOW_REF = '', GITHUB_JOB = ''} = environment;
  const marker = markerOf([GITHUB_WORKFLOW_REF.replace(/@.*$/, ''), GITHUB_JOB, ...of]);
  return await keepOneComment(comments, {
    marker,
    page: `${markdown.trimEnd()}\n\n${footer(sha, environment)}`,
    worth,
  });
}

/** A page that is updated has to say what it is of. */
function footer(
  sha: string,
  {GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID}: Record<string, string>,
): string {
  const url = `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  return `Of commit \`${sha.slice(0, 12)}\` ([run](${encodeURI(url)})); updated with every push.\n`;
}
