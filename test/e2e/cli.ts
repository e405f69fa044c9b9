/** dist/cli.cjs as a user runs it: a process of its own, judged by its exit code, stdout, stderr and what it leaves behind. */
import {type ChildProcess, spawn} from 'node:child_process';
import {readdirSync} from 'node:fs';
import {get} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {processStart} from '../../src/private/owner.ts';
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
  if (child.pid !== undefined) started.add(`${child.pid} ${processStart(child.pid)}`);
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

/** What is on stderr but for progress, whose lines come only where something takes longer than a second. */
export const complaints = (stderr: string): string =>
  stderr.replaceAll(/^[a-z ]+( \d+%( \([^()]*\))?|, \d+ s so far)\n/gm, '');

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

/** All drills that this test file started, by id and start: others are not its business, and may get the id of one. */
const started = new Set<string>();

/** Containers of drills that this test file started. */
export async function drillContainers(): Promise<Listed[]> {
  const filters = encodeURIComponent(JSON.stringify({label: ['restore-drill.run']}));
  const listed = (await docker(`/containers/json?all=1&filters=${filters}`)) as Listed[];
  return listed.filter(({Labels}) =>
    started.has(`${Labels['restore-drill.pid']} ${Labels['restore-drill.processStart']}`),
  );
}

export const privateDirs = (parent: string = tmpdir()): string[] =>
  readdirSync(parent).filter(name => /^restore-drill-/.test(name));

/**
 * Runs a command with a file system of its own at `here`, which the engine does not see; the dump is copied there. Each
 * test file has a place of its own for it: who removes such a directory takes away what is mounted on it, in every
 * namespace.
 */
export function apart(dump: string, here: string): string[] {
  const script =
    'dump=$1 here=$2; shift 2; mkdir -p "$here" && mount -t tmpfs tmpfs "$here" && chmod 755 "$here" && cp "$dump" "$here/dump.rdb" && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', dump, here];
}
