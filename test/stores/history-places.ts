/** Places of histories, each real: a directory, a branch of a repository with a bare remote, a bucket by a server of S3. */
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {scratch} from '../drills.ts';
import {PLACES} from './places.ts';

export type HistoryPlace = {
  at: string;
  access?: {endpoint?: string};
  /** Where drills run. */
  cwd: string;
  /** Puts a file there, past the store. */
  plant(name: string, text: string): Promise<void>;
} & AsyncDisposable;

export const depsOf = () => ({
  env: (name: string) => process.env[name],
  environment: process.env as Record<string, string>,
  tempDir: tmpdir(),
});

async function directory(): Promise<HistoryPlace> {
  const root = scratch();
  return {
    at: root.file('history'),
    cwd: root.path,
    plant: async (name, text) => put(root.file('history'), name, text),
    [Symbol.asyncDispose]: async () => root.dispose(),
  };
}

function put(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  mkdirSync(dirname(path), {recursive: true});
  writeFileSync(path, text);
}

const IDENTITY = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com'];

export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', [...IDENTITY, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export const BRANCH = 'restore-drill-history';

/** A remote with a branch `main`, and a clone of it, in which drills run. */
export function aClone() {
  const root = scratch();
  const remote = root.file('remote.git');
  git(root.path, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  git(root.path, 'clone', '--quiet', `file://${remote}`, 'clone');
  const clone = root.file('clone');
  writeFileSync(join(clone, 'README.md'), 'ours\n');
  git(clone, 'checkout', '--quiet', '-B', 'main');
  git(clone, 'add', '.');
  git(clone, 'commit', '--quiet', '-m', 'begin');
  git(clone, 'push', '--quiet', 'origin', 'main');
  return {root, remote, clone};
}

async function branch(): Promise<HistoryPlace> {
  const {root, remote, clone} = aClone();
  const back = process.cwd();
  process.chdir(clone);
  return {
    at: `branch:${BRANCH}`,
    cwd: clone,
    plant: async (name, text) => {
      const other = root.file(`other-${Math.random()}`);
      git(root.path, 'clone', '--quiet', `file://${remote}`, other);
      if (git(other, 'ls-remote', 'origin', BRANCH) === '') {
        git(other, 'checkout', '--quiet', '--orphan', BRANCH);
        git(other, 'rm', '--quiet', '-rf', '.');
        writeFileSync(join(other, '.restore-drill-history'), '');
      } else git(other, 'checkout', '--quiet', BRANCH);
      put(other, name, text);
      git(other, 'add', '-A');
      git(other, 'commit', '--quiet', '-m', 'plant');
      git(other, 'push', '--quiet', 'origin', BRANCH);
    },
    [Symbol.asyncDispose]: async () => {
      process.chdir(back);
      root.dispose();
    },
  };
}

async function bucket(): Promise<HistoryPlace> {
  const place = await PLACES.find(({name}) => name === 'S3, by s3rver')!.start();
  const {spec, access} = place.reach('drills/history');
  return {
    at: spec as string,
    access: access as {endpoint: string},
    cwd: process.cwd(),
    plant: (name, text) => place.put(`drills/history/${name}`, Buffer.from(text)),
    [Symbol.asyncDispose]: async () => place[Symbol.asyncDispose](),
  };
}

export const HISTORY_PLACES = {directory, branch, bucket};
