import {describe, expect, test} from '@jest/globals';
import {reachingValues, whyUntrusted} from '../../../src/config/trust.ts';

const repo = (full_name: string | null) => (full_name === null ? null : {full_name});
const pullRequest = (head: string | null) => ({
  pull_request: {head: {repo: repo(head)}, base: {repo: repo('acme/shop')}},
});
const workflowRun = (event: string, head: string | null) => ({
  repository: repo('acme/shop'),
  workflow_run: {event, head_repository: repo(head)},
});

describe('only people with write access can have written the config', () => {
  test.each(['schedule', 'push', 'workflow_dispatch', 'release', 'merge_group', ''])('of %j', name => {
    expect(whyUntrusted(name, {})).toBeNull();
  });

  test('of a pull request from a branch of the repository itself', () => {
    expect(whyUntrusted('pull_request', pullRequest('acme/shop'))).toBeNull();
  });

  test('of a run that follows a workflow of the repository itself', () => {
    expect(whyUntrusted('workflow_run', workflowRun('push', 'acme/shop'))).toBeNull();
  });
});

describe('a stranger can have written the config', () => {
  test('of pull_request_target, from wherever it comes', () => {
    expect(whyUntrusted('pull_request_target', pullRequest('acme/shop'))).toMatch(/pull_request_target/);
  });

  test.each([
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
  ])('of %s from a fork, from a fork that was deleted, and of an event that cannot be read', name => {
    for (const event of [pullRequest('mallory/shop'), pullRequest(null), undefined, {}, 'text', null])
      expect(whyUntrusted(name, event)).toMatch(/fork/);
  });

  test('of a run that follows a fork’s workflow, or pull_request_target, or who knows what', () => {
    for (const event of [
      workflowRun('pull_request', 'mallory/shop'),
      workflowRun('pull_request', null),
      workflowRun('pull_request_target', 'acme/shop'),
      // A workflow_run runs in the repository itself, also when it follows a fork's.
      workflowRun('workflow_run', 'acme/shop'),
      {workflow_run: {event: 'push', head_repository: null}, repository: null},
      undefined,
    ])
      expect(whyUntrusted('workflow_run', event)).toMatch(/fork/);
  });
});

describe('values that reach beyond the config', () => {
  const found = (value: unknown) => reachingValues(value, path => path.join('/')).map(({origin}) => origin);

  test('are found wherever they are, however they are written', () => {
    expect(
      found({
        source: 'command:pg_dump',
        decrypt: {age: {identity: 'env:AGE_IDENTITY'}, list: ['x', ' ENV:TOKEN']},
        fetch: {command: ['sh', '-c', 'x']},
      }),
    ).toEqual(['source', 'decrypt/age/identity', 'decrypt/list/1', 'fetch/command']);
  });

  test('are places elsewhere, and settings that would send credentials there', () => {
    for (const source of [
      's3://bucket/',
      'HTTPS://host/x',
      'sftp://host/x',
      'rclone:remote:x',
      'github-artifact:acme/shop/redis',
    ])
      expect(found({source})).toEqual(['source']);
    expect(found({source: '/backups', store: {endpoint: 'https://mallory.example'}})).toEqual(['store']);
    expect(found({source: {command: ['sh']}})).toEqual(['source/command']);
  });

  test('are not names that merely look alike', () => {
    expect(found({source: 'environment/dump.rdb', name: 'commander', keys: 1, file: null})).toEqual([]);
  });
});
