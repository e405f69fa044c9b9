/**
 * The GitHub Action: inputs and event in; outputs, annotations, job summary and log out. An edge: it may read
 * process.env, and it is the only importer of @actions/core. The exit code is that of the command line.
 */
import {randomBytes} from 'node:crypto';
import {join, resolve} from 'node:path';
import * as core from '@actions/core';
import {type Outputs, type Shown, show} from './action-show.ts';
import type {Held} from './commands.ts';
import {credentialsIn} from './config/credentials.ts';
import {whyUntrusted} from './config/trust.ts';
import type {Deps} from './drill.ts';
import {DrillError, toDrillError} from './errors.ts';
import type {FleetReport} from './fleet/fleet-report.ts';
import type {FleetFlags, HeldFleet} from './fleet/hold-fleet.ts';
import {GATE_OPTIONS, inputOf} from './gate/gate-options.ts';
import {assertNode} from './node-version.ts';
import {removeWritten} from './outputs.ts';
import {paintOn} from './paint.ts';
import {begin, prepare} from './process-life.ts';
import {progressOn, timed} from './progress-view.ts';
import type {DrillReport} from './report/drill-report.ts';
import {docsUrlIn, eventIn, surroundingsIn} from './surroundings.ts';
import {VERSION} from './version.ts';

/**
 * GitHub drops a step's summary whole when it is larger.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
 */
const SUMMARY_MAX_BYTES = 1024 * 1024;

/** State for the post step, which is another process. */
const RUN = 'run';
const REPORT = 'report';
const CLEAN = 'clean';

/** `uses: redis-restore-drill`: drills a backup. */
export async function run(): Promise<void> {
  await step('Restore drill', async ({flags, deps, runId}) => {
    const asked = {...flags, reportJson: reportFor(deps, runId)};
    const {meansSeveral} = await import('./config/entries.ts');
    const held = (await meansSeveral(flags))
      ? await (await import('./fleet/hold-fleet.ts')).holdFleet(asked, deps)
      : await (await import('./commands.ts')).holdDrill(asked, deps);
    return held;
  });
}

/** `uses: redis-restore-drill/plan`: a matrix of jobs that drill the backups of the config. */
export async function plan(): Promise<void> {
  const signal = begin(process.env);
  muteWarnings();
  maskCredentials();
  try {
    const {planStep} = await import('./fleet/make-plan.ts');
    const asked = {...(await flagsOfInputs()), jobs: core.getInput('jobs') || undefined};
    process.exitCode = await planStep(asked, deps('', signal), {...core, output: core.setOutput});
  } catch (thrown) {
    core.error(`there is no plan: ${toDrillError(thrown).message}`);
  }
}

/** `uses: redis-restore-drill/merge`: one verdict over the reports of all jobs. */
export async function merge(): Promise<void> {
  await step('Merge of reports', async ({flags, deps, runId}) => {
    const {holdMerge} = await import('./fleet/hold-merge.ts');
    const reports = core.getMultilineInput('reports');
    return await holdMerge({...flags, reports, reportJson: reportFor(deps, runId)});
  });
}

/** Where nobody named a place, one that is removed when the job ends. */
function reportFor({tempDir}: Deps, runId: string): string {
  const own = join(tempDir, `restore-drill-report-${runId}.json`);
  const reportJson = input('report-json') ?? own;
  if (reportJson === own) core.saveState(REPORT, own);
  return reportJson;
}

/** `uses: redis-restore-drill/record`: writes expectations from a backup that passes its drill. */
export async function record(): Promise<void> {
  await step('Recording of expectations', async ({flags, deps}) => {
    core.setOutput('changed', false);
    const {expect} = flags;
    if (expect === undefined) {
      throw new DrillError('usage/invalid', 'the input expect is missing', {
        hint: 'Name the file to record in, for example .restore-drill/sessions.json.',
      });
    }
    const {truthOf} = await import('./config/truth.ts');
    const {holdRecording, recordedIn} = await import('./recording.ts');
    const asked = {...flags, expect, update: truthOf('update', input('update'))};
    const held = await holdRecording(asked, deps);
    core.setOutput('changed', held.changed);
    if (held.report.outcome === 'passed') {
      core.setOutput('expectations', resolve(expect));
      core.notice(recordedIn(asked, held));
    }
    return held;
  });
}

