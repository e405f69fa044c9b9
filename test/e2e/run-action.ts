/**
 * Runs a JavaScript action from its action.yml as GitHub's runner does: main, then post, each a process of its own,
 * with inputs as INPUT_*, command files, commands on stdout and stderr, state from main to post. It follows the
 * published contract (and, where that is silent, what the runner's source does: github.com/actions/runner,
 * NodeScriptActionHandler, ActionRunner, ProcessInvoker). It is not the runner: no pre, no job container, no
 * problem matchers, no defaults with expressions. The action sees no variable of the machine but those listed here.
 */
import {spawn} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {createInterface} from 'node:readline';
import {parse} from 'yaml';
import {CommandFiles, type Told} from './command-files.ts';
import {type Command, CommandReader} from './workflow-commands.ts';

/** What action.yml says, as far as it is needed to run it. */
export type ActionFile = {
  inputs?: Record<string, {required?: boolean; default?: string; description: string}>;
  outputs?: Record<string, {description: string}>;
  runs: {using: string; main: string; post?: string; 'post-if'?: string};
};

export const readActionFile = (path: string): ActionFile => parse(readFileSync(path, 'utf8')) as ActionFile;

/** Where a job runs. */
export type Machine = {
  /** GITHUB_WORKSPACE, and the working directory. */
  workspace: string;
  /** RUNNER_TEMP: emptied by the runner before and after each job. */
  temp: string;
  home: string;
};

/** Makes the folders of a machine in `directory`. */
export function machineIn(directory: string): Machine {
  const machine = {
    workspace: join(directory, 'work', 'repo', 'repo'),
    temp: join(directory, 'work', '_temp'),
    home: join(directory, 'home'),
  };
  for (const path of Object.values(machine)) mkdirSync(path, {recursive: true});
  return machine;
}

export type Signal = {afterMs: number; signal: NodeJS.Signals};

/** How the runner cancels: SIGINT, 7.5 s later SIGTERM, 2.5 s later it kills; to the process, not to its children. */
export const cancelAfter = (ms: number): Signal[] => [
  {afterMs: ms, signal: 'SIGINT'},
  {afterMs: ms + 7_500, signal: 'SIGTERM'},
  {afterMs: ms + 10_000, signal: 'SIGKILL'},
];

export type Request = {
  /** Path of an action.yml. */
  action: string;
  machine: Machine;
  inputs?: Record<string, string>;
  /** On top of the runner's own variables; `undefined` takes one away. */
  env?: Record<string, string | undefined>;
  /** The payload at GITHUB_EVENT_PATH. */
  event?: object;
  /** Signals to main. */
  signals?: Signal[];
  /** What their times are counted from, rather than from its start: how long that takes depends on the machine. */
  signalsFrom?: ((running: RunningAction) => Promise<unknown>) | undefined;
  /** Signals to post. */
  postSignals?: Signal[];
  /** Put before node: `['unshare', …]`; it must hand its process over by exec. */
  program?: string[];
  /** `false` leaves post out, as when the machine dies. */
  post?: boolean;
  /** Secrets of the job that are masked from the start. */
  masks?: Set<string>;
};

export type RunningAction = {
  pid: number;
  /** Outputs and state so far, as they are written. */
  told(): string;
  ended(): boolean;
};

export type Stage = {
  pid: number | undefined;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Of this step alone, before `continue-on-error`. */
  outcome: 'success' | 'failure';
  stdout: string;
  stderr: string;
  commands: Command[];
  /** What a person sees: commands shown or obeyed, secrets masked. */
  log: string;
  ms: number;
} & Told;

export type ActionRun = Stage & {post: Stage | null};

export async function runAction(request: Request): Promise<ActionRun> {
  const {runs} = readActionFile(request.action);
  const masks = request.masks ?? new Set();
  const main = await runStage({...request, masks}, 'main');
  const wanted = runs.post !== undefined && request.post !== false;
  const post = wanted
    ? await runStage(
        {...request, masks, signals: request.postSignals ?? [], signalsFrom: undefined},
        'post',
        main.state,
      )
    : null;
  return {...main, post};
}

