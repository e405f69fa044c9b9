/** A workspace as actions/checkout leaves it for a pull request: GitHub's merge of it, on a base that has moved on meanwhile. */
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {type Machine, machineIn} from './run-action.ts';

export function writeBelow(directory: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), {recursive: true});
    writeFileSync(join(directory, name), text);
  }
}

/** Another one each time, with these in its workspace. */
export function machineWith(directory: string, files: Record<string, string>): Machine {
  const made = machineIn(mkdtempSync(join(directory, 'machine-')));
  writeBelow(made.workspace, files);
  return made;
}

export function mergedPullRequest(
  directory: string,
  {base, head}: {base: Record<string, string>; head: Record<string, string>},
): Machine {
  const own = machineIn(directory);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
      cwd: own.workspace,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const commit = (files: Record<string, string>, message: string) => {
    writeBelow(own.workspace, files);
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
  };
  git('init', '--quiet', '--initial-branch', 'main');
  commit({...base, 'README.md': 'ours'}, 'before');
  git('checkout', '--quiet', '-b', 'change');
  commit(head, 'the change');
  git('checkout', '--quiet', 'main');
  commit({'README.md': 'ours, and newer'}, 'meanwhile');
  git('merge', '--quiet', '--no-ff', '--no-edit', 'change');
  return own;
}