/** `uses: redis-restore-drill/gate`: green only where the newest drill of every required backup passed. */
export async function gate(): Promise<void> {
  const signal = begin(process.env);
  core.setOutput('outcome', 'not-run');
  muteWarnings();
  const given = GATE_OPTIONS.map(option => [inputOf(option), core.getInput(inputOf(option))] as const);
  maskCredentials();
  try {
    assertNode();
    const {flagsOf} = await import('./gate/gate-flags.ts');
    const {holdGate} = await import('./gate/hold-gate.ts');
    const flags = {...flagsOf(Object.fromEntries(given)), untrusted: await untrusted()};
    const {viewOfGate} = await import('./gate/gate-view.ts');
    const {report, reportPath, unwritten} = await holdGate(flags, deps('', signal));
    const outputs: Outputs = reportPath === undefined ? [] : [['report-path', resolve(reportPath)]];
    process.exitCode = await shown({...viewOfGate(report, look()), report, unwritten, outputs});
  } catch (thrown) {
    core.error(`the gate stays shut: ${toDrillError(thrown).message}`);
  }
}

/** `uses: redis-restore-drill/lint`: what a change of configuration makes worse. Reads files; starts servers to prove it. */
export async function lint(): Promise<void> {
  const signal = begin(process.env);
  core.setOutput('outcome', 'not-run');
  muteWarnings();
  const runId = randomBytes(8).toString('hex');
  // The post step removes what a step that was killed has left of its servers.
  core.saveState(RUN, runId);
  try {
    assertNode();
    const {lintStep} = await import('./lint/lint-step.ts');
    const {tellPullRequest} = await import('./lint/comment/tell.ts');
    const files = core.getMultilineInput('files');
    const step = await lintStep(files, flagsOfLint(), deps(runId, signal), look());
    if (!signal.aborted) core.saveState(CLEAN, 'true');
    process.exitCode = await shown(step);
    await tellPullRequest(step.comment, files, {env: process.env, signal, runner: core});
  } catch (thrown) {
    core.error(`the step could not end: ${toDrillError(thrown).message}`);
  }
}

const flagsOfLint = () => ({
  base: input('base'),
  prove: input('prove'),
  image: input('image'),
  config: input('config'),
  comment: input('comment'),
  reportJson: input('report-json'),
  reportSarif: input('report-sarif'),
  reportJunit: input('report-junit'),
});

/** Runs whatever became of the step: removes what a drill that was killed left behind. Never fails the job. */
export async function post(): Promise<void> {
  muteWarnings();
  prepare(process.env);
  try {
    const runId = core.getState(RUN);
    if (runId !== '' && core.getState(CLEAN) !== 'true') await cleanUpAfter(runId);
    const report = core.getState(REPORT);
    if (report !== '') await removeWritten(report);
  } catch (thrown) {
    core.warning(`the clean-up after the drill broke off: ${toDrillError(thrown).message}`);
  }
}

async function cleanUpAfter(run: string): Promise<void> {
  const {cleanUp} = await import('./restore/clean-up.ts');
  const {containers, directories, problems} = await cleanUp({
    run,
    tempDir: surroundingsIn(process.env).tempDir,
  });
  core.info(`Cleaned up after the drill: ${containers} containers, ${directories} directories removed.`);
  for (const problem of problems) core.warning(problem, {title: 'Not everything could be removed'});
}

type Request = {flags: FleetFlags; deps: Deps; runId: string};

