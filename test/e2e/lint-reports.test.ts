/** What a step of lint leaves besides its annotations and its page: reports for other steps. */
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {EXIT} from '../../src/errors.ts';
import {lintReportSchema} from '../../src/lint/report/json.ts';
import {scratch} from '../drills.ts';
import {ROOT} from '../servers.ts';
import {type Machine, machineIn, runAction} from './run-action.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const BEFORE = 'appendonly yes\nsave 900 1\n';
const AFTER = '# ours\nappendonly no\nsave 900 1\n';
const action = join(ROOT, 'lint/action.yml');

let machines = 0;
function machine(files: Record<string, string>): Machine {
  machines++;
  const made = machineIn(dir.file(`machine-${machines}`));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made.workspace, name)), {recursive: true});
    writeFileSync(join(made.workspace, name), text);
  }
  return made;
}

describe('reports as files', () => {
  const named = (at: Machine) => ({
    'report-json': join(at.temp, 'lint.json'),
    'report-sarif': join(at.temp, 'lint.sarif'),
    'report-junit': 'lint.xml',
  });
  const VERSION = {GITHUB_ACTION_REPOSITORY: 'OWNER/redis-restore-drill', GITHUB_ACTION_REF: 'v0'};

  test('all of them are written where the change makes it worse, and the step fails all the same', async () => {
    const at = machine({'deploy/redis.conf': AFTER, 'base/redis.conf': BEFORE});
    const inputs = {files: 'deploy/redis.conf', base: 'base/redis.conf', ...named(at)};
    const ran = await runAction({action, machine: at, inputs, env: VERSION});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.failed, 'failed']);
    const read = (path: string) => readFileSync(path, 'utf8');
    expect(lintReportSchema.parse(JSON.parse(read(inputs['report-json']))).outcome).toBe('failed');
    const [{tool, results}] = JSON.parse(read(inputs['report-sarif'])).runs;
    expect(results.map(({ruleId}: {ruleId: string}) => ruleId)).toEqual([
      'lint/worst-case-loss',
      'lint/aof-turned-off',
    ]);
    // At the very version that has run.
    expect(tool.driver.rules[0].helpUri).toMatch(
      /^https:\/\/github\.com\/OWNER\/redis-restore-drill\/blob\/v0\/docs\/lint\.md#lint/,
    );
    expect(read(join(at.workspace, 'lint.xml'))).toContain('<failure message="worst-case loss goes from');
  });

  test('none is written where nothing could be linted: code scanning would take its alerts for mended', async () => {
    const at = machine({'notes.md': 'nothing'});
    const inputs = {files: '.', ...named(at)};
    expect((await runAction({action, machine: at, inputs})).outputs.outcome).toBe('not-run');
    expect(existsSync(inputs['report-sarif'])).toBe(false);
  });

  test('a pull request cannot lead them elsewhere', async () => {
    const at = machine({'redis.conf': BEFORE});
    writeFileSync(join(at.home, '.npmrc'), 'theirs');
    symlinkSync(join(at.home, '.npmrc'), join(at.workspace, 'lint.sarif'));
    const ran = await runAction({action, machine: at, inputs: {files: '.', 'report-sarif': 'lint.sarif'}});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.usage, 'not-run']);
    expect(ran.log).toMatch(/lint\.sarif leads through a link of the working directory/);
    expect(readFileSync(join(at.home, '.npmrc'), 'utf8')).toBe('theirs');
  });

  test('one that cannot be written fails a step that would have passed', async () => {
    const at = machine({'redis.conf': BEFORE});
    const ran = await runAction({action, machine: at, inputs: {files: '.', 'report-junit': 'gone/lint.xml'}});
    expect([ran.exitCode, ran.outputs.outcome]).toEqual([EXIT.notHeld, 'passed']);
    expect(ran.log).toMatch(/gone\/lint\.xml cannot be written/);
  });
});
