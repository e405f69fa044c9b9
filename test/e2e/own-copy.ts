/** This repository as a workflow would check it out: every file that is committed or would be, and a commit of them. */
import {execFileSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {ROOT} from '../servers.ts';

export function copyRepositoryTo(target: string): void {
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
      cwd,
      encoding: 'utf8',
    });
  const listed = git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  for (const path of listed.filter(name => name !== '' && existsSync(join(ROOT, name)))) {
    mkdirSync(dirname(join(target, path)), {recursive: true});
    copyFileSync(join(ROOT, path), join(target, path));
  }
  git(target, 'init', '--quiet');
  git(target, 'add', '--all');
  git(target, 'commit', '--quiet', '--message', 'as it is');
}