/** What every step does around the drill that it holds. Never rejects. */
async function step(title: string, hold: (request: Request) => Promise<Held | HeldFleet>): Promise<void> {
  // A crash must leave neither an empty outcome nor a green step behind. The stub in dist/ has said it already.
  const signal = begin(process.env);
  core.setOutput('outcome', 'not-run');
  muteWarnings();
  maskCredentials();
  const runId = randomBytes(8).toString('hex');
  // Before anything is made, so that the post step can remove it.
  core.saveState(RUN, runId);
  core.startGroup(title);
  const held = await request(runId, signal).then(hold).catch(nothing);
  core.endGroup();
  if (held.reportPath !== undefined) core.setOutput('report-path', resolve(held.reportPath));
  // Where the drill was held to its end nothing is left, and the post step need not look.
  if (reportIn(held).outcome !== 'not-run' || held.unusable) core.saveState(CLEAN, 'true');
  try {
    process.exitCode = await publish(held);
  } catch (thrown) {
    // The exit code is still that of a bug, and the outcome not-run.
    core.error(`the outcome could not be published: ${toDrillError(thrown).message}`);
  }
}

/** Whichever inputs the step has. */
function maskCredentials(): void {
  const inputs = Object.entries(process.env).filter(([name]) => name.startsWith('INPUT_'));
  for (const [, text = ''] of inputs)
    for (const credential of credentialsIn(text)) core.setSecret(credential);
}

/** Node prints them raw, and the runner takes commands from any line, of whatever text a library put into them. */
function muteWarnings(): void {
  process.removeAllListeners('warning');
  process.on('warning', warning => core.debug(String(warning)));
}

async function request(runId: string, signal: AbortSignal): Promise<Request> {
  assertNode();
  return {flags: await flagsOfInputs(), deps: deps(runId, signal), runId};
}

async function nothing(thrown: unknown): Promise<Held> {
  const {reportOfNothing} = await import('./drill.ts');
  const unusable = toDrillError(thrown);
  return {report: reportOfNothing(unusable), unusable};
}

/** An input that is not given is an empty string, which no input can mean. */
function input(name: string): string | undefined {
  return core.getInput(name) || undefined;
}

/** Why a stranger may have started this run. */
async function untrusted(): Promise<string | undefined> {
  const eventName = process.env.GITHUB_EVENT_NAME ?? '';
  const because = whyUntrusted(eventName, await eventIn(process.env)) ?? undefined;
  core.info(
    `redis-restore-drill ${VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
  );
  core.debug(`event ${eventName || 'none'}: ${because ?? 'the config is taken to be the repository’s own'}`);
  return because;
}

async function flagsOfInputs(): Promise<FleetFlags> {
  return {
    backup: input('backup'),
    backups: input('backups'),
    plan: input('plan'),
    config: input('config'),
    depth: input('depth'),
    proof: input('proof'),
    expect: input('expect'),
    history: input('history'),
    server: input('server'),
    image: input('image'),
    set: core.getMultilineInput('set'),
    untrusted: await untrusted(),
  };
}

function deps(run: string, signal: AbortSignal): Deps {
  const lines = progressOn({write: text => core.info(text.trimEnd())});
  return {
    ...surroundingsIn(process.env),
    mask: secret => core.setSecret(secret),
    signal,
    progress: timed(lines, text => core.debug(text)),
    run,
  };
}

/** The verdict in all the places where people look for it; the output `outcome` and the exit code last of all. */
async function publish(held: Held | HeldFleet): Promise<number> {
  const {viewOf} = await import('./action-view.ts');
  const view = viewOf(held, look());
  const {keys, digest, restoreDurationMs, backupAgeSeconds, findings} = view.measures;
  const outputs: Outputs = [
    ['keys', keys],
    ['digest', digest],
    ['restore-duration-ms', restoreDurationMs],
    ['backup-age-seconds', backupAgeSeconds],
    ['findings', findings],
  ];
  return await shown({...view, report: reportIn(held), unwritten: held.unwritten, outputs});
}

const shown = (step: Shown): Promise<number> => show(step, core);
const look = () => ({paint: paintOn(), maxBytes: SUMMARY_MAX_BYTES, ...docsUrlIn(process.env)});

const reportIn = (held: Held | HeldFleet): DrillReport | FleetReport =>
  'fleet' in held ? held.fleet : held.report;
