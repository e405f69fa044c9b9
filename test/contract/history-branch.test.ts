/** What a history on a branch promises besides: nothing else of the repository is touched, and no other branch is written on. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {openHistory} from '../../src/history/open-history.ts';
import {aRecord, night} from '../records.ts';
import {aClone, BRANCH, depsOf, git} from '../stores/history-places.ts';

let repository: ReturnType<typeof aClone>;
const back = process.cwd();
beforeEach(() => {
  repository = aClone();
  process.chdir(repository.clone);
});
afterEach(() => {
  process.chdir(back);
  repository.root.dispose();
});

const history = (at = `branch:${BRANCH}`) => openHistory({at}, depsOf());
const failing = async (at: string) => {
  const store = await history(at);
  return store.append(aRecord()).then(
    () => null,
    (error: unknown) => error,
  );
};

describe('a history on a branch', () => {
  test('leaves the work tree, the index, branches and names of the clone as they were', async () => {
    const {clone} = repository;
    writeFileSync(join(clone, 'README.md'), 'changed\n');
    writeFileSync(join(clone, 'staged.txt'), 'staged\n');
    git(clone, 'add', 'staged.txt');
    const state = () => [
      git(clone, 'status', '--porcelain'),
      git(clone, 'for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads', 'refs/restore-drill'),
      git(clone, 'rev-parse', 'HEAD'),
    ];
    const before = state();
    const store = await history();
    await store.append(aRecord());
    await store.read();
    await store.thin({records: 1, weeks: 0});
    expect(state()).toEqual(before);
  });

  test('is a branch of its own, a commit for each drill', async () => {
    const store = await history();
    for (const number of [0, 1, 2]) await store.append(aRecord({finishedAt: night(number)}));
    const {remote} = repository;
    expect(git(remote, 'log', '--format=%s', BRANCH).trim().split('\n')).toEqual(
      Array(3).fill('Record a drill of sessions [skip ci]'),
    );
    expect(git(remote, 'ls-tree', '--name-only', BRANCH).trim().split('\n')).toEqual([
      '.restore-drill-history',
      'sessions',
    ]);
    expect(() => git(remote, 'merge-base', 'main', BRANCH)).toThrow();
    await store.thin({records: 1, weeks: 0});
    expect((await store.read()).records).toEqual([aRecord({finishedAt: night(2)})]);
  });

  test('is not written on a branch that holds other things', async () => {
    const before = git(repository.remote, 'rev-parse', 'main');
    expect(await failing('branch:main')).toMatchObject({code: 'usage/invalid'});
    expect(git(repository.remote, 'rev-parse', 'main')).toBe(before);
  });

  test('works in a shallow clone, as a runner has one', async () => {
    await (await history()).append(aRecord());
    const {root, remote} = repository;
    git(root.path, 'clone', '--quiet', '--depth=1', `file://${remote}`, 'shallow');
    process.chdir(root.file('shallow'));
    const store = await history();
    await store.append(aRecord({finishedAt: night(1)}));
    expect((await store.read()).records.map(({finishedAt}) => finishedAt)).toEqual([night(1), night(0)]);
  });

  test('asks no hook of the repository', async () => {
    const {clone} = repository;
    writeFileSync(join(clone, '.git/hooks/pre-push'), '#!/bin/sh\nexit 1\n', {mode: 0o755});
    expect(await failing(`branch:${BRANCH}`)).toBeNull();
  });

  test.each([
    '--upload-pack=touch',
    'a..b',
    'a/',
    'HEAD',
    '',
    'a b',
    'x.lock',
  ])('has no name that git would not take, or take for an option: %j', async name => {
    await expect(history(`branch:${name}`)).rejects.toMatchObject({code: 'usage/invalid'});
  });

  test('that nobody may push to is told at once, without an address', async () => {
    const {remote, clone} = repository;
    writeFileSync(join(remote, 'hooks/pre-receive'), '#!/bin/sh\nexit 1\n', {mode: 0o755});
    expect(await failing(`branch:${BRANCH}`)).toMatchObject({
      code: 'history/unavailable',
      message: `the history branch:${BRANCH} cannot be reached: the remote refuses the push: is the branch protected?`,
    });
    git(clone, 'remote', 'set-url', 'origin', 'https://user:pa55word@127.0.0.1:1/x.git');
    const error = (await failing(`branch:${BRANCH}`)) as Error;
    expect(error).toMatchObject({code: 'history/unavailable', exitCode: 3});
    expect(error.message).toContain('the remote does not answer');
    expect(error.message).not.toContain('pa55');
  });

  test('needs a repository', async () => {
    process.chdir(repository.root.path);
    expect(await failing(`branch:${BRANCH}`)).toMatchObject({
      code: 'history/unavailable',
      message: expect.stringContaining('here is no git repository with a remote'),
    });
  });
});