export async function runStage(
  request: Request,
  which: 'main' | 'post',
  state: Record<string, string> = {},
): Promise<Stage> {
  const {runs, inputs: declared = {}} = readActionFile(request.action);
  if (runs.using !== 'node24')
    throw new Error(`${request.action}: only node24 can be run here, not ${runs.using}`);
  if ((runs['post-if'] ?? 'always()') !== 'always()')
    throw new Error('only post-if: always() can be run here');
  const script = resolve(dirname(request.action), runs[which]!);
  const given = request.inputs ?? {};
  const unexpected = Object.keys(given).filter(name => !(name in declared));
  const files = new CommandFiles(request.machine.temp);
  const env = {
    ...hostedEnv(request.machine, request.event ?? {}),
    ...inputEnv(declared, given),
    ...files.env,
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
    ...request.env,
  };
  const reader = new CommandReader({masks: request.masks ?? new Set(), debug: env.RUNNER_DEBUG === '1'});
  if (unexpected.length > 0) reader.say(`##[warning]Unexpected input(s) '${unexpected.join("', '")}'`);
  const command = [...(request.program ?? []), process.execPath, script];
  const told = () => files.soFar();
  const {signals = [], signalsFrom} = request;
  const from = signalsFrom && ((child: Child) => signalsFrom({...child, told}));
  const ran = await runProcess({command, env, cwd: request.machine.workspace, signals, from}, reader);
  return {...ran, ...concluded(ran.exitCode, files.read(), reader)};
}

/** What a step has told, and whether the runner calls it a success. */
export function concluded(exitCode: number | null, told: Told, reader: CommandReader) {
  for (const error of told.errors) reader.say(`##[error]${error}`);
  // A summary that is too long is an error in the log and no failure.
  const unreadable = told.errors.some(error => error.startsWith('Unable'));
  const outcome =
    exitCode === 0 && !reader.refused && !unreadable ? ('success' as const) : ('failure' as const);
  return {outcome, ...told, commands: reader.commands, log: reader.log};
}

type Running = {
  command: string[];
  env: Record<string, string | undefined>;
  cwd: string;
  signals: Signal[];
  from?: ((child: Child) => Promise<unknown>) | undefined;
};
type Child = Omit<RunningAction, 'told'>;

/** Runs until exit; both streams go through the reader, line by line as they come. */
export async function runProcess(
  {command: [program, ...args], env, cwd, signals, from}: Running,
  reader: CommandReader,
) {
  const started = performance.now();
  const child = spawn(program!, args, {cwd, env, stdio: ['ignore', 'pipe', 'pipe']});
  const timers: NodeJS.Timeout[] = [];
  let over = false;
  const arm = () => {
    if (over) return;
    timers.push(...signals.map(({afterMs, signal}) => setTimeout(() => child.kill(signal), afterMs)));
  };
  if (from && child.pid !== undefined) from({pid: child.pid, ended: () => over}).then(arm, arm);
  else arm();
  const output = {stdout: '', stderr: ''};
  const reading = (['stdout', 'stderr'] as const).map(async name => {
    child[name].on('data', chunk => {
      output[name] += chunk;
    });
    for await (const line of createInterface({input: child[name]})) reader.line(line);
  });
  const ended = new Promise<{exitCode: number | null; signal: NodeJS.Signals | null}>((done, failed) => {
    child.on('error', failed);
    child.on('close', (exitCode, signal) => done({exitCode, signal}));
  });
  try {
    const [{exitCode, signal}] = await Promise.all([ended, ...reading]);
    return {pid: child.pid, exitCode, signal, ...output, ms: performance.now() - started};
  } finally {
    over = true;
    timers.forEach(clearTimeout);
  }
}

/** Every declared input is set, to its default or to nothing; blanks become underscores, hyphens stay. */
function inputEnv(
  declared: NonNullable<ActionFile['inputs']>,
  given: Record<string, string>,
): Record<string, string> {
  const defaults = Object.entries(declared).map(([name, {default: value = ''}]) => [name, String(value)]);
  const values = {...(Object.fromEntries(defaults) as Record<string, string>), ...given};
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}

/** A job on a GitHub-hosted machine; values that identify it are made up. */
export function hostedEnv({workspace, temp, home}: Machine, event: object): Record<string, string> {
  const eventPath = join(temp, '_github_workflow', 'event.json');
  mkdirSync(dirname(eventPath), {recursive: true});
  writeFileSync(eventPath, JSON.stringify(event));
  // The engine of this machine may be elsewhere than in /var/run.
  const engine = process.env.DOCKER_HOST ? {DOCKER_HOST: process.env.DOCKER_HOST} : {};
  return {
    ...engine,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_BASE_REF: '',
    GITHUB_EVENT_NAME: 'schedule',
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_HEAD_REF: '',
    GITHUB_JOB: 'drill',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_PROTECTED: 'true',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: 'octocat/backups',
    GITHUB_REPOSITORY_ID: '1296269',
    GITHUB_REPOSITORY_OWNER: 'octocat',
    GITHUB_REPOSITORY_OWNER_ID: '583231',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1658821493',
    GITHUB_RUN_NUMBER: '3',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: 'ffac537e6cbbf934b08745a378932722df287a53',
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKFLOW: 'Nightly drill',
    GITHUB_WORKFLOW_REF: 'octocat/backups/.github/workflows/nightly-drill.yml@refs/heads/main',
    GITHUB_WORKSPACE: workspace,
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1000',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: join(dirname(temp), '_tool'),
    RUNNER_WORKSPACE: dirname(workspace),
  };
}
