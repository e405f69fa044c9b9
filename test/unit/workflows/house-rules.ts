/**
 * What we ask of every workflow besides being valid: pinned actions, least permissions, time limits, no expression in a
 * script, and for our own actions only inputs and outputs that exist. `lint` gives what is wrong, in words.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parse} from 'yaml';
import {ROOT} from '../../servers.ts';

type Step = {
  id?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
};
type Job = {
  uses?: string;
  secrets?: unknown;
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  defaults?: {run?: {shell?: string}};
  steps?: Step[];
};
type Workflow = {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  jobs: Record<string, Job>;
};
type ActionFile = {inputs: Record<string, {required: boolean}>; outputs: Record<string, unknown>};

/** How a workflow that people copy names our actions; they pin them themselves. */
const OURS = /^OWNER\/redis-restore-drill(?:\/([a-z]+))?@v0$/;
const PINNED = /^([\w.-]+\/[\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

/** The inputs of other people's actions that we use, as their action.yml has them at the commits that we pin. */
const OTHERS: Record<string, string[]> = {
  'actions/checkout': ['fetch-depth', 'persist-credentials'],
  'actions/download-artifact': ['path', 'pattern'],
  'actions/setup-node': ['node-version', 'package-manager-cache'],
  'actions/upload-artifact': ['if-no-files-found', 'name', 'overwrite', 'path', 'retention-days'],
  'github/codeql-action/upload-sarif': ['sarif_file'],
  'aws-actions/configure-aws-credentials': ['aws-region', 'role-to-assume'],
};

/** What a job may have beyond reading the repository, and why is written beside it in the file. */
const GRANTED: Record<string, Record<string, string>> = {
  'config-alerts.yml/lint': {contents: 'read', 'pull-requests': 'write', 'security-events': 'write'},
  'fleet-drill.yml/plan': {contents: 'read', 'id-token': 'write'},
  'fleet-drill.yml/drill': {contents: 'read', 'id-token': 'write'},
  'nightly-drill.yml/drill': {actions: 'read', contents: 'read', 'id-token': 'write'},
  'nightly-drill.yml/tell': {issues: 'write'},
  'release-gate.yml/gate': {actions: 'read'},
  'record-expectations.yml/record': {'id-token': 'write'},
};

export function lint(name: string, text: string): string[] {
  const workflow = parse(text) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  return [
    ...textRules(text),
    ...permissionRules(name, workflow),
    ...jobs.flatMap(([id, job]) => jobRules(id, job)),
  ];
}

function textRules(text: string): string[] {
  const uses = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, value]) => value!);
  return [
    ...uses
      .filter(value => !value.startsWith('./') && !PINNED.test(value) && !OURS.test(value))
      .map(value => `not pinned to a commit with its version beside it: ${value}`),
    ...(/\bsecrets\b/.test(text.replaceAll(/#.*$/gm, '')) ? ['mentions secrets'] : []),
    ...(uses.some(value => OURS.test(value)) && !/# Pin it to the commit/.test(text)
      ? ['does not say to pin our action']
      : []),
  ];
}

function permissionRules(name: string, {on, permissions, jobs}: Workflow): string[] {
  const readsAtMost = (granted: Record<string, string>) =>
    Object.entries(granted).every(([what, how]) => what === 'contents' && how === 'read');
  const wrong = Object.entries(jobs)
    .filter(([, job]) => job.permissions !== undefined && !readsAtMost(job.permissions))
    .filter(([id, job]) => JSON.stringify(job.permissions) !== JSON.stringify(GRANTED[`${name}/${id}`]))
    .map(([id]) => `${id}: has permissions that nobody has agreed to`);
  return [
    ...(permissions === undefined ? ['does not say its permissions'] : []),
    ...(permissions !== undefined && !readsAtMost(permissions) ? ['grants too much to every job'] : []),
    ...('pull_request_target' in on ? ['runs with a token of ours on changes of others'] : []),
    ...wrong,
  ];
}

function jobRules(id: string, job: Job): string[] {
  if (job.uses !== undefined) return job.secrets === undefined ? [] : [`${id}: hands secrets on`];
  const steps = job.steps ?? [];
  const scripts = steps.flatMap(({run}) => run ?? []);
  const problems = [
    ...(job['timeout-minutes'] === undefined ? ['has no time limit'] : []),
    // Without its name bash goes on after a failure in a pipe.
    ...(scripts.length > 0 && job.defaults?.run?.shell !== 'bash' ? ['does not ask for bash'] : []),
    ...(scripts.some(script => script.includes('${{')) ? ['has an expression in a script'] : []),
    ...steps.flatMap(stepRules),
    ...outputRules(steps),
  ];
  return problems.map(problem => `${id}: ${problem}`);
}

/** The action.yml of ours that a step uses. */
function ownAction(uses: string): ActionFile | null {
  const below = uses.startsWith('./')
    ? uses.slice(2)
    : (OURS.exec(uses)?.[1] ?? (OURS.test(uses) ? '' : null));
  if (below === null) return null;
  const path = join(ROOT, below, 'action.yml');
  return existsSync(path) ? (parse(readFileSync(path, 'utf8')) as ActionFile) : {inputs: {}, outputs: {}};
}

function stepRules({uses, with: given = {}}: Step): string[] {
  if (uses === undefined) return [];
  const action = ownAction(uses);
  const known = action ? Object.keys(action.inputs) : (OTHERS[uses.split('@')[0]!] ?? []);
  const missing = Object.entries(action?.inputs ?? {}).filter(
    ([name, {required}]) => required && !(name in given),
  );
  return [
    ...Object.keys(given)
      .filter(name => !known.includes(name))
      .map(name => `${uses} has no input ${name}`),
    ...missing.map(([name]) => `${uses} wants the input ${name}`),
    ...(uses.startsWith('actions/checkout@') && given['persist-credentials'] !== false
      ? ['checkout leaves its token behind']
      : []),
  ];
}

/** `steps.<id>.outputs.<name>` anywhere in the job. */
function outputRules(steps: Step[]): string[] {
  const read = JSON.stringify(steps).matchAll(/steps\.([\w-]+)(?:\.outputs\.([\w-]+))?/g);
  return [...read].flatMap(([whole, id, output]) => {
    const step = steps.find(one => one.id === id);
    if (!step) return [`${whole}: no step has this id`];
    const action = ownAction(step.uses ?? '');
    return action && output !== undefined && !(output in action.outputs)
      ? [`${whole}: there is no such output`]
      : [];
  });
}
