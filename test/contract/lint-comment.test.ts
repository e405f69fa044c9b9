/** The comment of lint on a pull request, and GitHub: one of ours, whoever else is at it, and never at the cost of a verdict. */
import {afterAll, afterEach, beforeAll, describe, expect, test} from '@jest/globals';
import {type CommentPage, commentOn} from '../../src/lint/comment/comment-step.ts';
import {GitHubStandIn, REPOSITORY, TOKEN} from '../stores/github.ts';

let github: GitHubStandIn;
beforeAll(async () => {
  github = await GitHubStandIn.start();
});
afterEach(() => github.clear());
afterAll(() => github[Symbol.asyncDispose]());

const SHA = 'ffac537e6cbbf934b08745a378932722df287a53';
const repo = {full_name: REPOSITORY};
const EVENT = {pull_request: {number: 7, head: {sha: SHA, repo}, base: {repo}}};
const FORKED = {
  pull_request: {number: 7, head: {sha: SHA, repo: {full_name: 'stranger/shop'}}, base: {repo}},
};
const PAGE = {markdown: '## ❌ FAILED · worse', worth: true};
const GREEN = {markdown: '## ✅ PASSED · the change makes nothing worse', worth: false};

type Start = Partial<Omit<Parameters<typeof commentOn>[2], 'environment'>> & {
  files?: string;
  environment?: Record<string, string>;
};

function comment(page: CommentPage, {files = '.', environment = {}, ...start}: Start = {}) {
  const asked = {
    GITHUB_TOKEN: TOKEN,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_RUN_ID: '41',
    GITHUB_JOB: 'lint',
    ...environment,
  };
  const limits = {pauseMs: 1, maxPauseMs: 5, deadlineMs: 5000};
  return commentOn(page, [files], {
    ...{eventName: 'pull_request', event: EVENT, limits, ...start},
    environment: asked,
  });
}

const bodies = () => github.comments.on().map(({body}) => body);

describe('one comment', () => {
  test('is made, with a marker that nobody sees, the page, and what it is of', async () => {
    expect(await comment(PAGE)).toEqual({level: 'info', message: 'commented on the pull request'});
    expect(bodies()).toEqual([
      expect.stringMatching(
        /^<!-- redis-restore-drill lint [0-9a-f]{16} -->\n## ❌ FAILED · worse\n\nOf commit `ffac537e6cbb` \(\[run\]\(https:\/\/github\.com\/acme\/shop\/actions\/runs\/41\)\)/,
      ),
    ]);
  });

  test('is updated in its place, also when all is well again', async () => {
    await comment(PAGE);
    github.comments.add({body: 'looks good', login: 'reviewer', type: 'User'});
    expect(await comment(GREEN)).toMatchObject({message: 'the comment on the pull request is up to date'});
    expect(bodies()).toEqual([expect.stringContaining('✅ PASSED'), 'looks good']);
    expect(github.comments.changes).toEqual(['POST', 'PATCH 1']);
  });

  test('is not made where there is nothing to say', async () => {
    expect(await comment(GREEN)).toMatchObject({message: expect.stringMatching(/^nothing to say/)});
    expect(bodies()).toEqual([]);
  });

  test('is found behind a hundred others', async () => {
    for (let at = 0; at < 250; at++) github.comments.add({body: 'talk', login: 'reviewer', type: 'User'});
    await comment(PAGE);
    await comment(GREEN);
    expect(bodies().filter(body => body.includes('redis-restore-drill'))).toHaveLength(1);
    expect(github.comments.changes).toEqual(['POST', 'PATCH 251']);
  });

  test('is another one for another job, and for other files', async () => {
    await comment(PAGE);
    await comment(PAGE, {files: 'deploy'});
    await comment(PAGE, {environment: {GITHUB_JOB: 'other'}});
    expect(bodies()).toHaveLength(3);
  });
});

