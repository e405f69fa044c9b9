/**
 * Runs one job of a workflow as GitHub's runner does, for what our workflows use: conditions, env, with, outputs,
 * `continue-on-error`, step time limits, JavaScript actions with their post steps, scripts by bash. Parsing and
 * expressions are GitHub's own packages; the order of things follows the published contract and, where that is silent,
 * the runner's source (StepsRunner, ScriptHandler). Actions of others are stood in for; what is unknown here throws.
 */
import {cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {CommandFiles} from './command-files.ts';
import {
  cancelAfter,
  concluded,
  hostedEnv,
  type Machine,
  readActionFile,
  runProcess,
  runStage,
} from './run-action.ts';
import {CommandReader} from './workflow-commands.ts';
import {
  type Contexts,
  Expressions,
  fieldsOf,
  type Job,
  type Plain,
  type Result,
  readWorkflow,
  type Step,
  type Workflow,
} from './workflow-file.ts';

export type JobRequest = {
  /** Path of the workflow. */
  workflow: string;
  job: string;
  /** Its workspace holds what actions/checkout would bring. */
  machine: Machine;
  /** Scripts that are run in the place of steps, by id or name. */
  replace?: Record<string, string>;
  /** Folders of actions that are not below the workspace: `{'OWNER/redis-restore-drill': …}`. */
  actions?: Record<string, string>;
  vars?: Record<string, string>;
  inputs?: Record<string, string>;
  /** Results of the jobs before it, and what they put out. */
  needs?: Record<string, Result>;
  outputsOf?: Record<string, Record<string, string>>;
  /** The entry of the matrix that this job is of. */
  matrix?: Record<string, Plain>;
  /** Artifacts of the jobs before it, by name: folders. */
  artifacts?: Record<string, string>;
  /** `github.token`. */
  token?: string;
  /** What started it. */
  event?: object;
  /** Variables of the machine, over those of a hosted one. */
  env?: Record<string, string>;
  /** A folder of programs that are found before all others. */
  programs?: string;
};

export type StepResult = {
  id: string;
  name: string;
  /** Before `continue-on-error`, and after. */
  outcome: Result;
  conclusion: Result;
  outputs: Record<string, string>;
  exitCode: number | null;
  log: string;
  summary: string;
};

export type JobResult = {
  result: Result;
  steps: StepResult[];
  /** Of the step with this id. */
  step(id: string): StepResult;
  /** Uploaded artifacts by name: a folder with what was in them. */
  artifacts: Record<string, string>;
  /** That the jobs after it see. */
  outputs: Record<string, string>;
  /** What was left in RUNNER_TEMP before the runner emptied it. */
  left: string[];
  log: string;
};

/** More in a step or job than these would be ignored, and a test would prove less than it seems to. */
const STEP_FIELDS = new Set([
  ...['id', 'name', 'if', 'uses', 'run', 'with', 'env'],
  ...['continue-on-error', 'timeout-minutes', 'shell', 'working-directory'],
]);
const JOB_FIELDS = new Set([
  ...[
    'name',
    'needs',
    'if',
    'runs-on',
    'timeout-minutes',
    'permissions',
    'strategy',
    'defaults',
    'env',
    'outputs',
    // Who has to approve is GitHub's business.
    'environment',
    'steps',
  ],
]);

export async function runJob(request: JobRequest): Promise<JobResult> {
  const workflow = await readWorkflow(request.workflow);
  const job = workflow.jobs.find(({id}) => id === request.job);
  if (!job) throw new Error(`${request.workflow} has no job ${request.job}`);
  assertKnown(job.fields, JOB_FIELDS);
  return new JobRun(request, workflow, job).run();
}

function assertKnown(fields: Map<string, unknown>, known: Set<string>): void {
  const unknown = [...fields.keys()].filter(name => !known.has(name));
  if (unknown.length > 0) throw new Error(`this runner does not know ${unknown.join(', ')}`);
}

type Post = {action: string; state: Record<string, string>; step: Step; inputs: Record<string, string>};
/** What came of running a step: of a script, an action or a stand-in. */
type Ran = Pick<StepResult, 'outputs' | 'exitCode' | 'log' | 'summary'> & {
  outcome: 'success' | 'failure';
  env: Record<string, string>;
  path: string[];
};

const standIn = (log: string, outcome: 'success' | 'failure' = 'success'): Ran => ({
  ...{outcome, log, outputs: {}, exitCode: null, summary: '', env: {}, path: []},
});

class JobRun {
  readonly #request: JobRequest;
  readonly #workflow: Workflow;
  readonly #job: Job;
  readonly #machine: Machine;
  readonly #contexts: Contexts;
  readonly #shell: string | null;
  readonly #masks = new Set<string>();
  readonly #results: StepResult[] = [];
  readonly #posts: Post[] = [];
  readonly #artifacts: Record<string, string> = {};
  /** What steps have written to GITHUB_ENV and GITHUB_PATH. */
  readonly #exported: Record<string, string> = {};
  readonly #path: string[];
  #status: Result = 'success';

  constructor(request: JobRequest, workflow: Workflow, job: Job) {
    this.#request = request;
    this.#workflow = workflow;
    this.#job = job;
    this.#machine = request.machine;
    this.#contexts = contextsOf(request);
    // As actions/setup-node does.
    this.#path = [dirname(process.execPath), ...(request.programs ? [request.programs] : [])];
    const defaults = fieldsOf(job.fields.get('defaults') ?? workflow.fields.get('defaults'));
    const shell = fieldsOf(defaults.get('run')).get('shell');
    this.#shell = shell === undefined ? null : this.#expressions().text(shell);
  }

  async run(): Promise<JobResult> {
    const needs = Object.values(this.#request.needs ?? {});
    const before = needs.includes('failure')
      ? 'failure'
      : needs.every(one => one === 'success')
        ? 'success'
        : 'skipped';
    this.#status = before;
    if (!this.#expressions().holds(this.#job.condition)) return this.#finished('skipped');
    this.#status = 'success';
    for (const step of this.#job.steps) await this.#step(step);
    for (const post of this.#posts.toReversed()) await this.#post(post);
    return this.#finished(this.#status);
  }

  #finished(result: Result): JobResult {
    const own = ['_runner_file_commands', '_github_workflow'];
    const left = readdirSync(this.#machine.temp).filter(name => !own.includes(name) && !name.endsWith('.sh'));
    for (const name of readdirSync(this.#machine.temp)) {
      rmSync(join(this.#machine.temp, name), {recursive: true, force: true});
    }
    const steps = this.#results;
    return {
      ...{result, steps, artifacts: this.#artifacts, left},
      outputs: result === 'skipped' ? {} : this.#expressions().texts(this.#job.fields.get('outputs')),
      step: id => steps.find(step => step.id === id)!,
      log: steps.map(({name, outcome, log}) => `== ${name}: ${outcome}\n${log}`).join('\n'),
    };
  }

  #expressions(env: Record<string, string> = {}): Expressions {
    return new Expressions({...this.#contexts, env: {...this.#exported, ...env}}, this.#status);
  }

  /** The `env` of workflow and job; that of a step comes on top. */
  #env(step: Step): Record<string, string> {
    const env = {...this.#exported};
    for (const {fields} of [this.#workflow, this.#job, step]) {
      Object.assign(env, this.#expressions(env).texts(fields.get('env')));
    }
    return env;
  }

  async #step(step: Step): Promise<void> {
    assertKnown(step.fields, STEP_FIELDS);
    const env = this.#env(step);
    const expressions = this.#expressions(env);
    const name = expressions.text(step.fields.get('name') ?? step.fields.get('uses')) || step.id;
    if (!expressions.holds(step.condition)) {
      const skipped = {
        outcome: 'skipped',
        conclusion: 'skipped',
        outputs: {},
        exitCode: null,
        log: '',
        summary: '',
      } as const;
      return this.#note({id: step.id, name, ...skipped});
    }
    const ran = await this.#runStep(step, env, expressions);
    const forgiven = expressions.text(step.fields.get('continue-on-error')) === 'true';
    const conclusion = forgiven ? 'success' : ran.outcome;
    if (conclusion === 'failure') this.#status = 'failure';
    Object.assign(this.#exported, ran.env);
    this.#path.unshift(...ran.path.toReversed());
    const {outcome, outputs, exitCode, log, summary} = ran;
    this.#note({id: step.id, name, outcome, conclusion, outputs, exitCode, log, summary});
  }

  #note(result: StepResult): void {
    this.#results.push(result);
    const {outputs, outcome, conclusion} = result;
    (this.#contexts.steps as Record<string, Plain>)[result.id] = {outputs, outcome, conclusion};
  }

  #runStep(step: Step, env: Record<string, string>, expressions: Expressions): Promise<Ran> | Ran {
    const {fields} = step;
    const replacement =
      this.#request.replace?.[step.id] ?? this.#request.replace?.[expressions.text(fields.get('name'))];
    if (replacement !== undefined) return this.#script(replacement, 'bash', step, env);
    if (fields.has('run')) {
      const shell = fields.has('shell') ? expressions.text(fields.get('shell')) : this.#shell;
      return this.#script(expressions.text(fields.get('run')), shell, step, env);
    }
    const uses = expressions.text(fields.get('uses'));
    const inputs = expressions.texts(fields.get('with'));
    const [, repository = '', path = ''] = /^([^/@]+\/[^/@]+)(?:\/([^@]+))?@/.exec(uses) ?? [];
    if (uses.startsWith('./')) return this.#action(resolve(this.#machine.workspace, uses), step, inputs, env);
    const elsewhere = this.#request.actions?.[repository];
    if (elsewhere !== undefined) return this.#action(join(elsewhere, path), step, inputs, env);
    switch (repository) {
      case 'actions/checkout':
      case 'actions/setup-node':
      case 'aws-actions/configure-aws-credentials':
        return standIn(`${repository}: not run here`);
      case 'actions/upload-artifact':
        return this.#upload(inputs);
      case 'github/codeql-action':
        return this.#upload({
          name: 'code-scanning',
          path: inputs.sarif_file ?? '',
          'if-no-files-found': 'error',
        });
      case 'actions/download-artifact':
        return this.#download(inputs);
      default:
        throw new Error(`this runner does not know ${uses}`);
    }
  }

  async #action(
    directory: string,
    step: Step,
    inputs: Record<string, string>,
    env: Record<string, string>,
  ): Promise<Ran> {
    const action = join(directory, 'action.yml');
    const {event = {}} = this.#request;
    const machine = this.#machine;
    const request = {action, machine, event, inputs, env: this.#machineEnv(env), masks: this.#masks};
    const minutes = Number(this.#expressions(env).text(step.fields.get('timeout-minutes')));
    const signals = minutes > 0 ? cancelAfter(minutes * 60_000) : [];
    const ran = await runStage({...request, signals}, 'main');
    if (readActionFile(action).runs.post !== undefined) {
      this.#posts.push({action, state: ran.state, step, inputs});
    }
    return ran;
  }

  async #post({action, state, step, inputs}: Post): Promise<void> {
    const request = {
      action,
      machine: this.#machine,
      inputs,
      env: this.#machineEnv(this.#env(step)),
      masks: this.#masks,
    };
    const ran = await runStage(request, 'post', state);
    if (ran.outcome === 'failure') this.#status = 'failure';
    const {outcome, outputs, exitCode, log, summary} = ran;
    this.#results.push({
      ...{id: `post-${step.id}`, name: `Post ${step.id}`, outcome, conclusion: outcome},
      ...{outputs, exitCode, log, summary},
    });
  }

  async #script(text: string, shell: string | null, step: Step, env: Record<string, string>): Promise<Ran> {
    const file = join(this.#machine.temp, `${crypto.randomUUID()}.sh`);
    writeFileSync(file, text);
    // Named, bash is stricter than where no shell is named.
    const flags = {bash: ['--noprofile', '--norc', '-e', '-o', 'pipefail'], unnamed: ['-e']}[
      shell ?? 'unnamed'
    ];
    if (!flags) throw new Error(`this runner does not know the shell ${shell}`);
    const files = new CommandFiles(this.#machine.temp);
    const reader = new CommandReader({masks: this.#masks});
    const within = this.#expressions(env).text(step.fields.get('working-directory'));
    const {exitCode} = await runProcess(
      {
        command: ['bash', ...flags, file],
        env: {...hostedEnv(this.#machine, {}), ...this.#machineEnv(env), ...files.env},
        cwd: resolve(this.#machine.workspace, within),
        signals: [],
      },
      reader,
    );
    if (exitCode !== 0) reader.say(`##[error]Process completed with exit code ${exitCode}.`);
    return {exitCode, ...concluded(exitCode, files.read(), reader)};
  }

  #machineEnv(env: Record<string, string>): Record<string, string> {
    const machine = {...hostedEnv(this.#machine, {}), ...this.#request.env};
    const path = [...this.#path, env.PATH ?? machine.PATH].join(':');
    return {...this.#request.env, ...env, GITHUB_JOB: this.#job.id, PATH: path};
  }

  /** Each into a folder of its own, as v7 does of several. Patterns other than `prefix*` are not known here. */
  #download({pattern = '', path = ''}: Record<string, string>): Ran {
    const found = Object.entries(this.#request.artifacts ?? {}).filter(([name]) =>
      name.startsWith(pattern.replace(/\*$/, '')),
    );
    for (const [name, from] of found)
      cpSync(from, join(resolve(this.#machine.workspace, path), name), {recursive: true});
    return standIn(`Total of ${found.length} artifact(s) downloaded`);
  }

  /** Keeps what would be uploaded. Patterns and several paths are not known here. */
  #upload({name = 'artifact', path = '', 'if-no-files-found': none = 'warn'}: Record<string, string>): Ran {
    const from = resolve(this.#machine.workspace, path);
    if (path === '' || !existsSync(from)) {
      const message = `No files were found with the provided path: ${path}. No artifacts will be uploaded.`;
      return none === 'error' ? standIn(`##[error]${message}`, 'failure') : standIn(`##[warning]${message}`);
    }
    const to = join(dirname(this.#machine.temp), '_artifacts', name);
    if (existsSync(to)) return standIn(`##[error]an artifact named ${name} exists already`, 'failure');
    mkdirSync(to, {recursive: true});
    cpSync(from, join(to, basename(from)), {recursive: true});
    this.#artifacts[name] = to;
    return standIn(`uploaded ${name}`);
  }
}

/** What expressions can see. To mention any other context is an error: no secrets, and a matrix only where one is given. */
function contextsOf({
  machine,
  vars = {},
  inputs = {},
  needs = {},
  env = {},
  token,
  ...more
}: JobRequest): Contexts {
  const {outputsOf = {}, matrix} = more;
  const hosted = {...hostedEnv(machine, {}), ...env};
  const named = (prefix: string) =>
    Object.entries(hosted)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]);
  return {
    github: {...Object.fromEntries(named('GITHUB_')), token: token ?? 'token-of-the-job', event: {}},
    runner: Object.fromEntries(named('RUNNER_')),
    needs: Object.fromEntries(
      Object.entries(needs).map(([id, result]) => [id, {result, outputs: outputsOf[id] ?? {}}]),
    ),
    ...(matrix && {matrix}),
    ...{vars, inputs, steps: {}},
  };
}
