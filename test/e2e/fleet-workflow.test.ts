/** fleet-drill.yml to copy, run as GitHub would run it: plan, a job for each entry of its matrix, merge. */
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {fleetReportSchema} from '../../src/fleet/fleet-report.ts';
import {type Plan, planSchema} from '../../src/fleet/plan.ts';
import {scratch} from '../drills.ts';
import {ROOT, SAMPLE} from '../servers.ts';
import {run} from './cli.ts';
import {type Machine, machineIn} from './run-action.ts';
import {Expressions, fieldsOf, readWorkflow} from './workflow-file.ts';
import {type JobResult, runJob} from './workflow-runner.ts';

const dir = scratch();
afterAll(() => dir.dispose());
const workflow = join(ROOT, 'examples/workflows/fleet-drill.yml');
const actions = {'OWNER/redis-restore-drill': ROOT};
const vars = {BACKUP_ROLE: 'role', BACKUP_REGION: 'region'};
const NAMES = Array.from({length: 12}, (_, index) => `shard-${index}`);

let machines = 0;
/** What actions/checkout brings; the backups lie where every job finds them. */
function machine(): Machine {
  machines++;
  const made = machineIn(dir.file(`machine-${machines}`));
  writeFileSync(join(made.workspace, 'restore-drill.yml'), readFileSync(dir.file('restore-drill.yml')));
  return made;
}
const job = (name: string, more: Partial<Parameters<typeof runJob>[0]> = {}) =>
  runJob({workflow, job: name, actions, vars, machine: machine(), ...more});

let planned: JobResult;
let plan: Plan;
beforeAll(async () => {
  mkdirSync(dir.file('backups'));
  for (const name of NAMES) writeFileSync(dir.file(`backups/${name}.rdb`), readFileSync(SAMPLE));
  const backups = NAMES.map(name => ({
    name,
    source: dir.file(`backups/${name}.rdb`),
    server: {kind: 'process'},
  }));
  writeFileSync(dir.file('restore-drill.yml'), JSON.stringify({version: 1, backups}));
  planned = await job('plan');
});

const drill = (matrix: Plan['include'][number]) =>
  job('drill', {needs: {plan: 'success'}, outputsOf: {plan: planned.outputs}, matrix});
const merge = (artifacts: Record<string, string>, drills: 'success' | 'failure' | 'cancelled') =>
  job('merge', {
    ...{needs: {plan: 'success', drill: drills}, outputsOf: {plan: planned.outputs}, artifacts},
  });
const reportIn = ({artifacts}: JobResult) => {
  const [name] = Object.values(artifacts);
  const file = readFileSync(join(name!, readdirSync(name!)[0]!), 'utf8');
  return fleetReportSchema.parse(JSON.parse(file));
};

describe('fleet-drill.yml', () => {
  const left: Record<string, string> = {};

  test('plans ten jobs, in the very form that a matrix takes', async () => {
    expect([planned.result, planned.log]).toEqual(['success', expect.any(String)]);
    plan = planSchema.parse(JSON.parse(planned.outputs.matrix!));
    expect(plan.include).toHaveLength(10);
    const {jobs} = await readWorkflow(workflow);
    const strategy = jobs.find(({id}) => id === 'drill')!.fields.get('strategy');
    const needs = {plan: {result: 'success', outputs: planned.outputs}};
    expect(new Expressions({needs}, 'success').plain(fieldsOf(strategy).get('matrix'))).toEqual(plan);
  });

  test('drills what each job is given, and keeps the report under a name of its own', async () => {
    for (const one of plan.include) {
      const ran = await drill(one);
      expect([one.shard, ran.result]).toEqual([one.shard, 'success']);
      expect(Object.keys(ran.artifacts)).toEqual([`fleet-report-${one.shard}`]);
      expect(reportIn(ran)).toMatchObject({
        outcome: 'passed',
        plan: one.plan,
        backups: one.backups.split(','),
      });
      Object.assign(left, ran.artifacts);
    }
  });

  test('is green when every job has left a report that passed', async () => {
    const ran = await merge(left, 'success');
    expect([ran.result, ran.step('merge').outputs.outcome]).toEqual(['success', 'passed']);
    expect(ran.step('merge').summary).toMatch(/^## ✅ Passed · 12 backups restore/);
    expect(reportIn(ran).drills).toHaveLength(12);
  });

  test('is red when a job is lost, and names it and its backups', async () => {
    const {'fleet-report-3': _, ...others} = left;
    const ran = await merge(others, 'cancelled');
    expect([ran.result, ran.step('merge').exitCode]).toEqual(['failure', 3]);
    for (const name of plan.include[2]!.backups.split(',')) expect(ran.step('merge').summary).toContain(name);
    expect(ran.log).toContain('job 3 of the plan left no report');
  });

  test('is red when not a single job has left anything', async () => {
    const ran = await merge({}, 'failure');
    expect([ran.result, ran.step('merge').outputs.outcome]).toEqual(['failure', 'not-run']);
  });

  test('is red by one backup that fails, whose job keeps its report', async () => {
    const [bad] = plan.include;
    const [name] = bad!.backups.split(',');
    writeFileSync(dir.file(`backups/${name}.rdb`), readFileSync(SAMPLE).subarray(0, 3000));
    const ran = await drill(bad!);
    expect([ran.result, reportIn(ran).outcome]).toEqual(['failure', 'failed']);
    const all = await merge({...left, ...ran.artifacts}, 'failure');
    expect([all.result, all.step('merge').exitCode]).toEqual(['failure', 4]);
    expect(all.step('merge').summary).toContain(`\`${name}\``);
  });

  test('leaves no job without its config: the plan fails before anything is shared out', async () => {
    const at = machine();
    writeFileSync(join(at.workspace, 'restore-drill.yml'), 'version: 1\nbackups: []\n');
    const ran = await job('plan', {machine: at});
    expect([ran.result, ran.step('plan').exitCode]).toEqual(['failure', 2]);
    const skipped = await job('merge', {needs: {plan: 'failure', drill: 'skipped'}, outputsOf: {plan: {}}});
    expect(skipped.result).toBe('skipped');
  });
});

test.each([
  'plan',
  'merge',
])('the action %s has an input for each flag of the command, and no other', async name => {
  const {inputs} = parse(readFileSync(join(ROOT, name, 'action.yml'), 'utf8')) as {inputs: object};
  const {stdout} = await run([name, '--help']);
  const flags = [...stdout.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag!);
  // A step has a summary of its own.
  const expected = [...flags.filter(flag => flag !== 'report-md'), ...(name === 'merge' ? ['reports'] : [])];
  expect(Object.keys(inputs).toSorted()).toEqual(expected.toSorted());
});