describe('when two runs race', () => {
  test('both make one: the oldest is kept, with what was written last', async () => {
    await comment(PAGE);
    const [theirs] = bodies();
    github.comments.clear();
    // The other run has made its own between our look and our comment.
    github.comments.afterCreate = () => {
      github.comments.afterCreate = () => null;
      github.comments.add({body: theirs!.replace('worse', 'of another push')});
      return null;
    };
    await comment(PAGE);
    expect(github.comments.on()).toEqual([{id: 1, login: 'github-actions[bot]', body: theirs}]);
    expect(github.comments.changes).toEqual(['POST', 'DELETE 2']);
  });

  test('the other was first: its comment is kept, and ours is what it says', async () => {
    await comment(PAGE);
    const [older] = bodies();
    // What an earlier race left beside it.
    github.comments.add({body: older!});
    await comment(GREEN);
    expect(github.comments.on()).toMatchObject([{id: 1, body: expect.stringContaining('✅ PASSED')}]);
  });

  test('two at once leave one', async () => {
    await Promise.all([comment(PAGE), comment(GREEN), comment(PAGE)]);
    expect(bodies()).toHaveLength(1);
  });

  test('a comment whose answer was lost is there once', async () => {
    github.comments.afterCreate = () => {
      github.comments.afterCreate = () => null;
      return {status: 502};
    };
    expect(await comment(PAGE)).toMatchObject({level: 'info'});
    expect(github.comments.changes).toEqual(['POST', 'POST', 'DELETE 2']);
    expect(bodies()).toHaveLength(1);
  });
});

describe('what a stranger wrote is not touched', () => {
  test('though it begins with our marker', async () => {
    await comment(PAGE);
    const [ours] = bodies();
    github.comments.clear();
    github.comments.add({body: ours!, login: 'stranger', type: 'User'});
    await comment(GREEN);
    expect(github.comments.on()).toEqual([
      {id: 2 - 1 + github.comments.on()[0]!.id - 1, login: 'stranger', body: ours},
    ]);
    await comment(PAGE);
    expect(github.comments.on().map(({login}) => login)).toEqual(['stranger', 'github-actions[bot]']);
  });

  test('with a token of a person, theirs alone is', async () => {
    github.comments.as = {login: 'ann', type: 'User'};
    await comment(PAGE);
    github.comments.add({body: bodies()[0]!, login: 'stranger', type: 'User'});
    await comment(GREEN);
    expect(github.comments.on()).toMatchObject([
      {login: 'ann', body: expect.stringContaining('PASSED')},
      {login: 'stranger', body: expect.stringContaining('FAILED')},
    ]);
  });
});

describe('there is none, and that is said', () => {
  test('where the token of a fork may only read', async () => {
    github.comments.readOnly = true;
    expect(await comment(PAGE, {event: FORKED})).toEqual({
      level: 'notice',
      message:
        'no comment on a pull request: the token of a pull request from a fork may only read; the job summary has it all',
    });
  });

  test('where the job did not ask for the permission', async () => {
    github.comments.readOnly = true;
    const {level, message} = await comment(PAGE);
    expect(level).toBe('warning');
    expect(message).toMatch(/the token may not write comments here\nHINT: .*pull-requests: write/);
  });

  test.each([
    ['push', {}, /the event is push/],
    ['pull_request_target', EVENT, /the event is pull_request_target; one is made on pull_request only/],
    ['workflow_run', EVENT, /the event is workflow_run/],
    ['pull_request', {pull_request: {number: '7; DROP'}}, /names no pull request/],
    ['pull_request', undefined, /names no pull request/],
  ])('on %s (%j)', async (eventName, event, says) => {
    const told = await comment(PAGE, {eventName, event});
    expect(told).toMatchObject({level: 'notice', message: expect.stringMatching(says)});
    expect(github.asked).toEqual([]);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['there is no token', {GITHUB_TOKEN: ''}, /GITHUB_TOKEN is not set\nHINT: /],
    ['the token is wrong', {GITHUB_TOKEN: 'wrong'}, /the token is not valid/],
    ['the address is none for a token', {GITHUB_API_URL: 'http://api.example'}, /GITHUB_API_URL/],
    ['nothing answers', {GITHUB_API_URL: 'http://127.0.0.1:1'}, /after 4 tries/],
  ])('where %s', async (_what, environment, says) => {
    const told = await comment(PAGE, {environment});
    expect(told).toMatchObject({level: 'warning', message: expect.stringMatching(says)});
    expect(told.message).not.toContain(TOKEN);
  });

  test('where GitHub is down for too long', async () => {
    github.odd = () => ({status: 502});
    expect(await comment(PAGE)).toMatchObject({level: 'warning', message: expect.stringMatching(/502/)});
  });
});

test('a page as long as pages get is taken', async () => {
  expect(await comment({markdown: 'é'.repeat(32_000), worth: true})).toMatchObject({level: 'info'});
});
