/** dist/cli.cjs as a user runs it: a process of its own, judged by its exit code, stdout, stderr and what it leaves behind. */
import {type ChildProcess, spawn} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {get} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ROOT} from '../servers.ts';

export const CLI = join(ROOT, 'dist', 'cli.cjs');

export type Ran = {exitCode: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string};
type Options = {env?: Record<string, string>; cwd?: string; program?: string[]; cli?: string};

export function start(
  args: string[],
  {env = {}, cwd = ROOT, program = [], cli = CLI}: Options = {},
): {child: ChildProcess; ended: Promise<Ran>} {
  const [command, ...rest] = [...program, process.execPath, cli, ...args];
  const child = spawn(command!, rest, {cwd, env: {...process.env, NO_COLOR: '1', ...env}});
  // What is run before it (unshare, setpriv) hands its process over by exec.
  started.add(String(child.pid));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({exitCode, signal, stdout, stderr}));
  });
  return {child, ended};
}

export const run = (args: string[], options?: Options): Promise<Ran> => start(args, options).ended;

/** The engine's own API: what it says of our containers. */
export function docker(path: string): Promise<unknown> {
  const socketPath = (process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').replace('unix://', '');
  return new Promise((resolve, reject) => {
    get({socketPath, path}, answer => {
      let text = '';
      answer.on('data', chunk => {
        text += chunk;
      });
      answer.on('end', () => resolve(JSON.parse(text)));
    }).on('error', reject);
  });
}

type Listed = {Id: string; Labels: Record<string, string>; State: string};

/** Process ids of all drills that this test file started: other drills on the machine are not its business. */
const started = new Set<string>();

/** Containers of drills that this test file started. */
export async function drillContainers(): Promise<Listed[]> {
  const filters = encodeURIComponent(JSON.stringify({label: ['restore-drill.run']}));
  const listed = (await docker(`/containers/json?all=1&filters=${filters}`)) as Listed[];
  return listed.filter(({Labels}) => started.has(Labels['restore-drill.pid'] ?? ''));
}

export const privateDirs = (parent: string = tmpdir()): string[] =>
  readdirSync(parent).filter(name => /^restore-drill-/.test(name));

/** Runs a command with a file system of its own at /mnt/here, which the engine does not see; the dump is copied there. */
export function apart(dump: string): string[] {
  const script =
    'mkdir -p /mnt/here && mount -t tmpfs tmpfs /mnt/here && chmod 755 /mnt/here && cp "$0" /mnt/here/dump.rdb && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, dump];
}
